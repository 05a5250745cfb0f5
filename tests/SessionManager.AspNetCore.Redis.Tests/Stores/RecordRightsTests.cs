using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>The rights that docs/redis.md tells an operator to give suffice, and the health knows when one is missing.</summary>
public sealed class RecordRightsTests
{
    // But for ECHO, without which there is no connection.
    public static TheoryData<string> Rights =>
        [.. DocumentedRights.OfServer().Where(static right => right is ['+', ..] and not "+echo").Select(static right => right[1..])];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task With_the_documented_rights_an_application_does_everything(bool isCluster)
    {
        await using var cluster = isCluster ? await RedisCluster.StartAsync() : null;
        await using var server = isCluster ? null : await Servers.StartRedisAsync();
        foreach (var each in cluster?.Nodes ?? [server!])
        {
            await each.TellAsync("ACL", ["SETUSER", .. isCluster ? DocumentedRights.OfCluster() : DocumentedRights.OfServer()]);
            await each.TellAsync("CONFIG", "SET", "appendonly", "yes");
        }

        await using var node = await StartAsync(cluster?.Configuration ?? server!.Configuration);
        var directory = node.Services.GetRequiredService<ISessionDirectory>();
        for (var i = 0; i < 12; i++)
        {
            var browser = node.NewBrowser();
            await browser.DoAsync("/value?key=cart&value=1");
            await browser.DoAsync("/sign-in", new Entry("user", $"user-{i}"));
            await browser.DoAsync("/increment");
            await browser.DoAsync("/take?key=cart");
            await browser.DoAsync("/rotate");
            Assert.Equal($"user-{i}", await browser.ReadAsync("/me"));
            node.Clock.Advance(TimeSpan.FromMinutes(2));
            Assert.Equal("nothing", await browser.ReadAsync("/value?key=cart"));
            Assert.Single(await directory.FindByUserAsync($"user-{i}"));
            Assert.NotEmpty((await directory.ListPageAsync(5)).Sessions);
            switch (i % 4)
            {
                case 0:
                    Assert.Equal(1, await directory.RevokeUserAsync($"user-{i}"));
                    break;
                case 1:
                    Assert.Equal(1, await directory.EraseUserAsync($"user-{i}"));
                    break;
                case 2:
                    await browser.DoAsync("/destroy");
                    break;
                default:
                    await browser.DoAsync("/sign-out");
                    break;
            }

            Assert.Equal("nobody", await browser.ReadAsync("/me"));
        }

        await AssertProbedAsync(node, cluster?.Nodes ?? [server!]);
        Assert.DoesNotContain(node.Logs.Ours, static entry => entry.EventId is 31 or 108);
    }

    [Theory]
    [MemberData(nameof(Rights))]
    public async Task A_right_that_sessions_need_is_missed_by_the_health_too(string right)
    {
        await using var server = await Servers.StartRedisAsync();
        await server.TellAsync("ACL", ["SETUSER", .. DocumentedRights.OfServer(), $"-{right}"]);
        await using var records = await RecordStore.ConnectAsync($"{server.Configuration},user=app,password=password", "session:");
        var probing = await Record.ExceptionAsync(() => ((ISessionStoreProbe)records.Store).ProbeAsync().AsTask());

        var faults = new List<Exception?>();
        foreach (var act in RecordServerTests.EveryMember(records, Guid.NewGuid()))
        {
            faults.Add(await Record.ExceptionAsync(act));
        }

        // The last one is the probe again.
        var needed = faults[..^1].Any(static fault => fault is not null);
        Assert.True(!needed || (probing ?? faults[^1]) is SessionStoreException, $"+{right} is needed, and the health does not know it.");
        Assert.Empty((RedisKey[])(await server.AskAsync("KEYS", "session:probe:*"))!);
    }

    [Fact]
    public async Task A_cluster_of_which_a_machine_is_down_is_unhealthy_in_time()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var node = await StartAsync(cluster.Configuration, "test:");
        Assert.Equal(HealthStatus.Degraded, (await node.HealthAsync()).Status);

        foreach (var machine in cluster.Nodes.Skip(1))
        {
            await machine.KillAsync();
            Assert.Equal(HealthStatus.Unhealthy, (await node.HealthAsync().WaitAsync(TimeSpan.FromSeconds(10))).Status);
        }
    }

    [Fact]
    public async Task A_prefix_with_braces_is_probed_on_its_one_machine()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var records = await RecordStore.ConnectAsync(cluster.Configuration, "{shop}:session:");

        await ((ISessionStoreProbe)records.Store).ProbeAsync();
        Assert.Single(await ProbedAsync(cluster.Nodes), static count => count == 1);
    }

    private static async Task AssertProbedAsync(App node, IReadOnlyList<RedisServer> servers)
    {
        var before = await ProbedAsync(servers);
        Assert.Empty(await node.ConditionsAsync());
        Assert.All((await ProbedAsync(servers)).Zip(before), static pair => Assert.True(pair.First > pair.Second));
        foreach (var server in servers)
        {
            Assert.Empty((RedisKey[])(await server.AskAsync("KEYS", "*probe*"))!);
        }
    }

    // Only the probe calls TYPE on a server whose keys are hashes.
    private static async Task<List<int>> ProbedAsync(IReadOnlyList<RedisServer> servers)
    {
        var counts = new List<int>();
        foreach (var server in servers)
        {
            var line = (await server.TellAsync("INFO", "commandstats")).Split('\n')
                .FirstOrDefault(static line => line.StartsWith("cmdstat_type:", StringComparison.Ordinal));
            counts.Add(line is null ? 0 : int.Parse(line.Split('=', ',')[1], provider: null));
        }

        return counts;
    }

    private static Task<App> StartAsync(string configuration, string prefix = "session:") => Node.StartAsync(
        prefix == "session:" ? $"{configuration},user=app,password=password" : configuration,
        new NodeOptions
        {
            Prefix = prefix,
            Clock = new(DateTimeOffset.UtcNow),
            Session = static session => session.IOTimeout = TimeSpan.FromSeconds(3),
            Services = Health.Add,
        });
}
