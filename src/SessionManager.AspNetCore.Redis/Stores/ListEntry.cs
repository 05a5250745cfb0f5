using System.Buffers.Binary;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// The entries of the list. The start is in the entry, because a sign-in that is refused must not take the place of the entry before it.
/// <code>
///    0  16  id, big-endian
///   16   8  started at, in Unix milliseconds, big-endian
/// </code>
/// </summary>
internal static class ListEntry
{
    private const int IdSize = 16;
    private const int Size = 24;

    public static RedisValue Write(SessionPosition position)
    {
        var bytes = new byte[Size];
        position.Id.TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(IdSize), position.StartedAt.ToUnixTimeMilliseconds());
        return bytes;
    }

    /// <summary>Reads an entry; <see langword="null"/> when it is none of ours.</summary>
    public static SessionPosition? Read(RedisValue entry)
    {
        ReadOnlyMemory<byte> bytes = entry;
        return bytes.Length == Size && RecordReader.TimeOf(BinaryPrimitives.ReadInt64BigEndian(bytes.Span[IdSize..])) is { } startedAt
            ? new SessionPosition(startedAt, new Guid(bytes.Span[..IdSize], bigEndian: true))
            : null;
    }
}
