using System.Diagnostics;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>A connection that is dead and has not been closed, as after a firewall has forgotten it.</summary>
[Collection(RealServers.MoreCollection)]
public sealed class SilentConnectionTests : IAsyncLifetime
{
    // One call is several round trips where it concerns all sessions of a user.
    private static readonly TimeSpan HalfATimeout = 0.45 * OutageNode.Timeout;

    private readonly string _prefix = $"silent-{Guid.NewGuid():N}:";
    private RedisServer _server = null!;
    private RedisLink _link = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await Servers.StartRedisAsync();
        _link = new RedisLink(() => _server.Port);
    }

    public async ValueTask DisposeAsync()
    {
        await (_link?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task A_dead_connection_holds_no_request_for_longer_than_two_timeouts_and_is_replaced_soon()
    {
        await using var node = await OutageNode.StartAsync(_link.Configuration, _prefix);
        var browser = await node.SignInAsync("alice");
        var requests = new TimedRequests(node, browser);
        await requests.WaitForAsync(50);

        _link.SilenceConnections();
        var started = Stopwatch.StartNew();
        await node.WaitUntilWorkingAsync();
        Assert.InRange(started.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(12));
        await requests.WaitForAsync(50);
        await requests.StopAsync();
        requests.AssertInTime();

        // What the old connection still has arrives now.
        await browser.DoAsync("/value?key=a&value=newest");
        _link.Heal();
        await node.WaitUntilWorkingAsync();
        Assert.Equal(("alice", "newest"), (await browser.ReadAsync("/me"), await browser.ReadAsync("/value?key=a")));
    }

    [Theory]
    [InlineData("updates")]
    [InlineData("commits")]
    [InlineData("sign-ins")]
    [InlineData("tries")]
    public async Task A_request_of_many_calls_waits_for_two_timeouts_altogether(string kind)
    {
        var held = new HeldRequests();
        await using var node = await OutageNode.StartAsync(_link.Configuration, _prefix, setup =>
        {
            setup.Map = held.Map;
            setup.Session = static session => session.MaxSessionsPerUser = 1;
        });
        var (silent, slow) = (await node.SignInAsync("alice"), await node.SignInAsync("bob"));

        var pending = await held.BeginAsync(slow, kind);
        _link.Slow(kind == "sign-ins" ? HalfATimeout : 0.8 * OutageNode.Timeout);
        held.LetGo();
        await pending.InTimeAsync();

        _link.Heal();
        pending = await held.BeginAsync(silent, kind);
        _link.Silence();
        held.LetGo();
        Assert.Equal(503, await pending.InTimeAsync());

        _link.Heal();
        await node.WaitUntilWorkingAsync();
        Assert.Equal("alice", await silent.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("/sign-in")]
    [InlineData("/revoke?user=alice")]
    [InlineData("/devices?user=alice")]
    public async Task What_concerns_all_sessions_of_a_user_waits_for_two_timeouts_altogether(string path)
    {
        await using var node = await OutageNode.StartAsync(
            _link.Configuration,
            _prefix,
            static setup => setup.Session = static session => session.MaxSessionsPerUser = 5);
        for (var i = 0; i < 5; i++)
        {
            await node.SignInAsync("alice");
        }

        _link.Slow(HalfATimeout);
        var user = new Entry("user", "alice");
        var request = path.StartsWith("/devices", StringComparison.Ordinal)
            ? node.NewBrowser().GetAsync(path)
            : node.NewBrowser().PostAsync(path, path == "/sign-in" ? user : null);
        await request.InTimeAsync();

        // Whatever it did, the limit holds, and a user can sign in.
        _link.Heal();
        await node.WaitUntilWorkingAsync();
        await node.NewBrowser().DoAsync("/sign-in", user);
        Assert.InRange(int.Parse(await node.NewBrowser().ReadAsync("/devices?user=alice")), 1, 5);
    }
}
