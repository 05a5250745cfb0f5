namespace SessionManager.AspNetCore;

/// <summary>
/// Where sessions are kept: the seam for stores. The remarks below are the contract; each sentence is a test of the store
/// conformance suite, which any implementation can run.
/// </summary>
/// <remarks>
/// <para><b>Time.</b> The clock is the caller's: a store judges nothing by its own. Every key it writes has a time to live:
/// <see cref="SessionLifetime.RecordTimeToLive"/> for a record, counted from its last commit or touch,
/// <see cref="SessionLifetime.TombstoneTimeToLive"/> for a tombstone.</para>
/// <para><b>Faults.</b> Each call to the medium ends within <see cref="SessionManagerOptions.IOTimeout"/>. A failure or a
/// timeout is a <see cref="SessionStoreException"/>, whose text names no store key, secret or value; a cancellation by the
/// caller's token is an <see cref="OperationCanceledException"/>. A call that waits behind others of its session
/// waits for them, and fails with them when the medium hangs. After a fault the next call tries again.</para>
/// <para><b>Secrecy.</b> No secret comes here, only SHA-256 of it.</para>
/// </remarks>
public interface ISessionRecordStore
{
    /// <summary>The name for logs and metrics: short, constant, no addresses in it.</summary>
    string Name { get; }

    /// <summary>
    /// Loads a record. What was committed before is seen. An ended session is <see cref="SessionLookupStatus.Ended"/> with its
    /// reason; a damaged record is <see cref="SessionLookupStatus.Unreadable"/>, one of a newer version
    /// <see cref="SessionLookupStatus.Newer"/>, never an exception. An expired record is still found.
    /// </summary>
    /// <remarks>A store that can move <see cref="SessionRecord.LastSeenAt"/> in the same round trip does it here when
    /// <see cref="SessionTouch.Allowed"/>, the secret is right, the session has not expired and a touch is due, and says so
    /// in <see cref="SessionLookup.Touched"/>. Otherwise the caller calls <see cref="TouchAsync"/> when it is due.</remarks>
    ValueTask<SessionLookup> LoadAsync(Guid id, SessionTouch touch, CancellationToken cancellationToken = default);

    /// <summary>
    /// Moves <see cref="SessionRecord.LastSeenAt"/> to the touch's time and renews the time to live, under the same conditions
    /// as a load does. It never brings a record back, changes no value, and never moves the time backwards.
    /// </summary>
    /// <returns>Whether it was moved.</returns>
    ValueTask<bool> TouchAsync(Guid id, SessionTouch touch, CancellationToken cancellationToken = default);

    /// <summary>
    /// Applies a delta, whole or not at all. One that creates needs the id to be unused; any other needs the record to exist,
    /// not to have ended, not to have expired at <see cref="SessionCommit.Now"/>, and its generation to be the expected one.
    /// Values merge by key: keys the delta does not name stay as they are, whoever wrote them meanwhile. With an expected
    /// value, that value must still be the same, byte for byte. A record of a newer version is left alone.
    /// </summary>
    /// <remarks>A commit whose new secret is the session's secret already has been applied before and its acknowledgement was
    /// lost: it is <see cref="SessionCommitOutcome.Committed"/> again.</remarks>
    ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends a session for good: its values are gone, a tombstone with the reason is left, and no commit or touch brings it
    /// back. Ending one that has ended changes nothing: the first reason stays.
    /// </summary>
    /// <returns>Whether there was a session to end.</returns>
    ValueTask<bool> EndAsync(Guid id, SessionEndReason reason, CancellationToken cancellationToken = default);
}
