namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A primary and its replica, and the way to the primary that all but the other side of a split use: nodes,
/// replica and sentinels.</summary>
/// <param name="link">The way to the primary.</param>
internal abstract class RedisFleet(RedisLink link) : IAsyncDisposable
{
    /// <summary>The way to the primary. Where it is cut, a node still reaches the replica.</summary>
    public RedisLink Link => link;

    public RedisServer Primary { get; protected set; } = null!;

    public RedisServer Replica { get; protected set; } = null!;

    /// <summary>How a node connects.</summary>
    public abstract string Configuration { get; }

    /// <summary>How a node on the other side of the split connects, where the primary is and the replica isn't.</summary>
    public virtual string OtherSide => Primary.Configuration;

    /// <summary>Completes when the replica has all that the primary has.</summary>
    public async Task WaitForReplicaAsync()
    {
        await Replica.WaitForAsync(
            static answer => answer.Contains("master_link_status:up", StringComparison.Ordinal), "INFO", "replication");
        var offset = OffsetOf(await Primary.CommandAsync("INFO", "replication"), "master_repl_offset:");
        await Replica.WaitForAsync(answer => OffsetOf(answer, "slave_repl_offset:") >= offset, "INFO", "replication");
    }

    public virtual async ValueTask DisposeAsync()
    {
        await link.DisposeAsync();
        await (Replica?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Primary?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    private static long OffsetOf(string answer, string name) =>
        answer.Split("\r\n").Where(line => line.StartsWith(name, StringComparison.Ordinal))
            .Select(line => long.Parse(line[name.Length..])).FirstOrDefault(-1);
}
