using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>Says once, at the start, how long sessions live and which promise the store can't keep.</summary>
internal sealed class StartupReport(
    IOptions<SessionManagerOptions> options, ISessionRecordStore store, IServiceProvider services, ILogger<StartupReport> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        logger.Started(options.Value.IdleTimeout, options.Value.AbsoluteTimeout);
        if (store is DistributedCacheSessionStore)
        {
            ReportCache();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void ReportCache()
    {
        var cache = services.GetRequiredService<IDistributedCache>();
        if (cache is not MemoryDistributedCache)
        {
            logger.PlainCache(cache.GetType().Name);
        }
        else if (services.GetRequiredService<MemoryCacheLimit>() is var limit && limit.Bytes is { } bytes)
        {
            logger.LimitedMemoryCache(bytes);
        }
        else if (!limit.IsKnown)
        {
            logger.UnknownMemoryCache();
        }
    }
}
