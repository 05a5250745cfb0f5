using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The contract over a cache that copies bytes, and whose every call takes a while, as with a remote
/// cache.</summary>
public sealed class FaultCacheConformanceTests()
    : RemoteCacheConformance(new FaultCache { Delay = TimeSpan.FromMilliseconds(1), IncludesUsers = true })
{
    public override Task EvictIndexAsync(string userId)
    {
        Assert.True(((FaultCache)Cache).Entries.TryRemove(CacheStores.IndexKeyOf(userId), out _));
        return Task.CompletedTask;
    }
}
