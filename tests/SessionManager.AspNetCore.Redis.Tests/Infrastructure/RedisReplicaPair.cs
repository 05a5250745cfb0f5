using System.Globalization;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A primary and a replica that nodes know as two endpoints.</summary>
internal sealed class RedisReplicaPair(RedisLink link) : RedisFleet(link)
{
    public override string Configuration => $"{Link.Configuration},{Replica.Configuration}";

    /// <param name="arguments">More arguments for both servers.</param>
    public static async Task<RedisReplicaPair> StartAsync(params string[] arguments)
    {
        RedisReplicaPair? pair = null;
        pair = new RedisReplicaPair(new RedisLink(() => pair!.Primary.Port));
        try
        {
            arguments = ["--repl-diskless-sync-delay", "0", .. arguments];
            pair.Primary = await Servers.StartRedisAsync(arguments);
            pair.Replica = await Servers.StartRedisAsync(
                ["--replicaof", "127.0.0.1", pair.Link.Port.ToString(CultureInfo.InvariantCulture), .. arguments]);
            await pair.WaitForReplicaAsync();
            return pair;
        }
        catch
        {
            await pair.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the primary again after it was killed.</summary>
    public async Task RestartPrimaryAsync(params string[] arguments) =>
        Primary = await Primary.RestartAsync(["--repl-diskless-sync-delay", "0", .. arguments]);
}
