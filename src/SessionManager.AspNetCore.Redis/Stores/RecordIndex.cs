using System.Globalization;
using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// The sorted sets by which records are found. They lie beside the records, because on a cluster records lie in other
/// slots.
/// <code>
///   user:TAG         the ids of a user's sessions, by the time until which the entry is kept
///   list:HOUR:PART   the sessions that started in an hour; see <see cref="RecordList"/>
///   list             the hours that have sessions, by the time until which the hour is kept
/// </code>
/// An entry is written before its record, and only says where to look: what the record says counts. It is removed when
/// its record is a tombstone, or by the server in the end.
/// </summary>
internal sealed class RecordIndex(string prefix, RecordList list)
{
    /// <summary>How long a sorted set keeps an entry after its time, in milliseconds, so that a node whose clock is
    /// ahead does not remove what other nodes still need.</summary>
    public const long ClockSkew = 3_600_000;

    private const int IdSize = 16;

    /// <summary>Writes the entries of a record that is about to be written.</summary>
    public Task AddAsync(PrimaryDatabase database, SessionWrite write)
    {
        var (now, until) = (write.Now.ToUnixTimeMilliseconds(), write.IndexUntil.ToUnixTimeMilliseconds());
        var mustGetThrough = RecordWriter.MustGetThrough(write);
        var listing = list.AddAsync(database, PositionOf(write), now, until, mustGetThrough);
        return write.UserId is { } userId
            ? Task.WhenAll(listing, AddAsync(database, userId, write.Id, now, until, mustGetThrough))
            : listing;
    }

    /// <summary>Writes the entry of a user again, in case the server has lost it.</summary>
    public Task AddAgainAsync(PrimaryDatabase database, SessionTouch touch, string userId) => AddAsync(
        database,
        userId,
        touch.Id,
        touch.LastSeenAt.ToUnixTimeMilliseconds(),
        touch.IndexUntil.ToUnixTimeMilliseconds(),
        mustGetThrough: true);

    /// <summary>Removes the entries of a tombstone, as far as the write names them. A reader removes the
    /// others.</summary>
    public void Remove(PrimaryDatabase database, SessionWrite write)
    {
        list.Remove(database, [PositionOf(write)]);
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
        PrimaryDatabase database, string key, RedisValue entry, long score, long tidied, long left, bool mustGetThrough) =>
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

    private Task AddAsync(PrimaryDatabase database, string userId, Guid id, long now, long until, bool mustGetThrough) =>
        AddAsync(database, KeyOf(UserTag.Of(userId)), EntryOf(id), until, now - ClockSkew, until - now, mustGetThrough);

    private static SessionPosition PositionOf(SessionWrite write) => new(write.StartedAt, write.Id);

    private static RedisValue EntryOf(Guid id) => id.ToByteArray(bigEndian: true);

    private string KeyOf(ulong tag) => string.Create(CultureInfo.InvariantCulture, $"{prefix}user:{tag:x16}");
}
