namespace SessionManager.AspNetCore.Storage;

/// <summary>
/// Keeps sessions. A store loads a record with its version, and writes a record only while the stored version is still the one
/// that the write expects. It knows no rule of sessions: who is signed in, when a session expires and which secret opens it stand
/// in the header, which only the caller reads.
/// </summary>
/// <remarks>
/// <para><b>Records.</b> A record is stored under an id. It has a version, a header (bytes), the time at which it was last seen,
/// values (bytes by key, keys ordinal), and three columns: <see cref="SessionWrite.UserId"/>, <see cref="SessionWrite.StartedAt"/>
/// and <see cref="SessionWrite.KeepUntil"/>. Keys and user ids are any text that has a UTF-8 form. They may hold U+0000: a store
/// whose medium refuses that character encodes it.</para>
/// <para><b>Time.</b> The clock is the caller's. A store judges nothing by a clock of its own. It keeps a record at least until
/// <see cref="SessionWrite.KeepUntil"/>, may remove it afterwards, and need not do so at once.</para>
/// <para><b>Faults.</b> Each member ends within <see cref="SessionManagerOptions.IOTimeout"/>, and fails with a
/// <see cref="SessionStoreException"/> whose text names no store key, value or header; <see cref="StoreCall"/> does both. A
/// cancellation by the caller's token is an <see cref="OperationCanceledException"/>. After a fault the next call tries again.</para>
/// <para><b>Threads.</b> All members may be called at once, for one session too, from any number of processes.</para>
/// <para>A complete store for one process, which keeps records for ever and never waits:</para>
/// <code>
/// public sealed class DictionarySessionStore : ISessionRecordStore
/// {
///     private readonly Dictionary&lt;Guid, (StoredSession Session, string? UserId)&gt; _records = [];
///
///     public string Name => "dictionary";
///
///     public ValueTask&lt;StoredSession?&gt; LoadAsync(Guid id, CancellationToken cancellationToken = default)
///     {
///         lock (_records)
///         {
///             return new(_records.GetValueOrDefault(id).Session);
///         }
///     }
///
///     public ValueTask&lt;SessionWriteResult&gt; WriteAsync(SessionWrite write, CancellationToken cancellationToken = default)
///     {
///         lock (_records)
///         {
///             var before = _records.GetValueOrDefault(write.Id).Session;
///             if (before?.Version == write.NewVersion || (before?.Version ?? 0) != write.ExpectedVersion)
///             {
///                 return new(before?.Version == write.NewVersion ? SessionWriteResult.Swapped : SessionWriteResult.Moved(before));
///             }
///
///             _records[write.Id] = (write.ApplyTo(before), write.UserId);
///             return new(SessionWriteResult.Swapped);
///         }
///     }
///
///     public ValueTask&lt;bool&gt; TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default)
///     {
///         lock (_records)
///         {
///             var (before, userId) = _records.GetValueOrDefault(touch.Id);
///             if (before is null || before.LastSeenAt >= touch.LastSeenAt)
///             {
///                 return new(false);
///             }
///
///             _records[touch.Id] = (touch.ApplyTo(before), userId);
///             return new(true);
///         }
///     }
///
///     public ValueTask&lt;IReadOnlyList&lt;StoredSession&gt;&gt; FindByUserAsync(string userId, CancellationToken cancellationToken = default)
///     {
///         lock (_records)
///         {
///             return new([.. _records.Values.Where(it => it.UserId == userId).Select(it => it.Session).Order(SessionPosition.OldestFirst)]);
///         }
///     }
///
///     public ValueTask&lt;IReadOnlyList&lt;StoredSession&gt;&gt; ListAsync(SessionPosition? after, int count, CancellationToken cancellationToken = default)
///     {
///         lock (_records)
///         {
///             var behind = _records.Values.Select(it => it.Session).Where(it => after is null || SessionPosition.Of(it) &lt; after);
///             return new([.. behind.OrderDescending(SessionPosition.OldestFirst).Take(count)]);
///         }
///     }
/// }
/// </code>
/// </remarks>
public interface ISessionRecordStore
{
    /// <summary>The name for logs and metrics: short, constant, without addresses.</summary>
    string Name { get; }

    /// <summary>Loads a record with all its values, as the last write or touch before this call has left it.</summary>
    /// <param name="id">The session.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>The record; <see langword="null"/> when there is none. A record that the store can't read is returned with
    /// <see cref="StoredSession.Status"/>, never as an exception.</returns>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time.</exception>
    ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes a record in one step, whole or not at all. When the stored version is <see cref="SessionWrite.NewVersion"/>, the write
    /// has been applied before and its acknowledgement was lost: the store reports it as swapped and changes nothing. When the stored
    /// version is <see cref="SessionWrite.ExpectedVersion"/>, the store applies the write. Otherwise the store changes nothing.
    /// </summary>
    /// <remarks>A store that keeps a user's index apart from the records writes the index entry before the record, and removes an entry
    /// only when its record is a tombstone (<see cref="SessionWrite.IsTombstone"/>) or gone for longer than
    /// <see cref="SessionWrite.IndexUntil"/>.</remarks>
    /// <param name="write">What to write.</param>
    /// <param name="cancellationToken">Cancels waiting. The write may be applied all the same.</param>
    /// <returns>Whether the write was applied; if it was not, what is stored now, as <see cref="LoadAsync"/> would return it.</returns>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time. The write may have been applied.</exception>
    ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken = default);

    /// <summary>
    /// Moves <see cref="StoredSession.LastSeenAt"/> forwards, whatever the version is, and leaves the touch's version and
    /// <see cref="SessionTouch.KeepUntil"/>. Creates nothing and changes nothing else.
    /// </summary>
    /// <param name="touch">The time, and the new version.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>Whether the time was moved: <see langword="false"/> when there is no record, or it was seen later.</returns>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time.</exception>
    ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default);

    /// <summary>The records whose <see cref="SessionWrite.UserId"/> is exactly this user, those that started first in front. Records of
    /// tombstones may be missing, and values may be left out. A record is found from the moment its write returns, by every process.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time.</exception>
    ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(string userId, CancellationToken cancellationToken = default);

    /// <summary>A page of all records, those that started last in front. What begins, moves or ends meanwhile may or may not be among
    /// them; every other record is, once. Tombstones may be missing, and values may be left out.</summary>
    /// <param name="after">The position of the last record of the page before; <see langword="null"/>: the first page.</param>
    /// <param name="count">The most records to return, at least 1.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>The page. Fewer than <paramref name="count"/> may come; none means the end.</returns>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time.</exception>
    ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default);
}
