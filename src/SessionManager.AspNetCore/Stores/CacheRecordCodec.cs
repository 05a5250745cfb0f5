using System.Buffers.Binary;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>Writes sessions in the layout of <see cref="CacheRecord"/>.</summary>
internal static class CacheRecordCodec
{
    private const int StackedChanges = 64;

    /// <summary>The record after a write. The values that stay are copied in one piece between two changes.</summary>
    /// <param name="write">The write.</param>
    /// <param name="before">The stored record that the write was decided on, or none.</param>
    /// <param name="keepUntil">Until when the record is to be kept, in Unix milliseconds.</param>
    public static byte[] Encode(SessionWrite write, in CacheRecord before, long keepUntil)
    {
        Span<byte> buffer = stackalloc byte[UserText.BufferLength];
        var isUtf16 = false;
        var user = write.UserId is { } userId ? UserText.Encode(userId, buffer, out isUtf16) : default;
        var changes = new ValueChanges(write.Values);
        var kept = write.DropsValues || before.IsNone ? ValueIndex.Empty : before.Values;
        var merge = new ValueMerge(
            kept, changes, changes.Count <= StackedChanges ? stackalloc int[changes.Count] : new int[changes.Count]);

        var indexOffset = checked(CacheRecord.HeaderOffset + write.Header.Length + user.Length);
        var valuesOffset = merge.ValuesOffset(indexOffset);
        var record = GC.AllocateUninitializedArray<byte>(checked(valuesOffset + merge.ValuesLength));
        var bytes = record.AsSpan();

        bytes[..CacheRecord.LengthOffset].Clear();
        bytes[0] = CacheRecord.Format;
        bytes[CacheRecord.FlagsOffset] = (byte)((write.UserId is null ? 0 : CacheRecord.UserFlag)
            | (isUtf16 ? CacheRecord.Utf16Flag : 0)
            | (write.IsTombstone ? CacheRecord.TombstoneFlag : 0));
        var seen = write.LastSeenAt.ToUnixTimeMilliseconds();
        BinaryPrimitives.WriteInt32LittleEndian(bytes[CacheRecord.LengthOffset..], bytes.Length);
        write.Id.TryWriteBytes(bytes[CacheRecord.IdOffset..], bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[CacheRecord.VersionOffset..], write.NewVersion);
        BinaryPrimitives.WriteInt64LittleEndian(
            bytes[CacheRecord.LastSeenOffset..], before.IsNone ? seen : Math.Max(seen, before.LastSeen));
        BinaryPrimitives.WriteInt64LittleEndian(
            bytes[CacheRecord.StartedOffset..], write.StartedAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64LittleEndian(bytes[CacheRecord.KeepUntilOffset..], keepUntil);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[CacheRecord.HeaderLengthOffset..], write.Header.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[CacheRecord.UserLengthOffset..], user.Length);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[CacheRecord.CountOffset..], merge.Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[CacheRecord.KeysLengthOffset..], merge.KeysLength);
        write.Header.Span.CopyTo(bytes[CacheRecord.HeaderOffset..]);
        user.CopyTo(bytes[(indexOffset - user.Length)..]);
        merge.Write(bytes, indexOffset);
        BinaryPrimitives.WriteUInt32LittleEndian(
            bytes[CacheRecord.ChecksumOffset..], CacheRecord.ComputeChecksum(bytes, valuesOffset));
        return record;
    }
}
