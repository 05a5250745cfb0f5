using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

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
    public async ValueTask AdmitAsync(string userId, Guid id, DateTimeOffset now, RequestSession session, CancellationToken cancellationToken)
    {
        var started = Environment.TickCount64;
        var limit = options.Value.MaxSessionsPerUser;
        while (await store.AdmitAsync(userId, new SessionMember(id, now), limit, cancellationToken) is { } members)
        {
            var (living, freed) = await ReviewAsync(userId, members, now, session, cancellationToken);
            var surplus = members.Count - freed + 1 - limit.GetValueOrDefault();
            if (surplus <= 0)
            {
                continue;
            }

            if (options.Value.OnSessionLimit == OnSessionLimit.RejectNew)
            {
                throw new SessionLimitException();
            }

            if (living.Count > 0)
            {
                await EndAsync(userId, living.OrderBy(SignedInAt).Take(surplus), session, cancellationToken);
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
    public async ValueTask<SessionRecord?> FindAsync(
        string userId, Guid id, DateTimeOffset now, RequestSession? session, CancellationToken cancellationToken) =>
        LivingOf(userId, await LookUpAsync(id, now, session?.Context, session, cancellationToken), now);

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
    public async ValueTask<SessionLookup> LookUpAsync(
        Guid id, DateTimeOffset now, HttpContext? context, RequestSession? teller, CancellationToken cancellationToken)
    {
        var found = await store.LoadAsync(id, new RecordTouch(default, now, Allowed: false), cancellationToken);
        if (found is not { Record: { } record, EndReason: null } || !lifetime.IsExpired(record, now))
        {
            return found;
        }

        return await ending.EndAsync(record, SessionEndReason.Expired, context, teller, cancellationToken: cancellationToken)
            ? new SessionLookup(SessionLookupStatus.Ended, EndReason: SessionEndReason.Expired)
            : await store.LoadAsync(id, new RecordTouch(default, now, Allowed: false), cancellationToken);
    }

    /// <summary>Ends a session that was found under a user with <see cref="SessionEndReason.Revoked"/>, whoever is signed in to it by then, as
    /// long as it is still found under that user.</summary>
    /// <returns>Whether it was this call that ended it.</returns>
    public async ValueTask<bool> RevokeAsync(
        string userId, SessionRecord record, HttpContext? context, RequestSession? teller, CancellationToken cancellationToken)
    {
        while (!await ending.EndAsync(record, SessionEndReason.Revoked, context, teller, onlyOfUser: record.UserId, cancellationToken))
        {
            // Ended by another request; or the user began or ceased to act as another one.
            var found = await store.LoadAsync(record.Id, default, cancellationToken);
            if (found is not { Record: { } moved, EndReason: null } || !SessionNotes.AreOf(moved, userId))
            {
                return false;
            }

            record = moved;
        }

        return true;
    }

    /// <summary>The record that a noted session was found with, if it lives and is the user's, or the user acts as another one in it.</summary>
    public SessionRecord? LivingOf(string userId, SessionLookup found, DateTimeOffset now) =>
        found is { Record: { } record, EndReason: null }
        && SessionNotes.AreOf(record, userId)
        && !lifetime.IsExpired(record, now)
            ? record
            : null;

    // Reads each session once.
    private async ValueTask<(List<(SessionMember Member, SessionRecord? Record)> Living, int Freed)> ReviewAsync(
        string userId, IReadOnlyList<SessionMember> members, DateTimeOffset now, RequestSession session, CancellationToken cancellationToken)
    {
        var living = new List<(SessionMember, SessionRecord?)>();
        var freed = 0;
        foreach (var group in SessionBatches.Of(members))
        {
            foreach (var (member, lives, record) in await Task.WhenAll(group.Select(member => ReviewAsync(userId, member, now, session, cancellationToken))))
            {
                if (lives is true)
                {
                    living.Add((member, record));
                }

                freed += lives is false ? 1 : 0;
            }
        }

        return (living, freed);
    }

    // Whether it lives, or its note was taken back; null: a sign-in that is being saved.
    private async Task<(SessionMember Member, bool? Lives, SessionRecord? Record)> ReviewAsync(
        string userId, SessionMember member, DateTimeOffset now, RequestSession session, CancellationToken cancellationToken)
    {
        var found = await LookUpAsync(member.Id, now, session.Context, session, cancellationToken);
        if (found.EndReason is not null)
        {
            // However young: what has ended is not being signed in to. Another one ended in its place would be one too many.
            await store.DismissAsync(userId, member, cancellationToken);
            return (member, false, null);
        }

        return LivingOf(userId, found, now) is { } record && SessionNotes.TakesPlaceOf(record, userId) ? (member, true, record)
            : found.Status == SessionLookupStatus.Newer ? (member, true, null)
            : (member, await DismissIfOldAsync(userId, member, now, cancellationToken) ? false : null, null);
    }

    private async ValueTask EndAsync(
        string userId, IEnumerable<(SessionMember Member, SessionRecord? Record)> surplus, RequestSession session, CancellationToken cancellationToken)
    {
        foreach (var group in SessionBatches.Of(surplus))
        {
            await Task.WhenAll(group.Select(each => EndAsync(userId, each.Member, each.Record, session, cancellationToken)));
        }
    }

    private async Task EndAsync(
        string userId, SessionMember member, SessionRecord? record, RequestSession session, CancellationToken cancellationToken)
    {
        if (record is null)
        {
            await ending.RevokeNewerAsync(member, userId, cancellationToken);
        }
        else if (!await RevokeAsync(userId, record, session.Context, session, cancellationToken))
        {
            // Another request has ended it first.
            await store.DismissAsync(userId, new SessionMember(record.Id, SignedInAt((member, record))), cancellationToken);
        }
    }

    // What a record of a newer version says can't be read, but its note has the time too.
    private static DateTimeOffset SignedInAt((SessionMember Member, SessionRecord? Record) session) =>
        session.Record?.AuthenticatedAt ?? session.Member.AdmittedAt;
}
