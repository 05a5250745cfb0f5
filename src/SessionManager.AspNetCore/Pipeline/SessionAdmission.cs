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
    /// <summary>How many sessions are read or ended at the same time.</summary>
    private const int Parallel = 32;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a note without a record counts as a sign-in that is being saved.</summary>
    private readonly TimeSpan _pending = options.Value.IOTimeout * 2;

    /// <summary>Makes room for a sign-in and notes it.</summary>
    /// <exception cref="SessionLimitException">There is none.</exception>
    public async ValueTask AdmitAsync(string userId, Guid id, DateTimeOffset now, HttpContext context, CancellationToken cancellationToken)
    {
        var started = Environment.TickCount64;
        var limit = options.Value.MaxSessionsPerUser;
        while (await store.AdmitAsync(userId, new SessionMember(id, now), limit, cancellationToken) is { } members)
        {
            var (living, freed) = await ReviewAsync(userId, members, now, cancellationToken);
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
                await EndAsync(userId, living.OrderBy(record => record.AuthenticatedAt).Take(surplus), context, cancellationToken);
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
        LivingOf(userId, await LookUpAsync(id, now, cancellationToken), now);

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

    // Reads each session once.
    private async ValueTask<(IReadOnlyList<SessionRecord> Living, int Freed)> ReviewAsync(
        string userId, IReadOnlyList<SessionMember> members, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var living = new List<SessionRecord>();
        var freed = 0;
        foreach (var group in members.Chunk(Parallel))
        {
            var reviewed = await Task.WhenAll(group.Select(member => ReviewAsync(userId, member, now, cancellationToken)));
            living.AddRange(reviewed.Select(session => session.Living).OfType<SessionRecord>());
            freed += reviewed.Count(session => session.Freed);
        }

        return (living, freed);
    }

    private async Task<(SessionRecord? Living, bool Freed)> ReviewAsync(
        string userId, SessionMember member, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var found = await LookUpAsync(member.Id, now, cancellationToken);
        if (found.EndReason is not null)
        {
            // However young: what has ended is not being signed in to. Another one ended in its place would be one too many.
            await store.DismissAsync(userId, member, cancellationToken);
            return (null, true);
        }

        return LivingOf(userId, found, now) is { } record
            ? (record, false)
            : (null, await DismissIfOldAsync(userId, member, now, cancellationToken));
    }

    private async ValueTask EndAsync(string userId, IEnumerable<SessionRecord> surplus, HttpContext context, CancellationToken cancellationToken)
    {
        foreach (var group in surplus.Chunk(Parallel))
        {
            var ends = group.Select(record => EndAsync(userId, record, cancellationToken)).ToList();
            try
            {
                await Task.WhenAll(ends);
            }
            finally
            {
                for (var i = 0; i < group.Length; i++)
                {
                    if (ends[i] is { IsCompletedSuccessfully: true, Result: true })
                    {
                        await ending.TellAsync(group[i], SessionEndReason.Revoked, context);
                    }
                }
            }
        }
    }

    private async Task<bool> EndAsync(string userId, SessionRecord record, CancellationToken cancellationToken)
    {
        var ended = await ending.EndUntoldAsync(record, SessionEndReason.Revoked, onlyOfUser: userId, cancellationToken);
        if (!ended)
        {
            // Another request has ended it first.
            await ending.DismissAsync(userId, record, cancellationToken);
        }

        return ended;
    }

    private ValueTask<SessionLookup> LookUpAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken) =>
        store.LoadAsync(id, new SessionTouch(default, now, Allowed: false), cancellationToken);

    private SessionRecord? LivingOf(string userId, SessionLookup found, DateTimeOffset now) =>
        found is { Record: { } record, EndReason: null }
        && string.Equals(record.UserId, userId, StringComparison.Ordinal)
        && !lifetime.IsExpired(record, now)
            ? record
            : null;
}
