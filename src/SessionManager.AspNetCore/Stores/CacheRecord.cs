using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// A session's entry in a plain cache, read where it lies. Numbers are little-endian, times are Unix milliseconds.
/// <code>
///  offset  size
///       0     1  format version, 1
///       1     1  flags: 1 = has a user, 2 = the user id is stored as UTF-16, 4 = tombstone
///       2     2  0
///       4     4  length of the whole record
///       8     4  checksum (see Checksum) of all before it, and of all after it up to the values
///      12    16  session id, big-endian: a record that was copied to another key is none
///      28     8  version
///      36     8  last seen at
///      44     8  started at
///      52     8  keep until
///      60     4  length of the header
///      64     4  length of the user id
///      68     4  number of values
///      72     4  length of all keys
///      76        header, as the caller wrote it
///       .        user id: UTF-8, or UTF-16 when the id has no UTF-8 form
///       . n x 12 index, ordered by key: { offset of the key, offset of the value, checksum of the value }
///       .        keys (UTF-8), each up to the next
///       .        values, each up to the next, as the caller wrote them
/// </code>
/// Reading checks everything up to the values. A value is found by binary search, and checked when it is read. So a
/// load costs by the number of values, never by their size.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct CacheRecord
{
    public const byte Format = 1;
    private const byte UserFlag = 1;
    private const byte Utf16Flag = 2;
    private const byte TombstoneFlag = 4;

    public const int FlagsOffset = 1;
    public const int LengthOffset = 4;
    private const int ChecksumOffset = 8;
    private const int IdOffset = 12;
    public const int VersionOffset = 28;
    public const int LastSeenOffset = 36;
    public const int StartedOffset = 44;
    private const int KeepUntilOffset = 52;
    public const int HeaderLengthOffset = 60;
    public const int UserLengthOffset = 64;
    public const int CountOffset = 68;
    public const int KeysLengthOffset = 72;
    private const int HeaderOffset = 76;

    private const int StackedChanges = 64;

    private readonly byte[] _bytes;
    private readonly int _indexOffset;
    private readonly int _valuesOffset;

    private CacheRecord(byte[] bytes, int indexOffset, int valuesOffset) =>
        (_bytes, _indexOffset, _valuesOffset) = (bytes, indexOffset, valuesOffset);

    /// <summary>Whether there is no record: the default.</summary>
    public bool IsNone => _bytes is null;

    /// <summary>The version that the last write or touch has left; 0 when there is no record.</summary>
    public long Version => IsNone ? 0 : BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(VersionOffset));

    /// <summary>When the session was last seen.</summary>
    public long LastSeen => BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(LastSeenOffset));

    /// <summary>When the session started.</summary>
    public long Started => BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(StartedOffset));

    /// <summary>Until when the record is to be kept; the least number when there is no record. A write or touch that
    /// was decided earlier never shortens the time.</summary>
    public long KeepUntil =>
        IsNone ? long.MinValue : BinaryPrimitives.ReadInt64LittleEndian(_bytes.AsSpan(KeepUntilOffset));

    /// <summary>Whether the session has ended for good.</summary>
    public bool IsTombstone => (Flags & TombstoneFlag) != 0;

    /// <summary>Whether the record is found under a user.</summary>
    public bool HasUser => !IsNone && (Flags & UserFlag) != 0;

    /// <summary>The user under whom the record is found.</summary>
    public string? UserId => HasUser ? UserText.Decode(User, IsUtf16) : null;

    /// <summary>The values, as they lie in the record.</summary>
    public ValueIndex Values => new(_bytes, _indexOffset, _valuesOffset, Number(_bytes, CountOffset));

    private byte Flags => _bytes[FlagsOffset];

    private bool IsUtf16 => (Flags & Utf16Flag) != 0;

    private ReadOnlySpan<byte> User => _bytes.AsSpan((_indexOffset - Number(_bytes, UserLengthOffset)).._indexOffset);

    /// <summary>Reads what is stored under an id. Whatever the bytes are, this neither throws nor allocates.</summary>
    /// <param name="id">The id that the bytes are stored under.</param>
    /// <param name="stored">The bytes.</param>
    /// <param name="record">The record, when it is whole.</param>
    public static StoredSessionStatus Read(Guid id, byte[] stored, out CacheRecord record)
    {
        record = default;
        ReadOnlySpan<byte> bytes = stored;
        if (bytes.Length > 0 && bytes[0] > Format)
        {
            return StoredSessionStatus.Newer;
        }

        if (bytes.Length < HeaderOffset
            || bytes[0] != Format
            || Number(bytes, LengthOffset) != bytes.Length
            || IdOf(bytes) != id)
        {
            return StoredSessionStatus.Damaged;
        }

        var (header, user) = (Number(bytes, HeaderLengthOffset), Number(bytes, UserLengthOffset));
        var (count, keys) = (Number(bytes, CountOffset), Number(bytes, KeysLengthOffset));
        var indexOffset = (long)HeaderOffset + header + user;
        var valuesOffset = indexOffset + ((long)count * ValueIndex.RowLength) + keys;
        if ((header | user | count | keys) < 0
            || valuesOffset > bytes.Length
            || ComputeChecksum(bytes, (int)valuesOffset) != (uint)Number(bytes, ChecksumOffset)
            || BinaryPrimitives.ReadInt64LittleEndian(bytes[VersionOffset..]) == 0
            || !IsTime(bytes[LastSeenOffset..])
            || !IsTime(bytes[StartedOffset..]))
        {
            return StoredSessionStatus.Damaged;
        }

        record = new CacheRecord(stored, (int)indexOffset, (int)valuesOffset);
        return StoredSessionStatus.Whole;
    }

    /// <summary>The id that a record says it is stored under.</summary>
    public static Guid IdOf(ReadOnlySpan<byte> record) => new(record.Slice(IdOffset, 16), bigEndian: true);

    /// <summary>The checksum of a record whose values begin at an offset.</summary>
    public static uint ComputeChecksum(ReadOnlySpan<byte> record, int valuesOffset) =>
        Checksum.Of(Checksum.Of(record[..ChecksumOffset]), record[IdOffset..valuesOffset]);

    /// <summary>Whether the record is found under exactly this user.</summary>
    public bool IsOf(string userId)
    {
        var bytes = UserText.Encode(userId, stackalloc byte[UserText.BufferLength], out var isUtf16);
        return HasUser && isUtf16 == IsUtf16 && bytes.SequenceEqual(User);
    }

    /// <summary>The record as the caller gets it. The values stay where they are.</summary>
    /// <param name="damaged">Told the session's id when a value that is read later turns out to be damaged.</param>
    public StoredSession ToSession(Action<Guid>? damaged)
    {
        var (id, header, values) = (IdOf(_bytes), Number(_bytes, HeaderLengthOffset), Values);
        return new StoredSession
        {
            Id = id,
            Version = Version,
            Header = _bytes.AsMemory(HeaderOffset, header),
            LastSeenAt = DateTimeOffset.FromUnixTimeMilliseconds(LastSeen),
            StartedAt = DateTimeOffset.FromUnixTimeMilliseconds(Started),
            Values = values.Count == 0 ? StoredValues.Empty : new StoredValues(values, damaged),
            ValueBytes = values.ByteCount,
        };
    }

    /// <summary>The record after a write. The values that stay are copied in one piece between two changes.</summary>
    /// <param name="write">The write.</param>
    /// <param name="before">The stored record that the write was decided on, or none.</param>
    /// <param name="keepUntil">Until when the record is to be kept, in Unix milliseconds.</param>
    public static byte[] Encode(SessionWrite write, in CacheRecord before, long keepUntil)
    {
        Span<byte> buffer = stackalloc byte[UserText.BufferLength];
        var isUtf16 = false;
        var user = write.UserId is { } userId ? UserText.Encode(userId, buffer, out isUtf16) : default;
        var changes = write.Values.Count;
        var kept = write.DropsValues || before.IsNone ? ValueIndex.Empty : before.Values;
        var merge = new ValueMerge(
            kept, write.Values, changes <= StackedChanges ? stackalloc int[changes] : new int[changes]);

        var indexOffset = checked(HeaderOffset + write.Header.Length + user.Length);
        var valuesOffset = merge.ValuesOffset(indexOffset);
        var record = GC.AllocateUninitializedArray<byte>(checked(valuesOffset + merge.ValuesLength));
        var bytes = record.AsSpan();

        bytes[..LengthOffset].Clear();
        bytes[0] = Format;
        bytes[FlagsOffset] = (byte)((write.UserId is null ? 0 : UserFlag)
            | (isUtf16 ? Utf16Flag : 0)
            | (write.IsTombstone ? TombstoneFlag : 0));
        var seen = write.LastSeenAt.ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteInt32LittleEndian(bytes[LengthOffset..], bytes.Length);
        write.Id.TryWriteBytes(bytes[IdOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[VersionOffset..], write.NewVersion);
        BinaryPrimitives.WriteInt64LittleEndian(
            bytes[LastSeenOffset..], before.IsNone ? seen : Math.Max(seen, before.LastSeen));
        BinaryPrimitives.WriteInt64LittleEndian(
            bytes[StartedOffset..], write.StartedAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64LittleEndian(bytes[KeepUntilOffset..], keepUntil);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[HeaderLengthOffset..], write.Header.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[UserLengthOffset..], user.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[CountOffset..], merge.Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[KeysLengthOffset..], merge.KeysLength);
        write.Header.Span.CopyTo(bytes[HeaderOffset..]);
        user.CopyTo(bytes[(indexOffset - user.Length)..]);
        merge.Write(bytes, indexOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(
            bytes[ChecksumOffset..], ComputeChecksum(bytes, valuesOffset));
        return record;
    }

    /// <summary>The same record, touched. Everything else is copied as it is.</summary>
    /// <param name="touch">The touch.</param>
    /// <param name="keepUntil">Until when the record is to be kept.</param>
    public byte[] With(SessionTouch touch, long keepUntil)
    {
        var copy = _bytes.AsSpan().ToArray();
        BinaryPrimitives.WriteInt64LittleEndian(copy.AsSpan(VersionOffset), touch.NewVersion);
        BinaryPrimitives.WriteInt64LittleEndian(copy.AsSpan(LastSeenOffset), touch.LastSeenAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64LittleEndian(copy.AsSpan(KeepUntilOffset), keepUntil);
        BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(ChecksumOffset), ComputeChecksum(copy, _valuesOffset));
        return copy;
    }

    private static int Number(ReadOnlySpan<byte> bytes, int offset) =>
        BinaryPrimitives.ReadInt32LittleEndian(bytes[offset..]);

    private static bool IsTime(ReadOnlySpan<byte> bytes) =>
        BinaryPrimitives.ReadInt64LittleEndian(bytes) is var milliseconds
        && milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
        && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
}
