using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Diagnostics;

/// <summary>A server that weakens the promises of the store is told in the log when it begins and when it ends, and in the
/// health.</summary>
public sealed class ServerConditionTests(Servers servers)
{
    private const int Evicts = 100;
    private const int KeepsNothing = 101;
    private const int DemandsNoReplica = 102;
    private const int SeveralPrimaries = 104;
    private const int Unknown = 108;
    private const int Ended = 109;

    [Theory]
    [InlineData("allkeys-lru", "100mb", "when its memory is full")]
    [InlineData("volatile-ttl", "100mb", "when its memory is full")]
    [InlineData("volatile-lfu", "0", "as soon as it has a maxmemory")]
    public async Task A_server_that_evicts_is_told_at_the_start_once_and_degraded_until_it_stops(
        string policy, string memory, string when)
    {
        await using var server = await Servers.StartRedisAsync(
            "--appendonly", "yes", "--maxmemory-policy", policy, "--maxmemory", memory);
        await using var node = await StartAsync(server.Configuration);
        await Eventually.TrueAsync(() => node.Logs.CountOf(Evicts) > 0);

        var condition = Assert.Single(await node.ConditionsAsync());
        Assert.Contains($"'{policy}'", condition, StringComparison.Ordinal);
        Assert.Contains(when, condition, StringComparison.Ordinal);
        Assert.DoesNotContain("127.0.0.1", condition, StringComparison.Ordinal);
        node.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(await node.ConditionsAsync());
        var logged = Assert.Single(node.Logs.Ours, static entry => entry.EventId == Evicts);
        Assert.Contains(server.Configuration, logged.Message, StringComparison.Ordinal);

        await server.TellAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        node.Clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => node.Logs.CountOf(Ended) > 0);
        Assert.Empty(await node.ConditionsAsync());

