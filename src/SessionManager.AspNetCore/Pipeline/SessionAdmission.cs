using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Admits sign-ins. A session is noted under its user before the sign-in is saved, and only while the user has less than the limit, so
/// that there are never more, however many sign in at once. Notes are checked against the records, so a note of a session that has ended, or
/// of a sign-in that came to nothing, costs nobody a place for long.
/// </summary>
internal sealed class SessionAdmission(
    IOptions<SessionManagerOptions> options, ObservedStore store, SessionLifetime lifetime, SessionEnding ending)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a note without a record counts as a sign-in that is being saved.</summary>
    private readonly TimeSpan _pending = options.Value.IOTimeout * 2;

    /// <summary>Makes room for a sign-in and notes it.</summary>
    /// <exception cref="SessionLimitException">There is none.</exception>
    public async ValueTask AdmitAsync(string userId, Guid id, DateTimeOffset now, HttpContext context, CancellationToken cancellationToken)
    {
        var started = Environment.TickCount64;
        while (await store.AdmitAsync(userId, new SessionMember(id, now), options.Value.MaxSessionsPerUser, cancellationToken) is { } members)
        {
            var (oldest, freed) = await ReviewAsync(userId, members, now, context, cancellationToken);
            if (freed)
            {
                continue;
            }

            if (options.Value.OnSessionLimit == OnSessionLimit.RejectNew)
            {
                throw new SessionLimitException();
            }

            if (oldest is { } candidate)
            {
                if (candidate.Record is { } record)
                {
                    await ending.EndAsync(record, SessionEndReason.Revoked, context, onlyOfUser: userId, cancellationToken);

                    // Also when another request has ended it first.
                    await ending.DismissAsync(userId, record, cancellationToken);
                }
                else
                {
                    await ending.RevokeNewerAsync(candidate.Member, userId, cancellationToken);
                }
            }
            else if (Environment.TickCount64 - started > options.Value.IOTimeout.TotalMilliseconds)
            {
                throw new SessionStoreException("The user's other sign-ins were not saved in time. Try again.");
            }
            else
            {
                // All places are taken by sign-ins that are being saved at this moment.
                await Task.Delay(Pause, cancellationToken);
            }
        }
    }

    /// <summary>Whether a noted session lives and is the user's; the record if so.</summary>
    public async ValueTask<SessionRecord?> FindAsync(string userId, Guid id, DateTimeOffset now, CancellationToken cancellationToken) =>
        LivingOf(userId, await LookUpAsync(id, now, context: null, cancellationToken), now);

    /// <summary>Takes a note back that no session stands behind. A young one may be of a sign-in that is being saved.</summary>
    public async ValueTask<bool> DismissIfOldAsync(string userId, SessionMember member, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (now - member.AdmittedAt < _pending)
        {
            return false;
        }

        await store.DismissAsync(userId, member, cancellationToken);
        return true;
    }

    /// <summary>Loads a noted session. An expired one is ended here, before its note is taken back: a request that found it alive and still runs
    /// could otherwise save it, and nobody would find it any more.</summary>
    public async ValueTask<SessionLookup> LookUpAsync(Guid id, DateTimeOffset now, HttpContext? context, CancellationToken cancellationToken)
    {
        var found = await store.LoadAsync(id, new SessionTouch(default, now, Allowed: false), cancellationToken);
        if (found is not { Record: { } record, EndReason: null } || !lifetime.IsExpired(record, now))
        {
            return found;
        }

        return await ending.EndAsync(record, SessionEndReason.Expired, context, cancellationToken: cancellationToken)
            ? new SessionLookup(SessionLookupStatus.Ended, EndReason: SessionEndReason.Expired)
            : await store.LoadAsync(id, new SessionTouch(default, now, Allowed: false), cancellationToken);
    }

    /// <summary>The record that a noted session was found with, if it lives and is the user's.</summary>
    public SessionRecord? LivingOf(string userId, SessionLookup found, DateTimeOffset now) =>
        found is { Record: { } record, EndReason: null }
        && string.Equals(record.UserId, userId, StringComparison.Ordinal)
        && !lifetime.IsExpired(record, now)
            ? record
            : null;

    private async ValueTask<((SessionMember Member, SessionRecord? Record)? Oldest, bool Freed)> ReviewAsync(
        string userId, IReadOnlyList<SessionMember> members, DateTimeOffset now, HttpContext context, CancellationToken cancellationToken)
    {
        (SessionMember Member, SessionRecord? Record)? oldest = null;
        var freed = false;
        foreach (var member in members)
        {
            var found = await LookUpAsync(member.Id, now, context, cancellationToken);
            var record = LivingOf(userId, found, now);
            if (found.EndReason is not null)
            {
                // However young: what has ended is not being signed in to. Another one ended in its place would be one too many.
                await store.DismissAsync(userId, member, cancellationToken);
                freed = true;
            }
            else if (record is null && found.Status != SessionLookupStatus.Newer)
            {
                freed |= await DismissIfOldAsync(userId, member, now, cancellationToken);
            }
            else if (oldest is null || SignedInAt(member, record) < SignedInAt(oldest.Value.Member, oldest.Value.Record))
            {
                oldest = (member, record);
            }
        }

        return (oldest, freed);
    }

    // What a record of a newer version says can't be read, but its note has the time too.
    private static DateTimeOffset SignedInAt(SessionMember member, SessionRecord? record) => record?.AuthenticatedAt ?? member.AdmittedAt;
}
