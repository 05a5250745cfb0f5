using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps sessions in a store of the application's own.</summary>
public static class SessionManagerStoreExtensions
{
    /// <summary>Keeps sessions in a store of the application's own. The store replaces every other store.</summary>
    /// <remarks>The store is a singleton. A store that also implements <see cref="ISessionStoreProbe"/> decides how the
    /// health check tests it, and a store that implements <see cref="ISessionStoreConditions"/> can report that it is
    /// degraded. A store that implements <see cref="ISessionStoreListing"/> says whether it lists all sessions, and a
    /// store that implements <see cref="ISessionBulkStore"/> ends all sessions of a revoked user in one call.</remarks>
    /// <typeparam name="TStore">The type of the store. Dependency injection creates it, unless the application
    /// registered it.</typeparam>
    /// <param name="builder">The builder that <c>AddSessionManager</c> returned.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static ISessionManagerBuilder AddSessionStore<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>(
        this ISessionManagerBuilder builder)
        where TStore : class, ISessionRecordStore
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<TStore>();
        builder.Services.Replace(
            ServiceDescriptor.Singleton<ISessionRecordStore>(static services => services.GetRequiredService<TStore>()));
        AddFeature<ISessionStoreProbe, TStore>(builder.Services);
        AddFeature<ISessionStoreConditions, TStore>(builder.Services);
        AddFeature<ISessionStoreListing, TStore>(builder.Services);
        AddFeature<ISessionBulkStore, TStore>(builder.Services);
        AddFeature<IUserEpochs, TStore>(builder.Services);
        AddFeature<ILocalSessions, TStore>(builder.Services);
        return builder;
    }

    // The features of a store that was there before go with it.
    private static void AddFeature<TFeature, TStore>(IServiceCollection services)
        where TFeature : class
        where TStore : class
    {
        services.RemoveAll<TFeature>();
        if (typeof(TFeature).IsAssignableFrom(typeof(TStore)))
        {
            services.AddSingleton(static provider => (TFeature)(object)provider.GetRequiredService<TStore>());
        }
    }
}