        await server.TellAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
        Assert.Contains("'allkeys-random'", Assert.Single(await node.ConditionsAsync()), StringComparison.Ordinal);
        Assert.Equal((2, 1), (node.Logs.CountOf(Evicts), node.Logs.CountOf(Ended)));
    }

    [Theory]
    [InlineData("appendonly", "yes", false)]
    [InlineData("save", "3600 1", false)]
    [InlineData("save", "", true)]
    public async Task A_server_that_keeps_nothing_on_disk_is_told(string setting, string value, bool isTold)
    {
        await using var server = await Servers.StartRedisAsync($"--{setting}", value);
        await using var node = await StartAsync(server.Configuration);

        Assert.Equal(isTold ? 1 : 0, (await node.ConditionsAsync()).Count);
        Assert.Equal(isTold ? 1 : 0, node.Logs.CountOf(KeepsNothing));
        await server.TellAsync("CONFIG", "SET", "appendonly", "yes");
        Assert.Empty(await node.ConditionsAsync());
    }

    [Fact]
    public async Task On_a_connection_of_the_application_a_server_without_AOF_is_told_until_it_has_written_a_snapshot()
    {
        await using var server = await Servers.StartRedisAsync("--save", "3600 1");
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        await using var node = await StartAsync(null, services: services => services.AddSingleton<IConnectionMultiplexer>(connection));

        Assert.Contains("no snapshot since it started", Assert.Single(await node.ConditionsAsync()), StringComparison.Ordinal);
        await server.TellAsync("BGSAVE");
        await Eventually.TrueAsync(async () => (await node.ConditionsAsync()).Count == 0);
    }

    [Fact]
    public async Task Replicas_that_no_write_waits_for_are_told_at_the_start_and_degrade_the_health_until_one_is_demanded()
    {
        await using var pair = await ServerPair.StartAsync("--appendonly", "yes");
        await using var node = await StartAsync(pair.Configuration);
        await Eventually.TrueAsync(() => node.Logs.CountOf(DemandsNoReplica) > 0);

        Assert.Contains("min-replicas-to-write", Assert.Single(await node.ConditionsAsync()), StringComparison.Ordinal);
        await pair.Primary.TellAsync("CONFIG", "SET", "min-replicas-to-write", "1");

        // A replica counts once it has acknowledged, which it does each second.
        await Eventually.TrueAsync(async () => (await node.HealthAsync()).Status != HealthStatus.Unhealthy);
        Assert.Empty(await node.ConditionsAsync());
        Assert.Equal((1, 1), (node.Logs.CountOf(DemandsNoReplica), node.Logs.CountOf(Ended)));
    }

    [Fact]
    public async Task Two_primaries_outside_of_a_cluster_are_told_and_neither_is_asked_until_one_is_left()
    {
        await using var one = await Servers.StartRedisAsync("--appendonly", "yes");
        await using var another = await Servers.StartRedisAsync("--appendonly", "yes");
        await using var node = await StartAsync($"{one.Configuration},{another.Configuration}");

        await Eventually.TrueAsync(() => node.Logs.CountOf(SeveralPrimaries) == 1);
        Assert.Equal(HealthStatus.Unhealthy, (await node.HealthAsync()).Status);
        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Equal(("0", "0"), (await one.TellAsync("DBSIZE"), await another.TellAsync("DBSIZE")));

        await another.TellAsync("REPLICAOF", "127.0.0.1", $"{one.Port}");
        await Eventually.TrueAsync(async () => await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync() == 200);
    }

    [Fact]
    public async Task What_a_server_refuses_to_tell_is_unknown_and_said_once_and_the_health_is_good()
    {
        await using var server = await Servers.StartRedisAsync("--maxmemory-policy", "allkeys-lru");
        await server.TellAsync("ACL", ["SETUSER", .. DocumentedRights.OfServer(), "-info", "-time"]);
        await using var node = await StartAsync($"{server.Configuration},user=app,password=password", prefix: "session:");

        Assert.Empty(await node.ConditionsAsync());
        Assert.Empty(await node.ConditionsAsync());
        var unknowns = node.Logs.Ours.Where(static entry => entry.EventId == Unknown).ToList();
        Assert.Equal(4, unknowns.Count);
        Assert.All(unknowns, static entry => Assert.Contains("can't run this command", entry.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task Each_kind_of_server_is_asked_without_a_fault(ServerKind kind)
    {
        await using var node = await StartAsync((await servers.GetAsync(kind)).Configuration);

        await node.ConditionsAsync();
        Assert.DoesNotContain(node.Logs.Ours, static entry => entry.EventId is Evicts or SeveralPrimaries);
    }

    [Fact]
    public async Task A_server_that_comes_after_the_start_is_asked_within_a_minute()
    {
        var server = await Servers.StartRedisAsync();
        try
        {
            await server.KillAsync();
            await using var node = await StartAsync($"{server.Configuration},connectTimeout=500");
            Assert.Equal(HealthStatus.Unhealthy, (await node.HealthAsync()).Status);

            server = await server.RestartAsync("--maxmemory-policy", "allkeys-lru");
            await Eventually.TrueAsync(() =>
            {
                node.Clock.Advance(TimeSpan.FromMinutes(1));
                return node.Logs.CountOf(Evicts) > 0;
            });
            Assert.Equal(1, node.Logs.CountOf(Evicts));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Each_primary_of_a_cluster_is_asked()
    {
        await using var cluster = await RedisCluster.StartAsync();
        foreach (var node in cluster.Nodes)
        {
            await node.TellAsync("CONFIG", "SET", "appendonly", "yes");
        }

        await cluster.Nodes[2].TellAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
        await using var app = await StartAsync(cluster.Nodes[0].Configuration);

        Assert.Contains("maxmemory-policy", Assert.Single(await app.ConditionsAsync()), StringComparison.Ordinal);
        var logged = Assert.Single(app.Logs.Ours, static entry => entry.EventId == Evicts).Message;
        Assert.Contains($"({cluster.Nodes[2].Configuration})", logged, StringComparison.Ordinal);
    }

    private static Task<App> StartAsync(
        string? configuration, string? prefix = null, Action<IServiceCollection>? services = null) =>
        Node.StartAsync(configuration, new NodeOptions
        {
            Prefix = prefix ?? $"test-{Guid.NewGuid():N}:",
            Clock = new FakeTimeProvider(DateTimeOffset.UtcNow),
            Services = all =>
            {
                Health.Add(all);
                services?.Invoke(all);
            },
        });
}
