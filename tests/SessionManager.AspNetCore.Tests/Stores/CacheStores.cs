using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>Stores over a cache, and what tests write to them.</summary>
internal static class CacheStores
{
    public const string Prefix = "suite:";

    /// <summary>When the sessions of these tests begin.</summary>
    public static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static readonly SessionLifetime Lifetime = new(
        TimeSpan.FromMinutes(20), TimeSpan.FromHours(24), TimeSpan.FromMinutes(1));

    public static string RecordKeyOf(Guid id) => $"{Prefix}{id:N}";

    public static string IndexKeyOf(string userId) => new UserKeys(Prefix).Of(userId).Sessions;

    /// <summary>A store, as a process of its own has it.</summary>
    public static CacheSessionStore Create(
        IDistributedCache cache,
        TimeSpan? ioTimeout = null,
        MemoryCacheLimit? limit = null,
        ILogger<CacheSessionStore>? logger = null) => new(
        cache,
        Options.Create(
            new SessionManagerOptions { IOTimeout = ioTimeout ?? TimeSpan.FromSeconds(20), KeyPrefix = Prefix }),
        Lifetime,
        logger ?? NullLogger<CacheSessionStore>.Instance,
        limit);

    /// <summary>A write, so many minutes after the start.</summary>
    public static SessionWrite NewWrite(
        Guid id,
        long expected,
        long version,
        string? user = null,
        int minutes = 0,
        bool movesIndex = true,
        bool isTombstone = false,
        params (string Key, string? Value)[] values) => new()
        {
            Id = id,
            ExpectedVersion = expected,
            NewVersion = version,
            Header = "header"u8.ToArray(),
            UserId = user,
            StartedAt = Start.AddMinutes(minutes),
            LastSeenAt = Start.AddMinutes(minutes),
            Now = Start.AddMinutes(minutes),
            KeepUntil = Start.AddMinutes(minutes + 40),
            IndexUntil = Start.AddMinutes(minutes).AddHours(25),
            MovesIndex = movesIndex,
            IsTombstone = isTombstone,
            DropsValues = isTombstone,
            Values = values.ToDictionary(
            value => value.Key,
            value => value.Value is { } text ? (ReadOnlyMemory<byte>?)Encoding.UTF8.GetBytes(text) : null,
            StringComparer.Ordinal),
        };

    /// <summary>A touch, so many minutes after the start.</summary>
    public static SessionTouch NewTouch(Guid id, long version, int minutes, string? user = null) => new()
    {
        Id = id,
        NewVersion = version,
        LastSeenAt = Start.AddMinutes(minutes),
        StartedAt = Start,
        KeepUntil = Start.AddMinutes(minutes + 40),
        UserId = user,
        IndexUntil = Start.AddHours(25),
    };
}
