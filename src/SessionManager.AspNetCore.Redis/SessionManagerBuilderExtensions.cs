using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Redis;
using SessionManager.AspNetCore.Redis.Configuration;
using SessionManager.AspNetCore.Redis.Stores;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Keeps sessions in Redis.</summary>
public static class SessionManagerBuilderExtensions
{
    /// <summary>Keeps sessions in Redis, Valkey or Garnet (with Lua on), natively: exact across nodes, one round trip to read.</summary>
    /// <param name="builder">What <c>AddSessionManager</c> returned.</param>
    /// <param name="configuration">How to connect, as StackExchange.Redis writes it: <c>localhost:6379</c>.</param>
    public static ISessionManagerBuilder AddRedisStore(this ISessionManagerBuilder builder, string configuration)
    {
        ArgumentException.ThrowIfNullOrEmpty(configuration);
        return builder.AddRedisStore(options => options.Configuration = configuration);
    }

    /// <summary>Keeps sessions in Redis, Valkey or Garnet (with Lua on), over the <c>IConnectionMultiplexer</c> of the application's
    /// services.</summary>
    /// <param name="builder">What <c>AddSessionManager</c> returned.</param>
    public static ISessionManagerBuilder AddRedisStore(this ISessionManagerBuilder builder) => builder.AddRedisStore(static _ => { });

    /// <summary>Keeps sessions in Redis, Valkey or Garnet (with Lua on), natively: exact across nodes, one round trip to read.</summary>
    /// <param name="builder">What <c>AddSessionManager</c> returned.</param>
    /// <param name="configure">Sets options; they are validated when the application starts. Without a way to connect, the
    /// <c>IConnectionMultiplexer</c> of the application's services is used.</param>
    public static ISessionManagerBuilder AddRedisStore(this ISessionManagerBuilder builder, Action<RedisStoreOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<RedisStoreOptions>().ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<RedisStoreOptions>, ValidateRedisStoreOptions>());
        builder.Services.Configure(configure);
        builder.Services.TryAddSingleton<RedisConnection>();
        builder.Services.Replace(ServiceDescriptor.Singleton<ISessionRecords, RedisSessionStore>());
        return builder;
    }
}
