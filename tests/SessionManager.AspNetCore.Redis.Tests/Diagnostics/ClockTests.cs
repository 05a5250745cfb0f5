using System.Globalization;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Diagnostics;

/// <summary>A node whose clock is more than a minute off the server's says so.</summary>
public sealed class ClockTests
{
    private const int ClockIsOff = 103;
    private const int Ended = 109;

    [Theory]
    [InlineData(1300, " s ahead", "too early")]
    [InlineData(-1300, " s behind", "too late")]
    [InlineData(75, " s ahead", "too early")]
    [InlineData(-75, " s behind", "too late")]
    public async Task A_clock_that_is_off_is_told_at_the_start_and_degrades_the_health(int seconds, string how, string what)
    {
        await using var server = await Servers.StartRedisAsync("--appendonly", "yes");
        await using var node = await StartAsync(server, seconds);
        await Eventually.TrueAsync(() => node.Logs.CountOf(ClockIsOff) > 0);

        var condition = Assert.Single(await node.AllConditionsAsync());
        // The server's clock goes on while the node's stands still.
        Assert.InRange(int.Parse(condition.Split(' ')[6], CultureInfo.InvariantCulture), Math.Abs(seconds) - 14, Math.Abs(seconds) + 60);
        Assert.Contains(how, condition, StringComparison.Ordinal);
        Assert.Contains(what, condition, StringComparison.Ordinal);
        Assert.Single(await node.AllConditionsAsync());
        Assert.Equal(1, node.Logs.CountOf(ClockIsOff));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(-30)]
    [InlineData(0)]
    public async Task A_clock_that_is_less_than_a_minute_off_is_good(int seconds)
    {
        await using var server = await Servers.StartRedisAsync("--appendonly", "yes");
        await using var node = await StartAsync(server, seconds);

        Assert.Empty(await node.AllConditionsAsync());
        Assert.Equal(0, node.Logs.CountOf(ClockIsOff));
    }

    [Fact]
    public async Task A_clock_that_is_set_right_is_told_once()
    {
        await using var server = await Servers.StartRedisAsync("--appendonly", "yes");
        await using var node = await StartAsync(server, -300);
        Assert.Single(await node.AllConditionsAsync());

        node.Clock.SetUtcNow(DateTimeOffset.UtcNow);
        await Eventually.TrueAsync(() => node.Logs.CountOf(Ended) > 0);
        Assert.Empty(await node.AllConditionsAsync());
        Assert.Equal((1, 1), (node.Logs.CountOf(ClockIsOff), node.Logs.CountOf(Ended)));
    }

    [Fact]
    public async Task A_clock_that_is_off_changes_nothing_else()
    {
        await using var server = await Servers.StartRedisAsync("--appendonly", "yes");
        await using var node = await StartAsync(server, 1300);
        var browser = node.NewBrowser();

        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    private static Task<App> StartAsync(RedisServer server, int seconds) => Node.StartAsync(server, new NodeOptions
    {
        Clock = new FakeTimeProvider(DateTimeOffset.UtcNow.AddSeconds(seconds)),
        Services = Health.Add,
    });
}
