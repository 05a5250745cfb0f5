using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Authentication;
using SessionManager.AspNetCore.Configuration;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Stores;
using SessionManager.AspNetCore.TempData;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the session layer to an application's services.</summary>
public static class SessionManagerServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ISessionManager"/> (scoped) and what it needs. It replaces <c>AddSession</c>. With no
    /// <see cref="IDistributedCache"/> registered, sessions are kept in this process's memory. Where MVC is used, its TempData is kept in
    /// the session instead of in a cookie of its own, unless the application chose a provider of TempData itself.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options; they are validated when the application starts.</param>
    /// <returns>A builder that store packages extend.</returns>
    public static ISessionManagerBuilder AddSessionManager(this IServiceCollection services, Action<SessionManagerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddOptions(services, configure);
        AddStore(services);

        services.AddHttpContextAccessor();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<LiveSessions>();
        services.TryAddSingleton<SessionMetrics>();
        services.TryAddSingleton<ObservedStore>();
        services.TryAddSingleton<SessionCookie>();
        services.TryAddSingleton<SessionClock>();
        services.TryAddSingleton<SessionSchemes>();
        services.TryAddSingleton<SessionEvents>();
        services.TryAddSingleton<SessionEnding>();
        services.TryAddSingleton<SessionAdmission>();
        services.TryAddSingleton<UserErasure>();
        services.TryAddSingleton<SessionLoader>();
        services.TryAddSingleton<SessionPipeline>();
        services.TryAddSingleton<ISessionDirectory, SessionDirectory>();
        services.TryAddScoped<ISessionManager, RequestSessionManager>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, StartupReport>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, ExpirySweep>());
        TempDataRegistration.Add(services);
        PageHandlerRegistration.Add(services);
        return new SessionManagerBuilder(services);
    }

    private static void AddOptions(IServiceCollection services, Action<SessionManagerOptions>? configure)
    {
        services.AddOptions<SessionManagerOptions>().ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPostConfigureOptions<SessionManagerOptions>, CompleteSessionManagerOptions>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SessionManagerOptions>, ValidateSessionManagerOptions>());
        if (configure is not null)
        {
            services.Configure(configure);
        }
    }

    private static void AddStore(IServiceCollection services)
    {
        // Adds nothing where the application has a cache.
        services.AddDistributedMemoryCache();
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<MemoryDistributedCacheOptions>>(new KeepSessionsInMemoryCache(services)));
        services.TryAddSingleton(provider => new MemoryCacheLimit(services, provider.GetRequiredService<IOptions<MemoryDistributedCacheOptions>>()));
        services.TryAddSingleton<ISessionRecords, DistributedCacheSessionStore>();
        services.TryAddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<SessionManagerOptions>>().Value;
            return new SessionLifetime(options.IdleTimeout, options.AbsoluteTimeout, options.TouchInterval);
        });
    }
}
