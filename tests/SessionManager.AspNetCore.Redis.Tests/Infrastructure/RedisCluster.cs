using System.Net;
using System.Net.Sockets;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>Three redis-servers that share the slots of a cluster, each with a replica if the test wants one.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16_384;

    private readonly List<RedisServer> _nodes = [];
    private readonly List<RedisServer> _replicas = [];

    /// <summary>The masters, in the order of their slots.</summary>
    public IReadOnlyList<RedisServer> Nodes => _nodes;

    /// <summary>The replica of each master; none unless asked for.</summary>
    public IReadOnlyList<RedisServer> Replicas => _replicas;

    public string Configuration => string.Join(',', _nodes.Concat(_replicas).Select(static node => node.Configuration));

    /// <summary>Starts the cluster; skips the test where there is no redis-server.</summary>
    /// <param name="nodeTimeout">After how many milliseconds without an answer a node counts as down.</param>
    /// <param name="withReplicas">Whether each master has a replica.</param>
    public static async Task<RedisCluster> StartAsync(int nodeTimeout = 2000, bool withReplicas = false)
    {
        var cluster = new RedisCluster();
        try
        {
            var first = (Port: 0, Bus: 0);
            for (var i = 0; i < (withReplicas ? 6 : 3); i++)
            {
                var bus = FreePort();
                var node = await StartNodeAsync(bus, "--cluster-node-timeout", $"{nodeTimeout}");
                (i < 3 ? cluster._nodes : cluster._replicas).Add(node);
                first = i == 0 ? (node.Port, bus) : first;
                await node.CommandAsync("CLUSTER", "MEET", "127.0.0.1", $"{first.Port}", $"{first.Bus}");
                if (i < 3)
                {
                    var (start, end) = (Slots * i / 3, (Slots * (i + 1) / 3) - 1);
                    await node.CommandAsync("CLUSTER", "ADDSLOTSRANGE", $"{start}", $"{end}");
                }
            }

            foreach (var node in cluster._nodes.Concat(cluster._replicas))
            {
                await WaitAsync(node);
            }

            for (var i = 0; i < cluster._replicas.Count; i++)
            {
                await ReplicateAsync(cluster._replicas[i], cluster._nodes[i]);
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a node of a cluster, which knows of no other.</summary>
    public static Task<RedisServer> StartNodeAsync(int bus, params string[] arguments) => Servers.StartRedisAsync(
        ["--cluster-enabled", "yes", "--cluster-port", $"{bus}", "--cluster-require-full-coverage", "no",
            "--repl-diskless-sync-delay", "0", .. arguments]);

    /// <summary>Makes a node the replica of another, which it has met.</summary>
    public static async Task ReplicateAsync(RedisServer replica, RedisServer master)
    {
        var id = await master.CommandAsync("CLUSTER", "MYID");
        await replica.WaitForAsync(nodes => nodes.Contains(id, StringComparison.Ordinal), "CLUSTER", "NODES");
        await replica.CommandAsync("CLUSTER", "REPLICATE", id);
        await replica.WaitForAsync(
            static answer => answer.Contains("master_link_status:up", StringComparison.Ordinal), "INFO", "replication");
    }

    /// <summary>The nodes meet by their own clock, so each is asked until it knows of all slots.</summary>
    public static Task WaitAsync(RedisServer node) => node.WaitForAsync(
        static state => state.Contains("cluster_state:ok", StringComparison.Ordinal)
            && state.Contains("cluster_slots_ok:16384", StringComparison.Ordinal),
        "CLUSTER", "INFO");

    /// <summary>The slot of a key.</summary>
    public async Task<int> SlotOfAsync(string key) =>
        int.Parse(await _nodes[0].CommandAsync("CLUSTER", "KEYSLOT", key));

    /// <summary>The number of the master that a slot was given to at the start.</summary>
    public static int MasterOf(int slot) => Enumerable.Range(0, 3).First(i => slot < Slots * (i + 1) / 3);

    /// <summary>Makes a replica the master, in agreement with the master. A try ends by itself when the nodes did not
    /// agree in time, so it is repeated as an operator would.</summary>
    public static async Task FailOverAsync(RedisServer replica)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        using var patience = new CancellationTokenSource(Node.Patience);
        while (!(await replica.CommandAsync("INFO", "replication")).Contains("role:master", StringComparison.Ordinal))
        {
            await replica.CommandAsync("CLUSTER", "FAILOVER");
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    /// <summary>Moves a slot with its keys from one master to another, as redis-cli does, while clients use it.</summary>
    public async Task MoveSlotAsync(int slot, RedisServer from, RedisServer to)
    {
        var (source, target) = (await from.CommandAsync("CLUSTER", "MYID"), await to.CommandAsync("CLUSTER", "MYID"));
        await to.CommandAsync("CLUSTER", "SETSLOT", $"{slot}", "IMPORTING", source);
        await from.CommandAsync("CLUSTER", "SETSLOT", $"{slot}", "MIGRATING", target);
        while (await from.CommandAsync("CLUSTER", "GETKEYSINSLOT", $"{slot}", "10") is { Length: > 0 } keys)
        {
            foreach (var key in keys.Split('\n'))
            {
                await from.CommandAsync("MIGRATE", "127.0.0.1", $"{to.Port}", key, "0", "5000");
            }
        }

        foreach (var node in (RedisServer[])[to, from, .. _nodes.Where(node => node != to && node != from)])
        {
            await node.CommandAsync("CLUSTER", "SETSLOT", $"{slot}", "NODE", target);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes.Concat(_replicas))
        {
            await node.DisposeAsync();
        }
    }

    /// <summary>A port for the bus of a node.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
