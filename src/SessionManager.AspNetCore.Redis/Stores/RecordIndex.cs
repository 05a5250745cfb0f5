using System.Buffers.Binary;
using System.Globalization;
using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// The sorted sets by which records are found. They lie beside the records, because on a cluster records lie in other slots.
/// <code>
///   user:BUCKET      tag of the user (8 bytes) and id (16), by the time until which the entry is kept
///   list:HOUR:PART   the sessions that started in an hour, by their start; see <see cref="ListEntry"/>
///   list             the hours that have sessions, by the time until which the hour is kept
/// </code>
/// An entry is written before its record, and only says where to look: what the record says counts. It is removed when its record is a
/// tombstone, or by the server in the end.
/// </summary>
internal sealed class RecordIndex(string prefix, RedisCall calls)
{
    private const int TagSize = 8;
    private const int EntrySize = 24;

    // A node whose clock is ahead does not remove what other nodes still need.
    private const long ClockSkew = 3_600_000;

    private readonly RecordHeaders _headers = new(prefix, calls);
    private readonly RecordList _list = new(prefix, calls);

    /// <summary>Writes the entries of a record that is about to be written.</summary>
    public Task AddAsync(SessionWrite write)
    {
        var (now, until) = (write.Now.ToUnixTimeMilliseconds(), write.IndexUntil.ToUnixTimeMilliseconds());
        var mustGetThrough = RecordWriter.MustGetThrough(write);
        var listing = _list.AddAsync(PositionOf(write), now, until, mustGetThrough);
        return write.UserId is { } userId ? Task.WhenAll(listing, AddAsync(userId, write.Id, now, until, mustGetThrough)) : listing;
    }

    /// <summary>Writes the entry of a user again, without waiting, in case the server has lost it.</summary>
    public void AddAgain(SessionTouch touch, string userId) => RedisCall.Forget(AddAsync(
        userId, touch.Id, touch.LastSeenAt.ToUnixTimeMilliseconds(), touch.IndexUntil.ToUnixTimeMilliseconds(), mustGetThrough: true));

    /// <summary>Removes the entries of a tombstone, without waiting, as far as the write names them. A reader removes the others.</summary>
    public void Remove(SessionWrite write)
    {
        _list.Remove([PositionOf(write)]);
        if (write.UserId is { } userId)
        {
            var user = UserTag.Of(userId);
            Remove(user, [write.Id]);
        }
    }

    /// <summary>The records of a user, without values, those that started first in front.</summary>
    public async Task<IReadOnlyList<StoredSession>> FindAsync(UserTag user, CancellationToken cancellationToken)
    {
        var entries = await calls.SendAsync(
            static (database, key) => database.SortedSetRangeByRankAsync(key, flags: CommandFlags.DemandMaster), KeyOf(user)) ?? [];
        cancellationToken.ThrowIfCancellationRequested();
        var headers = await _headers.LoadAsync(entries.Select(entry => Read(entry, user)).OfType<Guid>());
        Remove(user, [.. headers.Where(static header => header.IsTombstone).Select(static header => header.Session!.Id)]);
        return
        [
            .. headers.Where(header => header is { IsWhole: true, IsTombstone: false } && header.Columns.UserTag == user.Tag)
                .Select(static header => header.Session!)
                .Order(SessionPosition.OldestFirst),
        ];
    }

    /// <inheritdoc cref="RecordList.ReadAsync"/>
    public Task<IReadOnlyList<StoredSession>> ListAsync(SessionPosition? after, int count, CancellationToken cancellationToken) =>
        _list.ReadAsync(after, count, cancellationToken);

    /// <summary>Writes an entry of a sorted set. A set that somebody else has overwritten is replaced.</summary>
    public static async Task WriteAsync(RedisCall calls, string key, RedisValue[] entry)
    {
        if (await calls.SendAsync(RecordScripts.Index, key, entry) is null)
        {
            await calls.SendAsync(RecordScripts.Discard, key, ["zset"]);
            await calls.SendAsync(RecordScripts.Index, key, entry);
        }
    }

    private Task AddAsync(string userId, Guid id, long now, long until, bool mustGetThrough)
    {
        var user = UserTag.Of(userId);
        return WriteAsync(calls, KeyOf(user), [EntryOf(user, id), until, now - ClockSkew, Math.Max(1, until - now), mustGetThrough]);
    }

    private void Remove(UserTag user, Guid[] ids)
    {
        if (ids.Length > 0)
        {
            RedisValue[] entries = [.. ids.Select(id => EntryOf(user, id))];
            calls.Post((database, key) => database.SortedSetRemoveAsync(key, entries, CommandFlags.FireAndForget), KeyOf(user));
        }
    }

    private static SessionPosition PositionOf(SessionWrite write) => new(write.StartedAt, write.Id);

    private static RedisValue EntryOf(UserTag user, Guid id)
    {
        var entry = new byte[EntrySize];
        BinaryPrimitives.WriteUInt64BigEndian(entry, user.Tag);
        id.TryWriteBytes(entry.AsSpan(TagSize), bigEndian: true, out _);
        return entry;
    }

    // Null: the entry of another user, or none of ours.
    private static Guid? Read(RedisValue entry, UserTag user)
    {
        ReadOnlyMemory<byte> bytes = entry;
        return bytes.Length == EntrySize && BinaryPrimitives.ReadUInt64BigEndian(bytes.Span) == user.Tag
            ? new Guid(bytes.Span[TagSize..], bigEndian: true)
            : null;
    }

    private string KeyOf(UserTag user) => string.Create(CultureInfo.InvariantCulture, $"{prefix}user:{user.Bucket:x4}");
}
