using Microsoft.Extensions.Caching.Distributed;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.StoreConformance;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The contract over any cache but the framework's memory cache.</summary>
public abstract class RemoteCacheConformance : CacheSessionStoreConformance
{
    private readonly CacheMedium _medium;

    protected RemoteCacheConformance(IDistributedCache cache)
    {
        Cache = cache;
        _medium = new CacheMedium(cache);
    }

    protected override Capability<IMediumFaults> Faults => Capability.Of<IMediumFaults>(_medium);

    protected override Capability<IMediumTimes> Times => Capability.Of<IMediumTimes>(_medium);

    protected override Capability<IMediumEviction> Eviction => Capability.Of<IMediumEviction>(this);

    protected override IDistributedCache Cache { get; }

    protected override ISessionRecordStore CreateStore(TimeSpan ioTimeout) => CacheStores.Create(_medium, ioTimeout);
}
