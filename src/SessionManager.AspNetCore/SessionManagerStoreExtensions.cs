using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Storage;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps sessions in a store of the application's own.</summary>
public static class SessionManagerStoreExtensions
{
    /// <summary>Keeps sessions in a store, one for the application, in place of any other. What the store implements beside
    /// <see cref="ISessionRecordStore"/> (<see cref="ISessionStoreProbe"/>) is used as well.</summary>
    /// <typeparam name="TStore">The store.</typeparam>
    /// <param name="builder">What <c>AddSessionManager</c> returned.</param>
    public static ISessionManagerBuilder AddSessionStore<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TStore>(
        this ISessionManagerBuilder builder)
        where TStore : class, ISessionRecordStore
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.TryAddSingleton<TStore>();
        builder.Services.Replace(ServiceDescriptor.Singleton<ISessionRecordStore>(static services => services.GetRequiredService<TStore>()));
        builder.Services.RemoveAll<ISessionStoreProbe>();
        if (typeof(ISessionStoreProbe).IsAssignableFrom(typeof(TStore)))
        {
            builder.Services.AddSingleton(static services => (ISessionStoreProbe)services.GetRequiredService<TStore>());
        }

        return builder;
    }
}
