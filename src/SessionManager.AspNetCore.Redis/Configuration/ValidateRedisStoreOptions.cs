using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Configuration;

/// <summary>Finds every fault of the options at once, without connecting.</summary>
internal sealed class ValidateRedisStoreOptions(IServiceProviderIsService services) : IValidateOptions<RedisStoreOptions>
{
    public ValidateOptionsResult Validate(string? name, RedisStoreOptions options)
    {
        var faults = Faults(options).ToList();
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private IEnumerable<string> Faults(RedisStoreOptions options)
    {
        if (options.Configuration is not null && options.ConnectionMultiplexerFactory is not null)
        {
            yield return "Both Configuration and ConnectionMultiplexerFactory are set. Remove one.";
        }

        if (options.Configuration is null && options.ConnectionMultiplexerFactory is null && !services.IsService(typeof(IConnectionMultiplexer)))
        {
            yield return "There is no way to connect to Redis. Set Configuration or ConnectionMultiplexerFactory, or register an IConnectionMultiplexer.";
        }

        if (options.Configuration is { } configuration && !IsReadable(configuration))
        {
            // Not quoted: it may hold a password.
            yield return "Configuration can't be read. Write it as StackExchange.Redis does, for example 'localhost:6379'.";
        }

        if (options.KeyPrefix is null)
        {
            yield return "KeyPrefix is null. Leave the default, or set a prefix; it may be empty.";
        }

        if (options.Database < -1)
        {
            yield return $"Database is '{options.Database}'. Set it to -1 or above.";
        }
    }

    private static bool IsReadable(string configuration)
    {
        try
        {
            return ConfigurationOptions.Parse(configuration).EndPoints.Count > 0;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return false;
        }
    }
}
