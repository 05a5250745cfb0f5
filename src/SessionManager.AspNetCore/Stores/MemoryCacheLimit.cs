using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Stores;

/// <summary>Whether the framework's memory cache has a limit, and drops what exceeds it.</summary>
/// <param name="services">The application's services. What is registered last counts, so they are looked at when the cache is used.</param>
/// <param name="options">The options of a cache that the framework makes.</param>
internal sealed class MemoryCacheLimit(IServiceCollection services, IOptions<MemoryDistributedCacheOptions> options)
{
    /// <summary>The framework's own limit: 200 MB.</summary>
    public static long? Default { get; } = new MemoryDistributedCacheOptions().SizeLimit;

    /// <summary>Whether <see cref="Bytes"/> is the cache's limit. The options of a cache that the application makes itself can't be seen.</summary>
    public bool IsKnown => IsMadeByFramework(services);

    /// <summary>The limit in the options; <see langword="null"/>: none, or nothing that says something of a cache that the application makes.</summary>
    public long? Bytes => IsKnown || options.Value.SizeLimit != Default ? options.Value.SizeLimit : null;

    /// <summary>Whether the cache may drop what it is given.</summary>
    public bool MayDrop => !IsKnown || Bytes is not null;

    /// <summary>Whether the cache is a memory cache with the options of dependency injection.</summary>
    public static bool IsMadeByFramework(IServiceCollection services) => Last(services, typeof(IDistributedCache))?.ImplementationType == typeof(MemoryDistributedCache);

    /// <summary>The registration that dependency injection uses.</summary>
    public static ServiceDescriptor? Last(IServiceCollection services, Type type) =>
        services.LastOrDefault(service => service.ServiceType == type && !service.IsKeyedService);
}
