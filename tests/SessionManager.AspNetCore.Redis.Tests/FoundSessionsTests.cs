using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>The sessions of a user are found, revoked and limited although an entry was lost, a setting was raised, the
/// nodes of a fleet have different settings, or their clocks differ.</summary>
public sealed class FoundSessionsTests(Servers servers)
{
    private static readonly DateTimeOffset Start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly string _prefix = $"found-{Guid.NewGuid():N}:";

    [Theory]
    [InlineData("reads")]
    [InlineData("writes")]
    [InlineData("increments")]
    public async Task An_entry_that_was_lost_is_written_again_by_a_session_in_use(string use)
    {
        var clock = new FakeTimeProvider(Start);
        await using var node = await StartAsync(clock, TimeSpan.FromHours(24));
        var browser = await SignInAsync(node);
        await UseAsync(browser, use);
        await EvictAsync();
        Assert.Equal(0, await RevokeAsync(node));

        clock.Advance(TimeSpan.FromMinutes(2));
        await UseAsync(browser, use);

        Assert.Equal(1, await RevokeAsync(node));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("reads")]
    [InlineData("writes")]
    public async Task A_session_that_lives_on_under_a_longer_absolute_timeout_is_found(string use)
    {
        var clock = new FakeTimeProvider(Start);
        Browser browser;
        await using (var before = await StartAsync(clock, TimeSpan.FromHours(1)))
        {
            browser = await SignInAsync(before);
        }

        await using var node = await StartAsync(clock, TimeSpan.FromDays(7));
        browser = browser.On(node);
        for (var i = 0; i < 3 * 72; i++)
        {
            clock.Advance(TimeSpan.FromMinutes(20) - TimeSpan.FromSeconds(1));
            await UseAsync(browser, use);
        }

        // Its sign-in removes the entries whose time is over.
        await SignInAsync(node);
        Assert.InRange(await TimeToLiveAsync(), TimeSpan.FromDays(6), TimeSpan.FromDays(8));
        Assert.Equal(2, await RevokeAsync(node));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task Nodes_of_shorter_and_longer_timeouts_find_each_others_sessions()
    {
        var clock = new FakeTimeProvider(Start);
        await using var shorter = await StartAsync(clock, TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(5));
        await using var longer = await StartAsync(clock, TimeSpan.FromDays(7), TimeSpan.FromHours(8));
        var kept = await SignInAsync(longer);
        await SignInAsync(shorter);
        await kept.On(shorter).DoAsync("/value?key=b&value=1");
        // The record is kept for as long as the longer node needs it.
        await using var connection = await ConnectAsync();
        var id = Guid.Parse(await kept.ReadAsync("/id"));
        Assert.InRange(
            (await connection.GetDatabase().KeyTimeToLiveAsync($"{_prefix}{id:N}"))!.Value,
            TimeSpan.FromHours(15),
            TimeSpan.FromHours(17));
        Assert.InRange(await TimeToLiveAsync(), TimeSpan.FromDays(6), TimeSpan.FromDays(8));

        for (var i = 0; i < 10; i++)
        {
            clock.Advance(TimeSpan.FromHours(5));
            Assert.Equal("ann", await kept.ReadAsync("/me"));
            await SignInAsync(shorter);
        }

        Assert.InRange(await RevokeAsync(longer), 2, 12);
        Assert.Equal("nobody", await kept.ReadAsync("/me"));
    }

    [Theory]
    [InlineData(-14)]
    [InlineData(-1)]
    [InlineData(1)]
    [InlineData(14)]
    public async Task Nodes_whose_clocks_differ_by_hours_find_each_others_sessions(int hours)
    {
        var (clock, other) = (new FakeTimeProvider(Start), new FakeTimeProvider(Start.AddHours(hours)));
        await using var a = await StartAsync(clock, TimeSpan.FromMinutes(40));
        await using var b = await StartAsync(other, TimeSpan.FromMinutes(40));
        var mine = new List<Browser>();
        for (var i = 0; i < 5; i++)
        {
            mine.Add(await SignInAsync(a));
            await SignInAsync(b);
            clock.Advance(TimeSpan.FromMinutes(5));
            other.Advance(TimeSpan.FromMinutes(5));
        }

        await RevokeAsync(a);

        foreach (var browser in mine)
        {
            Assert.Equal("nobody", await browser.ReadAsync("/me"));
        }
    }

    private static async Task UseAsync(Browser browser, string use)
    {
        if (use == "reads")
        {
            await browser.ReadAsync("/me");
            return;
        }

        await browser.DoAsync(use == "writes" ? "/value?key=a&value=1" : "/increment");
    }

    private static async Task<Browser> SignInAsync(App node)
    {
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        return browser;
    }

    private static Task<int> RevokeAsync(App node) =>
        node.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("ann");

    private async Task<ConnectionMultiplexer> ConnectAsync() =>
        await ConnectionMultiplexer.ConnectAsync((await servers.GetAsync(ServerKind.Redis)).Configuration);

    private async Task<RedisKey> UserKeyAsync(ConnectionMultiplexer connection)
    {
        await foreach (var key in connection.GetServers()[0].KeysAsync(pattern: $"{_prefix}user:*"))
        {
            return key;
        }

        throw new InvalidOperationException("The user has no entries.");
    }

    private async Task EvictAsync()
    {
        await using var connection = await ConnectAsync();
        await connection.GetDatabase().KeyDeleteAsync(await UserKeyAsync(connection));
    }

    private async Task<TimeSpan> TimeToLiveAsync()
    {
        await using var connection = await ConnectAsync();
        return (await connection.GetDatabase().KeyTimeToLiveAsync(await UserKeyAsync(connection)))!.Value;
    }

    private async Task<App> StartAsync(TimeProvider clock, TimeSpan absolute, TimeSpan? idle = null) =>
        await Node.StartAsync(await servers.GetAsync(ServerKind.Redis), new NodeOptions
        {
            Prefix = _prefix,
            Clock = (FakeTimeProvider)clock,
            Session = session =>
            {
                session.AbsoluteTimeout = absolute;
                session.IdleTimeout = idle ?? session.IdleTimeout;
            },
        });
}
