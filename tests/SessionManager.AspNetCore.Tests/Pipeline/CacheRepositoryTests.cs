using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Sessions in a plain cache.</summary>
public abstract class CacheRepositoryTests(IDistributedCache cache) : SessionRepositoryTests
{
    private const string Prefix = "session:";

    // A plain cache has no compare-and-set.
    protected override bool IsExactAcrossNodes => false;

    protected override Func<Guid, Task>? DamageRecord => id => ChangeAsync(id, record => record[..^1]);

    protected override Func<Guid, Task>? MakeRecordNewer => id =>
        ChangeAsync(id, record => [(byte)(record[0] + 1), .. record[1..]]);

    protected override Func<Guid, Task>? Evict => EvictAsync;

    protected override ISessionRecordStore CreateStore(TimeSpan ioTimeout) => new CacheSessionStore(
        cache,
        Options.Create(new SessionManagerOptions { IOTimeout = ioTimeout, KeyPrefix = Prefix }),
        Lifetime,
        NullLogger<CacheSessionStore>.Instance);

    private static string KeyOf(Guid id) => $"{Prefix}{id:N}";

    private async Task EvictAsync(Guid id)
    {
        if (cache is FaultCache faulty)
        {
            Assert.True(faulty.Entries.TryRemove(KeyOf(id), out _));
        }
        else
        {
            await cache.RemoveAsync(KeyOf(id), TestContext.Current.CancellationToken);
        }
    }

    private async Task ChangeAsync(Guid id, Func<byte[], byte[]> change)
    {
        var record = await cache.GetAsync(KeyOf(id), TestContext.Current.CancellationToken);
        await cache.SetAsync(
            KeyOf(id), change(record!), new DistributedCacheEntryOptions(), TestContext.Current.CancellationToken);
    }
}
