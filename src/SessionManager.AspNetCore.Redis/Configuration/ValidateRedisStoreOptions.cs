using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Configuration;

/// <summary>Finds every fault of the options at once, without connecting.</summary>
internal sealed class ValidateRedisStoreOptions(IServiceProviderIsService services, IServiceProvider provider)
    : IValidateOptions<RedisStoreOptions>
{
    // There is no other way to tell whether the core's prefix was set.
    private static readonly string DefaultPrefix = new SessionManagerOptions().KeyPrefix;

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

        if (options.Configuration is null
            && options.ConnectionMultiplexerFactory is null
            && !services.IsService(typeof(IConnectionMultiplexer)))
        {
            yield return
                "There is no way to connect to Redis. Set Configuration or ConnectionMultiplexerFactory, or "
                + "register an IConnectionMultiplexer.";
        }

        var configuration = options.Configuration is { } text ? Read(text) : null;
        if (options.Configuration is not null && configuration is null)
        {
            // Not quoted: it may hold a password.
            yield return
                "Configuration can't be read. Write it as StackExchange.Redis does, for example 'localhost:6379'.";
        }

        if (options.LocalCopies < 0)
        {
            yield return $"LocalCopies is '{options.LocalCopies}'. Set it to 0 or above; 0 keeps no copies.";
        }

        var database = Database(options.Database, configuration?.DefaultDatabase);
        foreach (var fault in Prefix(options.KeyPrefix).Concat(database))
        {
            yield return fault;
        }
    }

    private IEnumerable<string> Prefix(string? own)
    {
        if (own is null)
        {
            // The core validates its own prefix.
            yield break;
        }

        if (IsBroken(own))
        {
            // Not quoted, because it can't be written.
            yield return "KeyPrefix has half a surrogate pair. Set a prefix of whole characters.";
        }
        else if (CorePrefix() is { } core
            && !string.Equals(core, DefaultPrefix, StringComparison.Ordinal)
            && !string.Equals(core, own, StringComparison.Ordinal))
        {
            yield return
                $"KeyPrefix is '{own}' in RedisStoreOptions and '{core}' in SessionManagerOptions. Remove one.";
        }
    }

    private static IEnumerable<string> Database(int own, int? configured)
    {
        if (own < -1)
        {
            yield return $"Database is '{own}'. Set it to -1 or above.";
        }
        else if (configured < 0)
        {
            yield return $"Configuration has defaultDatabase '{configured}'. Set it to 0 or above, or leave it out.";
        }
        else if (own >= 0 && configured is not null && configured != own)
        {
            yield return $"Database is '{own}', and Configuration has defaultDatabase '{configured}'. Remove one.";
        }
    }

    // With faults of their own the core's options can't be read, and their own validation reports those.
    private string? CorePrefix()
    {
        try
        {
            return provider.GetService<IOptions<SessionManagerOptions>>()?.Value.KeyPrefix;
        }
        catch (OptionsValidationException)
        {
            return null;
        }
    }

    private static ConfigurationOptions? Read(string configuration)
    {
        try
        {
            var read = ConfigurationOptions.Parse(configuration);
            return read.EndPoints.Count > 0 && read.EndPoints.All(IsReachable) ? read : null;
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException)
        {
            return null;
        }
    }

    // 'redis://user@host' and the like are taken for the name of a host.
    private static bool IsReachable(EndPoint endPoint) =>
        endPoint is not DnsEndPoint { Host: var host }
        || !host.Any(character => character is '/' or ':' or '@' || char.IsWhiteSpace(character));

    // Encoded, two prefixes with half a surrogate pair can be the same. Everything else is a prefix for Redis.
    private static bool IsBroken(string text) =>
        !string.Equals(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)), text, StringComparison.Ordinal);
}
