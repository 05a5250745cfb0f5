using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The fault-injecting store is a store like any other while no fault is planned.</summary>
public sealed class FaultStoreTests() : CacheStoreConformance(new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions())))
{
    protected override ISessionRecords CreateStore(SessionLifetime lifetime, TimeSpan ioTimeout) =>
        new FaultStore(base.CreateStore(lifetime, ioTimeout));
}
