using System.Net;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>What was acknowledged is there after a crash of the server, and after slots have moved.</summary>
[Collection(RealServers.Collection)]
public sealed class DurabilityTests
{
    private readonly string _prefix = $"durable-{Guid.NewGuid():N}:";

    [Theory]
    [InlineData("always")]
    [InlineData("everysec")]
    public async Task A_server_killed_under_load_has_what_its_file_promises(string appendfsync)
    {
        string[] durable = ["--appendonly", "yes", "--appendfsync", appendfsync];
        var server = await Servers.StartRedisAsync(durable);
        try
        {
            await using var node = await OutageNode.StartAsync(server.Configuration, _prefix, OutageNode.Roomy);
            var alice = await node.SignInAsync("alice");
            var (bob, carol) = (await node.SignInAsync("bob"), await node.SignInAsync("carol"));
            await node.NewBrowser().DoAsync("/revoke?user=bob");
            var writers = new Writers(alice);
            await writers.WaitForAsync(100);
            var certain = writers.Acknowledged.ToList();
            if (appendfsync == "everysec")
            {
                // What is older than the two seconds that may be lost.
                await Task.Delay(TimeSpan.FromSeconds(2));
            }

            var signedOut = carol.Clone();
            if (appendfsync == "always")
            {
                await carol.DoAsync("/sign-out");
            }

            await server.KillAsync();
            certain = appendfsync == "always" ? [.. writers.Acknowledged] : certain;
            server = await server.RestartAsync(durable);
            await writers.WaitForAsync(50);
            await writers.StopAsync();

            Assert.Empty(certain.Except(await alice.KeysAsync()));
            Assert.All(writers.OtherAnswers, static status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
            Assert.Equal(("alice", "nobody"), (await alice.ReadAsync("/me"), await bob.ReadAsync("/me")));
            Assert.Equal(appendfsync == "always" ? "nobody" : "carol", await signedOut.ReadAsync("/me"));
            Assert.Equal("1", await node.NewBrowser().DoAsync("/revoke?user=alice"));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Slots_that_move_under_writes_lose_nothing()
    {
        await using var cluster = await RedisCluster.StartAsync();
        await using var node = await OutageNode.StartAsync(cluster.Configuration, _prefix, OutageNode.Roomy);
        var (alice, bob) = (await node.SignInAsync("alice"), await node.SignInAsync("bob"));
        var dead = bob.Clone();
        var writers = new Writers(alice);
        await writers.WaitForAsync(50);

        var slot = await cluster.SlotOfAsync($"{_prefix}{alice.StoreId():N}");
        var at = RedisCluster.MasterOf(slot);
        for (var i = 0; i < 4; i++)
        {
            var next = (at + 1) % 3;
            await cluster.MoveSlotAsync(slot, cluster.Nodes[at], cluster.Nodes[next]);
            at = next;
            await writers.WaitForAsync(25);
        }

        slot = await cluster.SlotOfAsync($"{_prefix}{bob.StoreId():N}");
        var home = RedisCluster.MasterOf(slot);
        await cluster.MoveSlotAsync(slot, cluster.Nodes[home], cluster.Nodes[(home + 2) % 3]);
        await bob.DoAsync("/sign-out");
        await writers.StopAsync();

        Assert.Empty(writers.Acknowledged.Except(await alice.KeysAsync()));
        Assert.All(writers.OtherAnswers, static status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
        Assert.Equal(("alice", "nobody"), (await alice.ReadAsync("/me"), await dead.ReadAsync("/me")));
        Assert.Equal("1", await node.NewBrowser().DoAsync("/revoke?user=alice"));
        Assert.Equal("nobody", await alice.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_planned_failover_of_a_master_of_the_cluster_loses_nothing()
    {
        await using var cluster = await RedisCluster.StartAsync(withReplicas: true);
        await using var node = await OutageNode.StartAsync(cluster.Configuration, _prefix, OutageNode.Roomy);
        var (alice, bob) = (await node.SignInAsync("alice"), await node.SignInAsync("bob"));
        var dead = bob.Clone();
        var writers = new Writers(alice);
        await writers.WaitForAsync(50);
        await bob.DoAsync("/sign-out");

        foreach (var replica in cluster.Replicas)
        {
            await RedisCluster.FailOverAsync(replica);
            await writers.WaitForAsync(25);
        }

        await writers.StopAsync();
        Assert.Empty(writers.Acknowledged.Except(await alice.KeysAsync()));
        Assert.All(writers.OtherAnswers, static status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
        Assert.Equal(("alice", "nobody"), (await alice.ReadAsync("/me"), await dead.ReadAsync("/me")));
        Assert.Equal("1", await node.NewBrowser().DoAsync("/revoke?user=alice"));
    }
}
