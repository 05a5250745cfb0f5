using System.Runtime.InteropServices;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>What a write or a touch makes of what is stored.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct RecordSwap
{
    /// <summary>Whether the write or touch is applied, now or before.</summary>
    public bool IsSwapped { get; private init; }

    /// <summary>The record to store; <see langword="null"/> when there is nothing to store.</summary>
    public byte[]? Record { get; private init; }

    /// <summary>How long the record is to be kept.</summary>
    public TimeSpan TimeToLive { get; private init; }

    /// <summary>The user under whom a session was found until this write ended it.</summary>
    public string? UserBefore { get; private init; }

    /// <summary>Compares the versions, and makes the record after a write.</summary>
    public static RecordSwap Of(SessionWrite write, byte[]? stored)
    {
        var before = default(CacheRecord);
        if (stored is not null)
        {
            CacheRecord.Read(write.Id, stored, out before);
        }

        if (before.Version == write.NewVersion)
        {
            return new RecordSwap { IsSwapped = true };
        }

        if (before.Version != write.ExpectedVersion)
        {
            return default;
        }

        var keepUntil = Math.Max(write.KeepUntil.ToUnixTimeMilliseconds(), before.KeepUntil);
        return new RecordSwap
        {
            IsSwapped = true,
            TimeToLive = TimeBetween(write.Now, keepUntil),
            Record = CacheRecord.Encode(write, before, keepUntil),
            UserBefore = write.IsTombstone ? before.UserId : null,
        };
    }

    /// <summary>Compares the times, and makes the record after a touch.</summary>
    public static RecordSwap Of(SessionTouch touch, byte[]? stored)
    {
        if (stored is null
            || CacheRecord.Read(touch.Id, stored, out var before) != StoredSessionStatus.Whole
            || before.LastSeen >= touch.LastSeenAt.ToUnixTimeMilliseconds())
        {
            return default;
        }

        var keepUntil = Math.Max(touch.KeepUntil.ToUnixTimeMilliseconds(), before.KeepUntil);
        return new RecordSwap
        {
            IsSwapped = true,
            Record = before.With(touch, keepUntil),
            TimeToLive = TimeBetween(touch.LastSeenAt, keepUntil),
        };
    }

    private static TimeSpan TimeBetween(DateTimeOffset now, long keepUntil) =>
        TimeSpan.FromMilliseconds(keepUntil - now.ToUnixTimeMilliseconds());
}
