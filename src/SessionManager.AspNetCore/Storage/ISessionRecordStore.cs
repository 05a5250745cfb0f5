namespace SessionManager.AspNetCore.Storage;

/// <summary>
/// Keeps sessions. A store loads a record with its version, and writes a record only while the stored version is still
/// the one that the write expects. A store knows no rule of sessions: who is signed in, when a session expires and
/// which secret opens it stand in the header, which only the caller reads.
/// </summary>
/// <remarks>
/// <para><b>Records.</b> A record is stored under an id. It has a version, a header (bytes), the time at which it was
/// last seen, values (bytes by key), and three columns: <see cref="SessionWrite.UserId"/>,
/// <see cref="SessionWrite.StartedAt"/> and <see cref="SessionWrite.KeepUntil"/>. Applications that share a medium
/// differ in <see cref="SessionManagerOptions.KeyPrefix"/>: a store keeps their records apart, or refuses the second
/// application.</para>
/// <para><b>Texts.</b> Keys and user ids are compared by each of their characters, without a culture, a case or a
/// normalization. They are never empty, always have a UTF-8 form, and may hold U+0000: a store whose medium refuses
/// that character encodes them. Keys have up to <see cref="SessionManagerOptions.MaxKeyBytes"/> bytes of UTF-8, user
/// ids up to 65,535. An index that takes less takes a hash of them.</para>
/// <para><b>Bytes.</b> The caller does not change the bytes that it gives to a store, and the store does not change the
/// bytes that it returns. Neither needs to copy them.</para>
/// <para><b>Time.</b> All times are in UTC and in whole milliseconds, by the caller's clock. A store never asks a clock
/// whether a record is there: a record that is stored is loaded, found and listed. The store keeps a record at least
/// until <see cref="SessionWrite.KeepUntil"/>. It may remove the record afterwards, and need not do so at once. It
/// counts down <see cref="SessionWrite.TimeToLive"/>, or asks the <see cref="TimeProvider"/> of dependency
/// injection.</para>
/// <para><b>Faults.</b> Each member ends within <see cref="SessionManagerOptions.IOTimeout"/>, and fails with a
/// <see cref="SessionStoreException"/> whose text names no store key, user id, value or header.
/// <see cref="StoreCall"/> bounds a call, and takes ids and encoded bytes out of the medium's message. A store whose
/// medium quotes plain text throws a text of its own. A cancellation by the caller's token is an
/// <see cref="OperationCanceledException"/>; a call that completes at once may ignore the token. After a fault the next
/// call tries again. A store may send a call again by itself: loads, writes and touches can all be repeated.</para>
/// <para><b>Threads.</b> The store is one object for the application, which dependency injection makes
/// (<c>AddSessionStore</c>). All members may be called at once, for one session too, from any number of processes. A
/// reader never sees a part of a write.</para>
/// <para>A complete store for one process, which keeps records for ever and never waits:</para>
/// <code><![CDATA[
/// using System.Collections.Concurrent;
/// using SessionManager.AspNetCore.Storage;
///
/// public sealed class DictionarySessionStore : ISessionRecordStore
/// {
///     private readonly ConcurrentDictionary<Guid, (StoredSession Session, string? UserId)> _records = [];
///     private readonly Lock _lock = new();
///
///     public string Name => "dictionary";
///
///     public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken) =>
///         new(_records.GetValueOrDefault(id).Session);
///
///     public ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken)
///     {
///         using var scope = _lock.EnterScope();
///         var before = _records.GetValueOrDefault(write.Id).Session;
///         var stored = before?.Version ?? 0;
///         if (stored == write.ExpectedVersion)
///         {
///             _records[write.Id] = (write.ApplyTo(before), write.UserId);
///         }
///
///         var isSwapped = stored == write.ExpectedVersion || stored == write.NewVersion;
///         return new(isSwapped ? SessionWriteResult.Swapped : SessionWriteResult.Moved(before));
///     }
///
///     public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken)
///     {
///         using var scope = _lock.EnterScope();
///         var (before, userId) = _records.GetValueOrDefault(touch.Id);
///         return new(before?.LastSeenAt < touch.LastSeenAt
///             && _records.TryUpdate(touch.Id, (touch.ApplyTo(before), userId), (before, userId)));
///     }
///
///     public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
///         string userId, CancellationToken cancellationToken) =>
///         new([.. _records.Values.Where(record => record.UserId == userId).Select(record => record.Session)
///             .Order(SessionPosition.OldestFirst)]);
///
///     public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
///         SessionPosition? after, int count, CancellationToken cancellationToken) =>
///         new([.. _records.Values.Select(record => record.Session)
///             .Where(session => after is null || SessionPosition.Of(session) < after)
///             .OrderDescending(SessionPosition.OldestFirst)
///             .Take(count)]);
/// }
/// ]]></code>
/// </remarks>
public interface ISessionRecordStore
{
    /// <summary>The name for logs and metrics: short, constant, without addresses.</summary>
    string Name { get; }

