using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Writes the pointers by which users find sessions that another user is signed in to, and by which providers
/// find the sessions that they vouched for.</summary>
internal sealed class SessionPointers(
    IOptions<SessionManagerOptions> options,
    SessionRepository sessions,
    ObservedStore store,
    SessionLifetime lifetime)
{
    /// <summary>Writes the pointer to a session. The pointer is written before the session.</summary>
    /// <param name="userId">The user who finds the session by the pointer.</param>
    /// <param name="record">The session.</param>
    /// <param name="now">The time.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <exception cref="SessionStoreException">The store can't be reached, or the pointer kept changing for longer
    /// than the I/O timeout.</exception>
    public ValueTask WriteAsync(
        string userId, SessionRecord record, DateTimeOffset now, CancellationToken cancellationToken) =>
        WriteAsync(version => SessionWrites.Pointer(userId, record, version, now, lifetime), cancellationToken);

    /// <summary>Applies a commit. If the commit signs in a user for whom a provider vouched, the pointers are written
    /// before the session, so the provider finds every session that is saved.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached, or a record kept changing for longer than
    /// the I/O timeout.</exception>
    public ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken) =>
        commit.Identity?.Terms?.Provider is { } provider
            ? CommitAsync(commit, provider, cancellationToken)
            : sessions.CommitAsync(commit, cancellationToken);

    private async ValueTask<SessionCommitResult> CommitAsync(
        SessionCommit commit, ProviderSession provider, CancellationToken cancellationToken)
    {
        foreach (var index in ProviderPointers.IndexesOf(provider))
        {
            await WriteAsync(version => SessionWrites.Pointer(index, commit, version, lifetime), cancellationToken);
        }

        return await sessions.CommitAsync(commit, cancellationToken);
    }

    private async ValueTask WriteAsync(Func<long, SessionWrite> describe, CancellationToken cancellationToken)
    {
        var started = Environment.TickCount64;
        var version = 0L;
        while (true)
        {
            var written = await store.WriteAsync(describe(version), cancellationToken);
            if (written.IsSwapped)
            {
                return;
            }

            version = written.Current?.Version ?? 0;
            SessionRepository.ThrowIfLate(started, options.Value.IOTimeout);
        }
    }
}
