using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The store contract over the memory cache.</summary>
public sealed class MemoryCacheStoreTests() : CacheStoreConformance(new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions())));
