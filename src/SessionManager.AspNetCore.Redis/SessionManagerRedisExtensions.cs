using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Redis;
using SessionManager.AspNetCore.Redis.Configuration;
using SessionManager.AspNetCore.Redis.Diagnostics;
using SessionManager.AspNetCore.Redis.Stores;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps sessions in Redis.</summary>
public static class SessionManagerRedisExtensions
{
    /// <summary>Keeps sessions in Redis, Valkey or Garnet. The store is exact across nodes, and reads a session in one
    /// round trip. The server has to run Lua scripts.</summary>
    /// <param name="builder">The builder that <c>AddSessionManager</c> returned.</param>
    /// <param name="configuration">How to connect, in the format of StackExchange.Redis: <c>localhost:6379</c>.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException"><paramref name="configuration"/> is empty.</exception>
    public static ISessionManagerBuilder AddRedisStore(this ISessionManagerBuilder builder, string configuration)
    {
        ArgumentException.ThrowIfNullOrEmpty(configuration);
        return builder.AddRedisStore(options => options.Configuration = configuration);
    }

    /// <summary>Keeps sessions in Redis, Valkey or Garnet, over the <c>IConnectionMultiplexer</c> of the application's
    /// services. The store is exact across nodes, and reads a session in one round trip. The server has to run Lua
    /// scripts.</summary>
    /// <param name="builder">The builder that <c>AddSessionManager</c> returned.</param>
    /// <returns>The builder.</returns>
    public static ISessionManagerBuilder AddRedisStore(this ISessionManagerBuilder builder) =>
        builder.AddRedisStore(static _ => { });

    /// <summary>Keeps sessions in Redis, Valkey or Garnet. The store is exact across nodes, and reads a session in one
    /// round trip. The server has to run Lua scripts.</summary>
    /// <param name="builder">The builder that <c>AddSessionManager</c> returned.</param>
    /// <param name="configure">Sets options. The options are validated when the application starts. Options that don't
    /// say how to connect use the <c>IConnectionMultiplexer</c> of the application's services.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException">An argument is <see langword="null"/>.</exception>
    public static ISessionManagerBuilder AddRedisStore(
        this ISessionManagerBuilder builder, Action<RedisStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<RedisStoreOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<RedisStoreOptions>, ValidateRedisStoreOptions>());
        builder.Services.Configure(configure);
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.TryAddSingleton<RedisConnection>();
        builder.Services.TryAddSingleton<ConnectionLog>();
        builder.Services.TryAddSingleton<ServerConditions>();
        builder.Services.AddHostedService<ConditionMonitor>();
        return builder.AddSessionStore<RedisRecordStore>();
    }
}
