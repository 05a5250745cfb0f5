using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Writes the pointers by which users find sessions that another user is signed in to.</summary>
internal sealed class SessionPointers(
    IOptions<SessionManagerOptions> options, ObservedStore store, SessionLifetime lifetime)
{
    /// <summary>Writes the pointer to a session. The pointer is written before the session.</summary>
    /// <param name="userId">The user who finds the session by the pointer.</param>
    /// <param name="record">The session.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <exception cref="SessionStoreException">The store can't be reached, or the pointer kept changing for longer
    /// than the I/O timeout.</exception>
    public async ValueTask WriteAsync(
        string userId, SessionRecord record, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var started = Environment.TickCount64;
        var version = 0L;
        while (true)
        {
            var pointer = SessionWrites.Pointer(userId, record, version, now, lifetime);
            var written = await store.WriteAsync(pointer, cancellationToken);
            if (written.IsSwapped)
            {
                return;
            }

            version = written.Current?.Version ?? 0;
            SessionRepository.ThrowIfLate(started, options.Value.IOTimeout);
        }
    }
}
