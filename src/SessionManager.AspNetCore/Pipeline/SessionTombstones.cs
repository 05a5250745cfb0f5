using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Ends sessions in the store. A tombstone replaces each ended session.</summary>
internal sealed class SessionTombstones(
    IOptions<SessionManagerOptions> options, ObservedStore store, SessionLifetime lifetime, SessionClock clock)
{
    /// <summary>Ends a session for good, if the condition holds at that moment. The values are deleted, and nothing
    /// brings the session back. Ending an ended session changes nothing: the first reason stays.</summary>
    /// <param name="id">The session.</param>
    /// <param name="reason">The reason that the tombstone keeps.</param>
    /// <param name="condition">The condition.</param>
    /// <param name="known">The session as the caller knows it, which saves a load; otherwise
    /// <see langword="null"/>.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>Whether this call ended the session.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached, or the session kept changing for longer
    /// than the I/O timeout.</exception>
    public async ValueTask<bool> WriteAsync(
        Guid id,
        SessionEndReason reason,
        SessionEndCondition condition,
        SessionRecord? known,
        CancellationToken cancellationToken)
    {
        var started = Environment.TickCount64;
        var found = known is { Version: not 0 }
            ? new SessionLookup(SessionLookupStatus.Found, known)
            : HeaderCodec.Decode(await store.LoadAsync(id, cancellationToken));
        while (true)
        {
            if (!condition.Holds(found, lifetime))
            {
                if (!ReferenceEquals(found.Record, known) || known is null)
                {
                    return false;
                }

                found = HeaderCodec.Decode(await store.LoadAsync(id, cancellationToken));
                known = null;
                continue;
            }

            var tombstone = SessionWrites.Tombstone(id, reason, found, clock.Now, lifetime);
            var written = await store.WriteAsync(tombstone, cancellationToken);
            if (written.IsSwapped)
            {
                return found.Status != SessionLookupStatus.Unreadable;
            }

            (found, known) = (HeaderCodec.Decode(written.Current), null);
            SessionRepository.ThrowIfLate(started, options.Value.IOTimeout);
        }
    }

    /// <summary>Whether the store ends several sessions in one call.</summary>
    public bool WritesAll => store.WritesAll;

    /// <summary>Ends sessions for good in one call of the store, as far as they are still as the caller knows
    /// them.</summary>
    /// <returns>For each session, whether this call ended the session. The session may live on otherwise.</returns>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    public async ValueTask<IReadOnlyList<bool>> WriteAllAsync(
        IReadOnlyList<SessionRecord> known, SessionEndReason reason, CancellationToken cancellationToken)
    {
        var now = clock.Now;
        var written = await store.WriteAllAsync(
            [
                .. known.Select(record => SessionWrites.Tombstone(
                    record.Id, reason, new SessionLookup(SessionLookupStatus.Found, record), now, lifetime)),
            ],
            cancellationToken);
        return [.. written.Select(result => result.IsSwapped)];
    }
}
