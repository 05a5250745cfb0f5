using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Configures the memory cache so that it keeps the sessions that it has acknowledged, in any order of registration.
/// The framework's default limit of 200 MB is removed. A limit that the application sets stays. A full cache then
/// refuses new entries instead of evicting entries.
/// </summary>
internal sealed class KeepSessionsInMemoryCache(IServiceCollection services)
    : IPostConfigureOptions<MemoryDistributedCacheOptions>
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

    // A store from a factory may wrap the cache store.
    private bool HoldsSessions() =>
        MemoryCacheLimit.IsMadeByFramework(services)
        && MemoryCacheLimit.Last(services, typeof(ISessionRecordStore))
            is { ImplementationInstance: null, ImplementationType: null }
        && MemoryCacheLimit.Last(services, typeof(IUserEpochs)) is not null;
}
