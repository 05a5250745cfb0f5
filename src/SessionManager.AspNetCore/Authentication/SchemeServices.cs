using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>The services that every session scheme needs, however the scheme is registered.</summary>
internal static class SchemeServices
{
    public static void Add(IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IAuthorizationHandler, RecentAuthenticationHandler>());
        services.TryAddSingleton<AuthenticationCaller>();
        services.TryAddSingleton<SchemeChanges>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, StoreOutage>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IDeveloperPageExceptionFilter, StoreOutage>());
        AddExceptionHandler(services);
    }

    // The handler stands before the application's own handlers, which may answer every exception with 500.
    private static void AddExceptionHandler(IServiceCollection services)
    {
        var handler = ServiceDescriptor.Singleton<IExceptionHandler, StoreOutage>();
        var isThere = services.Any(service =>
            service.ServiceType == handler.ServiceType && service.ImplementationType == handler.ImplementationType);
        if (!isThere)
        {
            services.Insert(0, handler);
        }
    }
}
