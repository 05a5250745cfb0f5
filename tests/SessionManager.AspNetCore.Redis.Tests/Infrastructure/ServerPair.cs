namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A primary and its replica, which has all that the primary has when a test begins.</summary>
internal sealed class ServerPair(RedisServer primary, RedisServer replica) : IAsyncDisposable
{
    public RedisServer Primary => primary;

    public RedisServer Replica => replica;

    public string Configuration => $"{primary.Configuration},{replica.Configuration}";

    /// <summary>Starts both; skips the test where there is no redis-server.</summary>
    public static async Task<ServerPair> StartAsync(params string[] arguments)
    {
        var primary = await Servers.StartRedisAsync(["--repl-diskless-sync-delay", "0", .. arguments]);
        var replica = await Servers.StartRedisAsync(
            ["--replicaof", $"127.0.0.1 {primary.Port}", "--repl-diskless-sync-delay", "0", .. arguments]);
        var pair = new ServerPair(primary, replica);
        await Eventually.TrueAsync(async () =>
            (await replica.TellAsync("INFO", "replication")).Contains("master_link_status:up", StringComparison.Ordinal));
        return pair;
    }

    /// <summary>Makes the replica the primary.</summary>
    public Task PromoteAsync() => replica.TellAsync("REPLICAOF", "NO", "ONE");

    public async ValueTask DisposeAsync()
    {
        await replica.DisposeAsync();
        await primary.DisposeAsync();
    }
}
