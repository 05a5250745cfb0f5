using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Sessions in the memory cache, which is one process's.</summary>
public sealed class MemoryCacheRepositoryTests() : CacheRepositoryTests(
    new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions { SizeLimit = 500_000_000 })));
