using System.Globalization;
using System.Net;
using System.Net.Sockets;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>Three redis-servers that share the slots of a cluster.</summary>
internal sealed class RedisCluster : IAsyncDisposable
{
    private const int Slots = 16_384;

    private readonly List<RedisServer> _nodes = [];

    public IReadOnlyList<RedisServer> Nodes => _nodes;

    public string Configuration => string.Join(',', _nodes.Select(static node => node.Configuration));

    /// <summary>Starts the cluster; skips the test where there is no redis-server.</summary>
    public static async Task<RedisCluster> StartAsync()
    {
        var cluster = new RedisCluster();
        try
        {
            var buses = new List<int>();
            for (var i = 0; i < 3; i++)
            {
                buses.Add(FreePort());
                cluster._nodes.Add(await Servers.StartRedisAsync(
                    "--cluster-enabled", "yes",
                    "--cluster-port", buses[i].ToString(CultureInfo.InvariantCulture),
                    "--cluster-node-timeout", "2000",
                    "--cluster-require-full-coverage", "no"));
            }

            for (var i = 0; i < 3; i++)
            {
                await using var connection = await ConnectionMultiplexer.ConnectAsync(
                    $"{cluster._nodes[i].Configuration},allowAdmin=true");
                var server = connection.GetServers()[0];
                await server.ExecuteAsync("CLUSTER", "ADDSLOTSRANGE", Slots * i / 3, (Slots * (i + 1) / 3) - 1);
                await server.ExecuteAsync("CLUSTER", "MEET", "127.0.0.1", cluster._nodes[0].Port, buses[0]);
            }

            foreach (var node in cluster._nodes)
            {
                await WaitAsync(node);
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            await node.DisposeAsync();
        }
    }

    /// <summary>The nodes meet by their own clock, so each is asked until it knows of all slots.</summary>
    private static async Task WaitAsync(RedisServer node)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{node.Configuration},allowAdmin=true");
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var patience = new CancellationTokenSource(Node.Patience);
        while (true)
        {
            var state = (string?)await connection.GetServers()[0].ExecuteAsync("CLUSTER", "INFO") ?? "";
            if (state.Contains("cluster_state:ok", StringComparison.Ordinal)
                && state.Contains("cluster_slots_ok:16384", StringComparison.Ordinal))
            {
                return;
            }

            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
