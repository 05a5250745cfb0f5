using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Mvc.ApplicationModels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>Has the handlers of Razor pages looked at, where MVC is used.</summary>
internal static class PageHandlerRegistration
{
    /// <summary>Works before MVC is added and after it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Add(IServiceCollection services)
    {
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, PageHandlerRule>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IPageApplicationModelProvider, PageHandlerRule>());
    }
}
