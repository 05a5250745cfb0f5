using System.Diagnostics;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>The primary and a replica change places, planned or not: what was acknowledged stays, and the nodes follow
/// soon.</summary>
[Collection(RealServers.MoreCollection)]
public sealed class FailoverTests
{
    // With the client's own defaults it took 58 s.
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    private readonly string _prefix = $"failover-{Guid.NewGuid():N}:";

    [Fact]
    public async Task A_planned_failover_between_two_endpoints_loses_nothing_and_is_followed_soon()
    {
        await using var pair = await RedisReplicaPair.StartAsync();
        await using var node = await OutageNode.StartAsync(pair.Configuration, _prefix, Roomy);
        var browser = await node.SignInAsync("alice");
        var (ended, token) = (await node.SignInAsync("bob"), browser.Token);
        var writers = new Writers(browser);
        await writers.WaitForAsync(100);
        await ended.Clone().DoAsync("/sign-out");

        await pair.Primary.CommandAsync("FAILOVER");
        await pair.Replica.WaitForAsync(
            static answer => answer.Contains("role:master", StringComparison.Ordinal), "INFO", "replication");
        var started = Stopwatch.StartNew();
        await writers.WaitForAsync(100);
        Assert.InRange(started.Elapsed, TimeSpan.Zero, Soon);
        await writers.StopAsync();

        Assert.Empty(writers.Acknowledged.Except(await browser.KeysAsync()));
        Assert.Equal(("alice", "nobody", token), (await browser.ReadAsync("/me"), await ended.ReadAsync("/me"), browser.Token));
        Assert.Equal("1", await node.NewBrowser().DoAsync("/revoke?user=alice"));
    }

    /// <summary>Each replica is demanded: a primary that keeps enough of them goes on taking writes while another is
    /// promoted, and these are lost.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_planned_failover_of_Sentinel_with_all_replicas_demanded_loses_next_to_nothing(int replicas)
    {
        await using var fleet = await RedisSentinel.StartAsync(
            TimeSpan.FromSeconds(30), replicas, "--min-replicas-to-write", $"{replicas}");
        await using var node = await OutageNode.StartAsync(fleet.Configuration, _prefix, Roomy);
        var browser = await node.SignInAsync("alice");
        var ended = await node.SignInAsync("bob");
        var writers = new Writers(browser);
        await writers.WaitForAsync(100);
        await ended.Clone().DoAsync("/sign-out");

        await fleet.FailOverAsync();
        await fleet.WaitForOtherPrimaryAsync();
        var started = Stopwatch.StartNew();
        await writers.WaitForAsync(100);
        Assert.InRange(started.Elapsed, TimeSpan.Zero, Soon);
        await writers.StopAsync();

        // One write of each writer may be under way at the moment of promotion.
        var lost = writers.Acknowledged.Except(await browser.KeysAsync()).Count();
        Assert.InRange(lost, 0, Writers.Count);
        Assert.Equal(("alice", "nobody"), (await browser.ReadAsync("/me"), await ended.ReadAsync("/me")));
    }

    [Fact]
    public async Task A_crash_that_Sentinel_mends_holds_no_request_for_longer_than_two_timeouts()
    {
        await using var fleet = await RedisSentinel.StartAsync(TimeSpan.FromSeconds(1));
        await using var node = await OutageNode.StartAsync(fleet.Configuration, _prefix);
        var browser = await node.SignInAsync("alice");
        await fleet.WaitForReplicaAsync();
        var requests = new TimedRequests(node, browser);
        await requests.WaitForAsync(100);

        // Stopped, not killed: nobody is told that the connections are dead.
        await fleet.Primary.PauseAsync();
        await fleet.WaitForOtherPrimaryAsync();
        var started = Stopwatch.StartNew();
        await node.WaitUntilWorkingAsync();
        Assert.InRange(started.Elapsed, TimeSpan.Zero, Soon);
        await requests.WaitForAsync(100);
        await requests.StopAsync();

        requests.AssertInTime();
        Assert.Equal("alice", await browser.ReadAsync("/me"));

        // The old primary comes back, and takes itself for the primary until it is told otherwise.
        await fleet.Primary.ResumeAsync();
        Assert.Equal("1", await node.NewBrowser().DoAsync("/revoke?user=alice"));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    private static void Roomy(NodeSetup setup) =>
        setup.Session = static session => (session.MaxKeys, session.MaxSessionBytes) = (100_000, 32 << 20);
}
