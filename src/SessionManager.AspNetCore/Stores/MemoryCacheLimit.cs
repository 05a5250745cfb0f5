using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Stores;

/// <summary>Reads the limit of the framework's memory cache, and whether the cache drops entries beyond the
/// limit.</summary>
/// <param name="services">The application's services. They are read when the cache is used, because the last
/// registration counts.</param>
/// <param name="options">The options of a cache that the framework makes.</param>
internal sealed class MemoryCacheLimit(IServiceCollection services, IOptions<MemoryDistributedCacheOptions> options)
{
    /// <summary>The framework's own limit: 200 MB.</summary>
    public static long? Default { get; } = new MemoryDistributedCacheOptions().SizeLimit;

    /// <summary>Whether <see cref="Bytes"/> is the limit of the cache. The options of a cache that the application
    /// creates are not known.</summary>
    public bool IsKnown => IsMadeByFramework(services);

    /// <summary>The limit in the options; <see langword="null"/> when there is none, or when the application creates
    /// the cache.</summary>
    public long? Bytes => IsKnown || options.Value.SizeLimit != Default ? options.Value.SizeLimit : null;

    /// <summary>Whether the cache may drop entries.</summary>
    public bool MayDrop => !IsKnown || Bytes is not null;

    /// <summary>Whether the cache is a memory cache with the options of dependency injection.</summary>
    public static bool IsMadeByFramework(IServiceCollection services) =>
        Last(services, typeof(IDistributedCache))?.ImplementationType == typeof(MemoryDistributedCache);

    /// <summary>The registration that dependency injection uses.</summary>
    public static ServiceDescriptor? Last(IServiceCollection services, Type type) =>
        services.LastOrDefault(service => service.ServiceType == type && !service.IsKeyedService);
}
