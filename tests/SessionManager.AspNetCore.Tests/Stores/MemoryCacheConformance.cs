using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.StoreConformance;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The contract over the framework's memory cache.</summary>
/// <param name="mayDrop">Whether the cache may drop what it is given.</param>
public abstract class MemoryCacheConformance(bool mayDrop) : CacheSessionStoreConformance
{
    private readonly IOptions<MemoryDistributedCacheOptions> _options =
        Options.Create(
            new MemoryDistributedCacheOptions { SizeLimit = mayDrop ? 500_000_000 : null, CompactionPercentage = 0 });

    private MemoryDistributedCache? _cache;

    protected override Capability<IMediumFaults> Faults =>
        Capability.Missing<IMediumFaults>(
            "The memory cache has no faults but being full, and tests of its own for that.");

    protected override Capability<IMediumTimes> Times =>
        Capability.Missing<IMediumTimes>("The memory cache does not tell how long it keeps an entry.");

    protected override Capability<IMediumEviction> Eviction => mayDrop
        ? Capability.Of<IMediumEviction>(this)
        : Capability.Missing<IMediumEviction>("A memory cache without a limit loses nothing.");

    protected override IDistributedCache Cache => _cache ??= new MemoryDistributedCache(_options);

    protected override ISessionRecordStore CreateStore(TimeSpan ioTimeout) => CacheStores.Create(
        Cache,
        ioTimeout,
        new MemoryCacheLimit(
            new ServiceCollection().AddSingleton<IDistributedCache, MemoryDistributedCache>(), _options));
}
