using System.Globalization;
using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// The sorted sets by which records are found. They lie beside the records, because on a cluster records lie in other
/// slots.
/// <code>
///   user:TAG          the ids of a user's sessions, by the time until which the entry is kept
///   list:SHELF:PART   the sessions that are kept until about a time; see <see cref="RecordList"/>
///   list:NUMBER       the shelves, by their times
/// </code>
/// A user's entry is written before its record, and only says where to look: what the record says counts. It is removed
/// when its record is a tombstone, or by the server in the end. The server may lose it, or keep it for less than a node
/// with other settings would, so each session in use writes it again.
/// </summary>
/// <param name="prefix">The prefix of every key.</param>
/// <param name="list">The list of all records.</param>
/// <param name="touchInterval">How often a session in use writes its user's entry again.</param>
internal sealed class RecordIndex(string prefix, RecordList list, TimeSpan touchInterval)
{
    // How long a user's set keeps an entry after its time, in milliseconds, so that a node whose clock is ahead, as one
    // that takes local time for UTC, does not remove what other nodes still need.
    private const long ClockSkew = 86_400_000;

    private const int IdSize = 16;

    private readonly long _leastInterval = Math.Max(1_000, (long)touchInterval.TotalMilliseconds);

    /// <summary>Writes the entries of a record that is about to be written.</summary>
    public Task AddAsync(PrimaryDatabase database, SessionWrite write)
    {
        var now = write.Now.ToUnixTimeMilliseconds();
        var mustGetThrough = RecordWriter.MustGetThrough(write);
        list.Add(database, PositionOf(write), now, write.KeepUntil.ToUnixTimeMilliseconds(), mustGetThrough);
        return write.UserId is { } userId
            ? AddAsync(
                database, userId, write.Id, now, write.IndexUntil.ToUnixTimeMilliseconds(), mustGetThrough)
            : Task.CompletedTask;
    }

    /// <summary>Writes the entries of a session in use again, without waiting. When that fails, the next use makes up
    /// for it.</summary>
    /// <param name="database">The database.</param>
    /// <param name="write">A write that has been applied, and does not move the entries.</param>
    /// <param name="seenBefore">When the session was last seen before.</param>
    public void Renew(PrimaryDatabase database, SessionWrite write, long seenBefore)
    {
        var now = write.Now.ToUnixTimeMilliseconds();
        list.Move(database, PositionOf(write), now, write.KeepUntil.ToUnixTimeMilliseconds(), seenBefore);
        if (write.UserId is { } userId && write.LastSeenAt.ToUnixTimeMilliseconds() - seenBefore >= _leastInterval)
        {
            RedisRefusal.Forget(AddAsync(
                database, userId, write.Id, now, write.IndexUntil.ToUnixTimeMilliseconds(), mustGetThrough: true));
        }
    }

    /// <summary>Writes the entry of a user again, without waiting. When that fails, the next use makes up for
    /// it.</summary>
    public void Renew(PrimaryDatabase database, SessionTouch touch)
    {
        if (touch.UserId is { } userId)
        {
            var (now, until) = (touch.LastSeenAt.ToUnixTimeMilliseconds(), touch.IndexUntil.ToUnixTimeMilliseconds());
            RedisRefusal.Forget(AddAsync(database, userId, touch.Id, now, until, mustGetThrough: true));
        }
    }

    /// <summary>Moves the entry of the list after a touch, without waiting.</summary>
    public void Move(PrimaryDatabase database, SessionTouch touch, long seenBefore) => list.Move(
        database,
        new SessionPosition(touch.StartedAt, touch.Id),
        touch.LastSeenAt.ToUnixTimeMilliseconds(),
        touch.KeepUntil.ToUnixTimeMilliseconds(),
        seenBefore);

    /// <summary>Removes the entries of a tombstone, as far as they are known. A reader removes the others.</summary>
    /// <param name="database">The database.</param>
    /// <param name="write">The tombstone.</param>
    /// <param name="seenBefore">When the session was last seen.</param>
    public void Remove(PrimaryDatabase database, SessionWrite write, long seenBefore)
    {
        list.Remove(database, PositionOf(write), seenBefore, (long)write.TimeToLive.TotalMilliseconds);
        if (write.FormerUserId is { } userId)
        {
            Remove(database, KeyOf(UserTag.Of(userId)), [EntryOf(write.Id)]);
        }
    }

    /// <summary>The records of a user, without values, those that started first in front.</summary>
    public async Task<IReadOnlyList<StoredSession>> FindAsync(PrimaryDatabase database, string userId)
    {
        var tag = UserTag.Of(userId);
        var entries = await database.SortedSetMembersAsync(KeyOf(tag)).OrDefaultAsync() ?? [];
        var ids = entries.Where(static entry => entry.Length() == IdSize)
            .Select(static entry => new Guid(((ReadOnlyMemory<byte>)entry).Span, bigEndian: true));
        var records = await RecordHeaders.LoadAsync(database, prefix, ids);
        var tombstones = records.Where(static record => record.IsTombstone);
        Remove(database, KeyOf(tag), [.. tombstones.Select(static record => EntryOf(record.Session!.Id))]);
        return
        [
            .. records.Where(record => record.IsFound && record.Columns.UserTag == tag)
                .Select(static record => record.Session!)
                .Order(SessionPosition.OldestFirst),
        ];
    }

    /// <summary>Writes an entry of a sorted set, as <see cref="RecordScripts.Index"/> has it.</summary>
    public static async Task AddAsync(
        PrimaryDatabase database,
        string key,
        RedisValue entry,
        long score,
        long tidied,
        long left,
        bool mustGetThrough) =>
        await database.EvaluateAsync(
            RecordScripts.Index, key, entry, score, tidied, Math.Max(1, left), mustGetThrough);

    /// <summary>Removes entries of a sorted set, without waiting.</summary>
    public static void Remove(PrimaryDatabase database, string key, RedisValue[] entries)
    {
        if (entries.Length > 0)
        {
            RedisRefusal.Forget(RemoveAsync());
        }

        async Task RemoveAsync() => await database.SortedSetRemoveAsync(key, entries);
    }

    private Task AddAsync(
        PrimaryDatabase database, string userId, Guid id, long now, long until, bool mustGetThrough) =>
        AddAsync(database, KeyOf(UserTag.Of(userId)), EntryOf(id), until, now - ClockSkew, until - now, mustGetThrough);

    private static SessionPosition PositionOf(SessionWrite write) => new(write.StartedAt, write.Id);

    private static RedisValue EntryOf(Guid id) => id.ToByteArray(bigEndian: true);

    private string KeyOf(ulong tag) => string.Create(CultureInfo.InvariantCulture, $"{prefix}user:{tag:x16}");
}
