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
        await using var node = await OutageNode.StartAsync(pair.Configuration, _prefix, OutageNode.Roomy);
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
        Assert.Equal(
            ("alice", "nobody", token),
            (await browser.ReadAsync("/me"), await ended.ReadAsync("/me"), browser.Token));
        Assert.Equal("1", await node.NewBrowser().DoAsync("/revoke?user=alice"));
    }

    /// <summary>With two replicas both would have to be demanded: a primary that keeps enough of them goes on taking
    /// writes while another is promoted.</summary>
    [Fact]
    public async Task A_planned_failover_of_Sentinel_with_its_replica_demanded_loses_next_to_nothing()
    {
        await using var fleet = await RedisSentinel.StartAsync(
            TimeSpan.FromSeconds(30), replicas: 1, "--min-replicas-to-write", "1");
        await using var node = await OutageNode.StartAsync(fleet.Configuration, _prefix, OutageNode.Roomy);
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

        // So that the node can close its connection to it.
        await fleet.Primary.ResumeAsync();
    }

    [Fact]
    public async Task A_server_that_joined_after_the_node_had_started_is_followed_when_Sentinel_promotes_it()
    {
        await using var fleet = await RedisSentinel.StartAsync(TimeSpan.FromSeconds(1));
        await using var node = await OutageNode.StartAsync(fleet.Configuration, _prefix);
        var browser = await node.SignInAsync("alice");
        await fleet.AddReplicaAsync();
        await fleet.Replica.KillAsync();

        await fleet.Primary.KillAsync();
        await fleet.WaitForOtherPrimaryAsync();
        var started = Stopwatch.StartNew();
        await node.WaitUntilWorkingAsync();

        Assert.InRange(started.Elapsed, TimeSpan.Zero, Soon);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_node_that_starts_while_no_sentinel_answers_works_as_soon_as_one_does()
    {
        await using var fleet = await RedisSentinel.StartAsync(TimeSpan.FromMinutes(2));
        await fleet.PauseSentinelsAsync();
        await using var node = await OutageNode.StartAsync(fleet.Configuration, _prefix);
        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").InTimeAsync());

        await fleet.ResumeSentinelsAsync();

        Assert.InRange(await node.WaitUntilWorkingAsync(), TimeSpan.Zero, Soon);
    }

    [Fact]
    public async Task An_old_primary_that_hangs_or_comes_back_after_Sentinel_chose_another_decides_nothing()
    {
        await using var fleet = await RedisSentinel.StartAsync(TimeSpan.FromSeconds(1));
        await using var node = await OutageNode.StartAsync(fleet.Configuration, _prefix, OutageNode.Roomy);
        var (alice, bob) = (await node.SignInAsync("alice"), await node.SignInAsync("bob"));
        await fleet.WaitForReplicaAsync();
        await fleet.Primary.PauseAsync();
        await fleet.WaitForOtherPrimaryAsync();
        await node.WaitUntilWorkingAsync();
        await Task.Delay(OutageNode.Timeout);

        // It hangs: whoever asks it waits for nothing.
        var statuses = new List<int>();
        while (statuses.Count < 20)
        {
            statuses.Add(await alice.PostAsync($"/value?key=hanging-{statuses.Count}&value=1").InTimeAsync());
        }

        Assert.InRange(statuses.Count(static status => status == 200), 15, 20);

        // It comes back, and takes itself for the primary until it is told otherwise.
        await fleet.Primary.ResumeAsync();
        while (await node.NewBrowser().PostAsync("/revoke?user=bob").InTimeAsync() != 200)
        {
            await Task.Delay(50);
        }

        var kept = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            Assert.Contains(await StatusAndUserAsync(bob.Clone()), (string[])["200 nobody", "503"]);
            if (await alice.PostAsync($"/value?key=back-{i}&value=1").InTimeAsync() == 200)
            {
                kept.Add($"back-{i}");
            }
        }

        await fleet.Primary.WaitForAsync(
            static answer => answer.Contains("role:slave", StringComparison.Ordinal), "INFO", "replication");
        await node.WaitUntilWorkingAsync();
        Assert.Empty(kept.Except(await alice.KeysAsync()));
        Assert.Equal("nobody", await bob.ReadAsync("/me"));
    }

    private static async Task<string> StatusAndUserAsync(Browser browser)
    {
        using var response = await browser.GetAsync("/me");
        return response.IsSuccessStatusCode
            ? $"{(int)response.StatusCode} {await response.BodyAsync()}"
            : $"{(int)response.StatusCode}";
    }
}
