using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>Logs once at the start where sessions are stored, how long they live, and what the store can't
/// guarantee.</summary>
internal sealed class StartupReport(
    IOptions<SessionManagerOptions> options,
    ISessionRecordStore store,
    IServiceProvider services,
    ILogger<StartupReport> logger) : IHostedService
{
    // A category of its own, so that who keeps sessions in memory on purpose can turn off this warning alone.
    private const string MemoryCategory = "SessionManager.AspNetCore.Diagnostics.MemoryStore";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        logger.Started(store.Name, options.Value.IdleTimeout, options.Value.AbsoluteTimeout);
        if (store is CacheSessionStore)
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
            return;
        }

        if (services.GetService<IHostEnvironment>()?.IsProduction() == true)
        {
            services.GetRequiredService<ILoggerFactory>()
                .CreateLogger(MemoryCategory)
                .MemoryInProduction(store.Name, MemoryCategory);
        }

        if (services.GetRequiredService<MemoryCacheLimit>() is var limit && limit.Bytes is { } bytes)
        {
            logger.LimitedMemoryCache(bytes);
        }
        else if (!limit.IsKnown)
        {
            logger.UnknownMemoryCache();
        }
    }
}
