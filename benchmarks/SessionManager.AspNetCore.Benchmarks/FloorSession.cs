using Microsoft.Extensions.Caching.Distributed;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>The session that <see cref="FloorMiddleware"/> has found.</summary>
internal sealed class FloorSession(IDistributedCache cache, string key, byte[] record)
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromMinutes(20);

    /// <summary>Stores a copy of the record: no write can do less.</summary>
    public Task SaveAsync() => cache.SetAsync(
        key,
        record.AsSpan().ToArray(),
        new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = TimeToLive });
}
