using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Sets the memory cache up so that it keeps the sessions it has acknowledged, whatever was registered first. The framework's default limit of
/// 200 MB, left alone by the application, becomes none. A limit that the application set stays, and a full cache then refuses what is new
/// instead of evicting what it has.
/// </summary>
internal sealed class KeepSessionsInMemoryCache(IServiceCollection services) : IPostConfigureOptions<MemoryDistributedCacheOptions>
{
    public void PostConfigure(string? name, MemoryDistributedCacheOptions options)
    {
        if (!string.Equals(name, Options.DefaultName, StringComparison.Ordinal) || !HoldsSessions())
        {
            return;
        }

        if (options.SizeLimit == MemoryCacheLimit.Default)
        {
            options.SizeLimit = null;
        }

        options.CompactionPercentage = 0;
    }

    // A store that a factory makes may be ours inside of another.
    private bool HoldsSessions() =>
        MemoryCacheLimit.IsMadeByFramework(services)
        && MemoryCacheLimit.Last(services, typeof(ISessionRecords)) is { ImplementationInstance: null } store
        && (store.ImplementationType is null || store.ImplementationType == typeof(DistributedCacheSessionStore));
}
