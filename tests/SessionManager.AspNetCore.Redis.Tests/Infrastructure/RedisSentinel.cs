using System.Globalization;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A primary, replicas, and three sentinels of which two must agree.</summary>
internal sealed class RedisSentinel(RedisLink link) : RedisFleet(link)
{
    private const string Name = "sessions";

    private readonly List<RedisServer> _more = [];
    private readonly List<RedisServer> _sentinels = [];

    public override string Configuration =>
        $"{string.Join(',', _sentinels.Select(static sentinel => sentinel.Configuration))},serviceName={Name}";

    /// <param name="downAfter">After how long without an answer a server counts as down.</param>
    /// <param name="replicas">How many replicas there are.</param>
    /// <param name="arguments">More arguments for the primary and the replicas.</param>
    public static async Task<RedisSentinel> StartAsync(TimeSpan downAfter, int replicas = 1, params string[] arguments)
    {
        RedisSentinel? fleet = null;
        fleet = new RedisSentinel(new RedisLink(() => fleet!.Primary.Port));
        try
        {
            await fleet.StartServersAsync(replicas, ["--repl-diskless-sync-delay", "0", .. arguments]);
            await fleet.StartSentinelsAsync(((int)downAfter.TotalMilliseconds).ToString(CultureInfo.InvariantCulture));
            return fleet;
        }
        catch
        {
            await fleet.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks for a planned failover.</summary>
    public Task FailOverAsync() => _sentinels[0].CommandAsync("SENTINEL", "FAILOVER", Name);

    /// <summary>Stops the sentinels without a word, until <see cref="ResumeSentinelsAsync"/>.</summary>
    public Task PauseSentinelsAsync() => Task.WhenAll(_sentinels.Select(static sentinel => sentinel.PauseAsync()));

    public Task ResumeSentinelsAsync() => Task.WhenAll(_sentinels.Select(static sentinel => sentinel.ResumeAsync()));

    /// <summary>Starts another replica, and completes when it has everything and the sentinels know it.</summary>
    public async Task AddReplicaAsync()
    {
        var added = await Servers.StartRedisAsync(["--replicaof", "127.0.0.1", $"{Link.Port}"]);
        _more.Add(added);
        await added.WaitForAsync(
            static answer => answer.Contains("master_link_status:up", StringComparison.Ordinal), "INFO", "replication");
        await WaitForSentinelsAsync();
    }

    /// <summary>Completes when a sentinel names another primary than the first one, and it is one; returns it.</summary>
    public async Task<RedisServer> WaitForOtherPrimaryAsync()
    {
        string[] question = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", Name];
        var first = $"127.0.0.1\n{Link.Port}";
        await Task.WhenAny(_sentinels.Select(it => it.WaitForAsync(answer => answer != first, question)));
        var answers = await Task.WhenAll(_sentinels.Select(it => it.CommandAsync(question)));
        var other = answers.First(answer => answer != first);
        var promoted = _more.Append(Replica).Single(server => other == $"127.0.0.1\n{server.Port}");
        await promoted.WaitForAsync(
            static answer => answer.Contains("role:master", StringComparison.Ordinal), "INFO", "replication");
        return promoted;
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var server in _sentinels.Concat(_more))
        {
            await server.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    private async Task StartServersAsync(int replicas, string[] arguments)
    {
        // To the sentinels and the replicas the primary is where the link is.
        string[] ofReplicas = ["--replicaof", "127.0.0.1", $"{Link.Port}", .. arguments];
        Primary = await Servers.StartRedisAsync(arguments);
        Replica = await Servers.StartRedisAsync(ofReplicas);
        while (_more.Count < replicas - 1)
        {
            _more.Add(await Servers.StartRedisAsync(ofReplicas));
        }

        await WaitForReplicaAsync();
        await Primary.WaitForAsync(
            answer => answer.Contains($"connected_slaves:{replicas}", StringComparison.Ordinal), "INFO", "replication");
    }

    private async Task StartSentinelsAsync(string downAfter)
    {
        for (var i = 0; i < 3; i++)
        {
            _sentinels.Add(await Servers.StartSentinelAsync(
                $"sentinel monitor {Name} 127.0.0.1 {Link.Port} 2",
                $"sentinel down-after-milliseconds {Name} {downAfter}",
                $"sentinel failover-timeout {Name} 10000"));
        }

        await WaitForSentinelsAsync();
    }

    private async Task WaitForSentinelsAsync()
    {
        foreach (var sentinel in _sentinels)
        {
            await sentinel.WaitForAsync(
                answer => Of(answer, "num-other-sentinels") == "2" && Of(answer, "num-slaves") == $"{1 + _more.Count}",
                "SENTINEL", "MASTER", Name);
        }

        static string Of(string answer, string name) =>
            answer.Split('\n').SkipWhile(line => line != name).Skip(1).First();
    }
}
