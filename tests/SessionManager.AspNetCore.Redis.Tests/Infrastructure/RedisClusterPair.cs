using System.Globalization;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A cluster of one master, which has all slots, and its replica.</summary>
internal sealed class RedisClusterPair(RedisLink link) : RedisFleet(link)
{
    public override string Configuration => $"{Link.Configuration},{Replica.Configuration}";

    // As if there were no cluster: its nodes tell the way to the master that is cut.
    public override string OtherSide => $"{Primary.Configuration},$CLUSTER=";

    public static async Task<RedisClusterPair> StartAsync()
    {
        RedisClusterPair? pair = null;
        pair = new RedisClusterPair(new RedisLink(() => pair!.Primary.Port));
        try
        {
            var bus = RedisCluster.FreePort();
            pair.Primary = await RedisCluster.StartNodeAsync(
                bus,
                "--cluster-announce-ip", "127.0.0.1",
                "--cluster-announce-port", pair.Link.Port.ToString(CultureInfo.InvariantCulture),
                "--cluster-announce-bus-port", $"{bus}");
            await pair.Primary.CommandAsync("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
            pair.Replica = await RedisCluster.StartNodeAsync(RedisCluster.FreePort());
            await pair.Replica.CommandAsync("CLUSTER", "MEET", "127.0.0.1", $"{pair.Primary.Port}", $"{bus}");
            await RedisCluster.WaitAsync(pair.Replica);
            await RedisCluster.ReplicateAsync(pair.Replica, pair.Primary);
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }
}
