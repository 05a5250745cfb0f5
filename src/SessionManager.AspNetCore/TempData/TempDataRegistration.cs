using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Mvc.ViewFeatures;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SessionManager.AspNetCore.TempData;

/// <summary>Makes the session the place of MVC's TempData, unless the application chose another.</summary>
internal static class TempDataRegistration
{
    /// <summary>Works before MVC is added and after it. Only the first call counts: whatever provider came later was
    /// chosen.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Add(IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(SessionTempDataProvider)))
        {
            return;
        }

        services.TryAddSingleton<SessionTempDataProvider>();
        var ours = ServiceDescriptor.Singleton<ITempDataProvider>(
            static provider => provider.GetRequiredService<SessionTempDataProvider>());
        var place = LastOf(services, typeof(ITempDataProvider));
        if (place < 0)
        {
            services.Add(ours);
        }
        else if (IsDefault(services, place))
        {
            services[place] = ours;
        }
    }

    // MVC adds its default in front of the factory of TempData; AddCookieTempDataProvider, which is a choice, puts the
    // same one behind it.
    private static bool IsDefault(IServiceCollection services, int place) =>
        services[place].ImplementationType == typeof(CookieTempDataProvider)
        && place < LastOf(services, typeof(ITempDataDictionaryFactory));

    private static int LastOf(IServiceCollection services, Type type)
    {
        for (var i = services.Count - 1; i >= 0; i--)
        {
            if (services[i].ServiceType == type && !services[i].IsKeyedService)
            {
                return i;
            }
        }

        return -1;
    }
}