    /// <summary>Loads a record with all its values, as the last write or touch before this call has left it.</summary>
    /// <param name="id">The session.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>The record; <see langword="null"/> when there is none. A record that the store can't read is returned
    /// with <see cref="StoredSession.Status"/>, never as an exception. A medium that can't be read as a whole has
    /// failed.</returns>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time.</exception>
    ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default);

    /// <summary>
    /// Writes a record in one step, whole or not at all. When the stored version is
    /// <see cref="SessionWrite.NewVersion"/>, the write has been applied before and its acknowledgement was lost: the
    /// store reports the write as swapped and changes nothing, whatever else the write says. When the stored version is
    /// <see cref="SessionWrite.ExpectedVersion"/>, the store applies the write. Otherwise the store changes nothing.
    /// </summary>
    /// <remarks>
    /// <para>A record that the store can't read counts as none here: a write that expects 0 replaces the whole record,
    /// and any other write is refused with that record.</para>
    /// <para>A store that keeps a user's index apart from the records writes the index entry before the record, and
    /// removes an entry only when its record is a tombstone (<see cref="SessionWrite.IsTombstone"/>) or gone for longer
    /// than <see cref="SessionWrite.IndexUntil"/>.</para>
    /// </remarks>
    /// <param name="write">What to write.</param>
    /// <param name="cancellationToken">Cancels waiting. The write may be applied all the same, and later.</param>
    /// <returns>Whether the write was applied; if it was not, what is stored now, as <see cref="LoadAsync"/> would
    /// return it.</returns>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time. The write may have been
    /// applied, or may be applied later.</exception>
    ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken = default);

    /// <summary>
    /// Moves <see cref="StoredSession.LastSeenAt"/> forwards, whatever the version is, and leaves the touch's version.
    /// The record is kept until the later one of <see cref="SessionTouch.KeepUntil"/> and the stored time. A touch
    /// creates nothing and changes nothing else.
    /// </summary>
    /// <param name="touch">The time, and the new version.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>Whether the time was moved: <see langword="false"/> when there is no record, the store can't read the
    /// record, or the session was seen at that time or later.</returns>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time. The touch may have been
    /// applied.</exception>
    ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default);

    /// <summary>Finds the records whose <see cref="SessionWrite.UserId"/> is exactly this user, sorted by
    /// <see cref="SessionPosition"/>. The session that started first comes first. Each record is as
    /// <see cref="LoadAsync"/> returns it, but its values may be left out. Tombstones and records that the store can't
    /// read may be missing. A record is found from the moment its write returns, by every process.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>The records.</returns>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time.</exception>
    ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
        string userId, CancellationToken cancellationToken = default);

    /// <summary>Lists a page of all records, with or without a user, sorted by <see cref="SessionPosition"/>. The
    /// session that started last comes first. A session that begins, moves or ends between two pages may or may not be
    /// listed. Every other record is listed once. Each record is as <see cref="LoadAsync"/> returns it, but its values
    /// may be left out. Tombstones may be missing. Records that the store can't read are better left out: a record of
    /// the page has the <see cref="StoredSession.StartedAt"/> by which the page is sorted.</summary>
    /// <param name="after">The position of the last record of the last page, which need not be stored any more;
    /// <see langword="null"/> for the first page.</param>
    /// <param name="count">The greatest number of records to return, at least 1.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>The page, which may have fewer than <paramref name="count"/> records. An empty page is the end of the
    /// list.</returns>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time.</exception>
    ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default);
}
