using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>What an operator hears of an outage, and of a node whose clock is off.</summary>
[Collection(RealServers.Collection)]
public sealed class OutageReportTests
{
    private readonly string _prefix = $"report-{Guid.NewGuid():N}:";

    [Fact]
    public async Task An_outage_is_told_once_when_it_begins_and_once_when_it_ends()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var link = new RedisLink(() => server.Port);
        await using var node = await OutageNode.StartAsync(link.Configuration, _prefix);
        var browser = await node.SignInAsync("alice");
        for (var outage = 1; outage <= 2; outage++)
        {
            var before = Loud(node).Count;
            link.Cut();
            await Eventually.TrueAsync(async () => await browser.GetAsync("/me").StatusAsync() == 503);
            for (var i = 0; i < 50; i++)
            {
                Assert.Equal(503, await browser.GetAsync("/me").StatusAsync());
                Assert.Equal(503, await browser.Clone().PostAsync("/value?key=a&value=1").StatusAsync());
            }

            // The store began to fail, and the connection was lost.
            var told = Loud(node).Skip(before).ToList();
            Assert.InRange(told.Count, 1, 4);
            Assert.Single(told, static entry => entry.Level == LogLevel.Error);
            Assert.Equal(outage - 1, Ends(node));

            link.Heal();
            await Eventually.TrueAsync(async () => await browser.GetAsync("/me").StatusAsync() == 200);
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal("alice", await browser.ReadAsync("/me"));
            }

            Assert.Equal(outage, Ends(node));

            // An outage that begins within a minute of the last one is told more sparingly.
            node.Clock.Advance(TimeSpan.FromMinutes(2));
        }
    }

    [Theory]
    [InlineData(1300)]
    [InlineData(-1300)]
    [InlineData(70)]
    public async Task A_node_whose_clock_is_off_is_degraded_and_says_so(int seconds)
    {
        await using var server = await Servers.StartRedisAsync("--appendonly", "yes");
        await using var right = await StartAsync(server, 0);
        await using var wrong = await StartAsync(server, seconds);
        await right.SignInAsync("alice");

        Assert.Empty(await right.AllConditionsAsync());
        Assert.Contains(
            await wrong.AllConditionsAsync(), static it => it.StartsWith("The clock", StringComparison.Ordinal));
        Assert.Equal(HealthStatus.Degraded, (await wrong.HealthAsync()).Status);
        await wrong.NewBrowser().DoAsync("/value?key=a&value=1");
        await Eventually.TrueAsync(() => wrong.Logs.Ours.Any(static entry =>
            entry.Level >= LogLevel.Warning && entry.Message.Contains("clock", StringComparison.OrdinalIgnoreCase)));
        Assert.DoesNotContain(right.Logs.Ours, static entry =>
            entry.Level >= LogLevel.Warning && entry.Message.Contains("clock", StringComparison.OrdinalIgnoreCase));
    }

    private static List<LogEntry> Loud(App node) =>
        [.. node.Logs.Ours.Where(static entry => entry.Level >= LogLevel.Warning)];

    private static int Ends(App node) =>
        node.Logs.Ours.Count(static entry => entry.Message.Contains("works again", StringComparison.Ordinal));

    private Task<App> StartAsync(RedisServer server, int seconds) =>
        OutageNode.StartAsync(server.Configuration, _prefix, setup =>
        {
            setup.Clock = new FakeTimeProvider(DateTimeOffset.UtcNow.AddSeconds(seconds));
            setup.Services = Health.Add;
        });
}
