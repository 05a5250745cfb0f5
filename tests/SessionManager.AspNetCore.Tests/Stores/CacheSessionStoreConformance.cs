using Microsoft.Extensions.Caching.Distributed;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.StoreConformance;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The contract of a store over a plain cache.</summary>
public abstract class CacheSessionStoreConformance : SessionStoreConformance, IMediumDamage, IMediumEviction
{
    protected override Capability<ISessionRecordStore> SecondStore =>
        Capability.Missing<ISessionRecordStore>(
            "A plain cache has no compare-and-set, so the store is exact within one process only.");

    protected override Capability<ISessionStoreProbe> Probe => Capability.Of((ISessionStoreProbe)Store);

    protected override Capability<IMediumDamage> Damage => Capability.Of<IMediumDamage>(this);

    /// <summary>The cache that tests change behind the store's back.</summary>
    protected abstract IDistributedCache Cache { get; }

    public Task DamageAsync(Guid id) => ChangeAsync(id, record => record[..^1]);

    public Task MakeNewerAsync(Guid id) => ChangeAsync(id, record => [(byte)(record[0] + 1), .. record[1..]]);

    public virtual Task EvictIndexAsync(string userId) =>
        Cache.RemoveAsync(CacheStores.IndexKeyOf(userId), TestContext.Current.CancellationToken);

    private async Task ChangeAsync(Guid id, Func<byte[], byte[]> change)
    {
        var record = await Cache.GetAsync(CacheStores.RecordKeyOf(id), TestContext.Current.CancellationToken);
        await Cache.SetAsync(CacheStores.RecordKeyOf(id), change(record!), TestContext.Current.CancellationToken);
    }
}
