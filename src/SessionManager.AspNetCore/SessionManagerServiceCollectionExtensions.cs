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
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;
using SessionManager.AspNetCore.TempData;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the session layer to an application's services.</summary>
public static class SessionManagerServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="ISessionManager"/> (scoped), <see cref="ISessionDirectory"/> (singleton) and the services they
    /// need. This call replaces <c>AddSession</c>. Sessions are kept in the application's
    /// <see cref="IDistributedCache"/>, or in the memory of this process when the application registers no cache.
    /// </summary>
    /// <remarks>Services that are registered before this call are kept, so an application can replace any of them. In
    /// an application that uses MVC, TempData is kept in the session instead of in a cookie of its own, unless the
    /// application chose a TempData provider. The method can be called more than once: every
    /// <paramref name="configure"/> is applied.</remarks>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options. The options are validated when the application starts. The default is
    /// <see langword="null"/>: every option has its default.</param>
    /// <returns>A builder that store packages extend.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is <see langword="null"/>.</exception>
    public static ISessionManagerBuilder AddSessionManager(
        this IServiceCollection services, Action<SessionManagerOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddOptions(services, configure);
        AddStore(services);

        services.AddHttpContextAccessor();
        services.AddMetrics();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<LiveSessions>();
        services.TryAddSingleton<SessionMetrics>();
        services.TryAddSingleton<OutageLog>();
        services.TryAddSingleton<CountedStore>();
        services.TryAddSingleton<ObservedStore>();
        services.TryAddSingleton<StoreFeatures>();
        services.TryAddSingleton<SessionCookie>();
        services.TryAddSingleton<SessionClock>();
        services.TryAddSingleton<SessionSchemes>();
        services.TryAddSingleton<SessionEvents>();
        services.TryAddSingleton<EndpointSettings>();
        services.TryAddSingleton<UserRevocations>();
        services.TryAddSingleton<SessionRepository>();
        services.TryAddSingleton<SessionFinder>();
        services.TryAddSingleton<SessionTombstones>();
        services.TryAddSingleton<SessionPointers>();
        services.TryAddSingleton<SessionEnding>();
        services.TryAddSingleton<SessionRotation>();
        services.TryAddSingleton<CallbackCookie>();
        services.TryAddSingleton<SessionCallbacks>();
        services.TryAddSingleton<RejectedLoads>();
        services.TryAddSingleton<LostSessions>();
        services.TryAddSingleton<SessionLoader>();
        services.TryAddSingleton<SessionReload>();
        services.TryAddSingleton<SessionLimiter>();
        services.TryAddSingleton<DraftCommits>();
        services.TryAddSingleton<SaveReport>();
        services.TryAddSingleton<SaveRecovery>();
        services.TryAddSingleton<SessionSaver>();
        services.TryAddSingleton<SessionToucher>();
        services.TryAddSingleton<SessionGuard>();
        services.TryAddSingleton<SessionView>();
        services.TryAddSingleton<SessionEdits>();
        services.TryAddSingleton<ValueUpdater>();
        services.TryAddSingleton<Impersonation>();
        services.TryAddSingleton<ResponseStart>();
        services.TryAddSingleton<RequestFailure>();
        services.TryAddSingleton<RequestSessions>();
        services.TryAddSingleton<RunningRequests>();
        services.TryAddSingleton<StaticFileNotice>();
        services.TryAddSingleton<SessionServices>();
        services.TryAddSingleton<ManagerServices>();
        services.TryAddSingleton<UserSessions>();
        services.TryAddSingleton<UserErasure>();
        services.TryAddSingleton<ProviderSessions>();
        services.TryAddSingleton<ExpiredSessions>();
        services.TryAddSingleton<SessionPaging>();
        services.TryAddSingleton<SessionDetailsReader>();
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
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<SessionManagerOptions>, CompleteSessionManagerOptions>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<SessionManagerOptions>, ValidateSessionManagerOptions>());
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
            ServiceDescriptor.Singleton<IPostConfigureOptions<MemoryDistributedCacheOptions>>(
                new KeepSessionsInMemoryCache(services)));
        services.TryAddSingleton(provider => new MemoryCacheLimit(
            services, provider.GetRequiredService<IOptions<MemoryDistributedCacheOptions>>()));
        if (!services.Any(static service => service.ServiceType == typeof(ISessionRecordStore)))
        {
            new SessionManagerBuilder(services).AddSessionStore<CacheSessionStore>();
        }

        services.TryAddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<SessionManagerOptions>>().Value;
            return new SessionLifetime(options.IdleTimeout, options.AbsoluteTimeout, options.TouchInterval)
            {
                PersistentIdleTimeout = options.PersistentIdleTimeout,
                PersistentAbsoluteTimeout = options.PersistentAbsoluteTimeout,
            };
        });
    }
}
