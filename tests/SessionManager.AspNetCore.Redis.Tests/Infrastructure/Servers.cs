using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

[assembly: AssemblyFixture(typeof(Servers))]

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>One server of each kind for the whole run. Tests keep apart by their key prefixes; those that stop, flush or count take
/// a server of their own.</summary>
public sealed class Servers : IAsyncDisposable
{
    private readonly Lazy<RedisServer> _garnet = new(RedisServer.StartGarnet);
    private readonly Lazy<Task<RedisServer>> _redis = new(() => RedisServer.StartRedisAsync());

    /// <summary>The server; skips the test where there is none.</summary>
    public async Task<RedisServer> GetAsync(ServerKind kind)
    {
        if (kind == ServerKind.Garnet)
        {
            return _garnet.Value;
        }

        SkipWithoutRedis();
        return await _redis.Value;
    }

    /// <summary>Starts a redis-server for one test; skips the test where there is none.</summary>
    public static Task<RedisServer> StartRedisAsync(params string[] arguments)
    {
        SkipWithoutRedis();
        return RedisServer.StartRedisAsync(arguments);
    }

    /// <summary>Starts a sentinel for one test; skips the test where there is no redis-server.</summary>
    public static Task<RedisServer> StartSentinelAsync(params string[] settings)
    {
        SkipWithoutRedis();
        return RedisServer.StartSentinelAsync(settings);
    }

    public async ValueTask DisposeAsync()
    {
        if (_garnet.IsValueCreated)
        {
            await _garnet.Value.DisposeAsync();
        }

        if (_redis.IsValueCreated)
        {
            await (await _redis.Value).DisposeAsync();
        }
    }

    private static void SkipWithoutRedis() =>
        Assert.SkipWhen(RedisServer.RedisPath is null, "There is no redis-server on PATH. Install Redis to run this test.");
}
