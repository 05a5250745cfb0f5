using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>
/// The columns of a record, which lie in front of its header:
/// <code>
///    0   1  format, 1
///    1   1  1: the record is a tombstone
///    2   8  started at, in Unix milliseconds, big-endian
///   10   8  the tag of the user, 0: nobody
/// </code>
/// Columns and header are cut into fields of 64 bytes. A field of fewer bytes is the last one; it may be empty.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RecordColumns(byte Format, bool IsTombstone, long StartedAt, ulong UserTag)
{
    public const int Size = 18;
    public const int FieldSize = 64;
    public const byte CurrentFormat = 1;

    public static RecordColumns Of(SessionWrite write) => new(
        CurrentFormat, write.IsTombstone, write.StartedAt.ToUnixTimeMilliseconds(), Stores.UserTag.Of(write.UserId));

    public static RecordColumns Read(ReadOnlySpan<byte> bytes) => new(
        bytes[0],
        bytes[1] == 1,
        BinaryPrimitives.ReadInt64BigEndian(bytes[2..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[10..]));

    public void Write(Span<byte> bytes)
    {
        (bytes[0], bytes[1]) = (Format, IsTombstone ? (byte)1 : (byte)0);
        BinaryPrimitives.WriteInt64BigEndian(bytes[2..], StartedAt);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[10..], UserTag);
    }
}
