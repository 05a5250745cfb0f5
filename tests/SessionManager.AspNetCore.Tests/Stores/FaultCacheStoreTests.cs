using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The store contract over a cache whose every call takes a while, as that of a remote one does.</summary>
public sealed class FaultCacheStoreTests() : CacheStoreConformance(new FaultCache { Delay = TimeSpan.FromMilliseconds(1) })
{
    protected override Task RemoveAsync(string key)
    {
        Assert.True(((FaultCache)Cache).Entries.TryRemove(key, out _));
        return Task.CompletedTask;
    }
}
