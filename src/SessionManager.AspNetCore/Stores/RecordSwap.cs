using System.Runtime.InteropServices;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>What a write makes of what is stored.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct RecordSwap
{
    private RecordSwap(byte[]? record, string? userBefore) => (IsSwapped, Record, UserBefore) = (true, record, userBefore);

    /// <summary>Whether the write is applied, now or before. If not, the stored version is another one.</summary>
    public bool IsSwapped { get; }

    /// <summary>The record to store; <see langword="null"/> when there is nothing to store.</summary>
    public byte[]? Record { get; }

    /// <summary>The user under whom a session was found until this write ended it.</summary>
    public string? UserBefore { get; }

    /// <summary>Compares the versions, and makes the record.</summary>
    public static RecordSwap Of(SessionWrite write, byte[]? stored)
    {
        var before = default(CacheRecord);
        if (stored is not null)
        {
            CacheRecord.Read(write.Id, stored, out before);
        }

        if (before.Version == write.NewVersion)
        {
            return new RecordSwap(record: null, userBefore: null);
        }

        return before.Version == write.ExpectedVersion
            ? new RecordSwap(CacheRecordCodec.Encode(write, before), write.IsTombstone ? before.UserId : null)
            : default;
    }

    /// <summary>The record that a touch makes of what is stored; <see langword="null"/> when there is no record, or it was seen later.</summary>
    public static byte[]? Of(SessionTouch touch, byte[]? stored) =>
        stored is not null
        && CacheRecord.Read(touch.Id, stored, out var before) == StoredSessionStatus.Whole
        && before.LastSeen < touch.LastSeenAt.ToUnixTimeMilliseconds()
            ? before.With(touch)
            : null;
}
