using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>What a page of the dashboard asks of a redis-server that holds 100,000 sessions, counted by the server itself.</summary>
public sealed partial class DashboardCostTests
{
    private const int Sessions = 100_000;
    private const int AtOnce = 2_000;

    [Fact]
    public async Task A_page_costs_a_pages_worth_with_100_000_sessions_in_the_store()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var app = await Node.StartAsync(server, new NodeOptions { Map = app => app.MapSessionDashboard("/sessions") });
        var store = app.Services.GetRequiredService<SessionRepository>();
        for (var i = 0; i < Sessions; i += AtOnce)
        {
            app.Clock.Advance(TimeSpan.FromMilliseconds(1));
            await Task.WhenAll(Enumerable.Range(i, AtOnce).Select(session => AddAsync(store, app.Clock.GetUtcNow(), session % 2 == 0 ? "everybody" : $"user-{session}")));
        }

        await using var monitor = await RedisMonitor.StartAsync(server);
        var browser = app.NewBrowser();
        var shown = new HashSet<string>(StringComparer.Ordinal);

        // The first call of a script costs its text, once.
        using (await browser.GetAsync($"/sessions/{Guid.Empty}"))
        {
        }

        // The shelves that there are, noted in four sets, and the 64 parts of one.
        await AssertCostAsync("/sessions", headers: 64, others: 68);
        var older = OlderPattern().Match(await browser.ReadAsync("/sessions")).Groups[1].Value;
        await AssertCostAsync($"/sessions{older}", headers: 64, others: 68);
        // The headers of all sessions of that user, whose places are their sign-ins, which a store does not know.
        await AssertCostAsync("/sessions?user=everybody", headers: Sessions / 2, others: 1);
        await AssertCostAsync("/sessions?user=user-1", headers: 1, others: 1);
        await AssertCostAsync("/sessions/live", headers: 0, others: 0);
        Assert.Equal(100, shown.Count);

        async Task AssertCostAsync(string path, int headers, int others)
        {
            var page = "";
            var commands = await monitor.CommandsOfAsync(async () => page = await browser.ReadAsync(path));
            var read = commands.Count(command => command.StartsWith("\"HMGET\"", StringComparison.Ordinal));
            Assert.InRange(read, 0, headers);
            Assert.InRange(commands.Count - read, 0, others);
            if (!path.Contains("user=", StringComparison.Ordinal))
            {
                shown.UnionWith(RowPattern().Matches(page).Select(match => match.Groups[1].Value));
            }
        }
    }

    [Fact]
    public async Task Living_sessions_are_counted_as_they_are_used_and_listed()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var app = await Node.StartAsync(server, new NodeOptions { Map = app => app.MapSessionDashboard("/sessions") });
        await AddAsync(app.Services.GetRequiredService<SessionRepository>(), app.Clock.GetUtcNow(), "from-elsewhere");
        var browser = app.NewBrowser();

        await browser.ReadAsync("/sessions");

        Assert.Contains("<h3>Live now</h3><p class=\"count\">1</p>", await browser.ReadAsync("/sessions/live"), StringComparison.Ordinal);
        app.Clock.Advance(TimeSpan.FromMinutes(21));
        Assert.Contains("<h3>Live now</h3><p class=\"count\">0</p>", await browser.ReadAsync("/sessions/live"), StringComparison.Ordinal);
    }

    private static async Task AddAsync(SessionRepository sessions, DateTimeOffset now, string user)
    {
        var commit = new SessionCommit
        {
            Id = Guid.NewGuid(),
            Now = now,
            Secret = new SessionSecretChange(RandomNumberGenerator.GetBytes(32), default, Required: true),
            Identity = new SessionIdentity(user, user, now, now, MovesGeneration: true),
        };
        Assert.Equal(SessionCommitOutcome.Committed, (await sessions.CommitAsync(commit, CancellationToken.None)).Outcome);
    }

    [GeneratedRegex("rel=\"next\" href=\"/sessions([^\"]*)#list\"")]
    private static partial Regex OlderPattern();

    [GeneratedRegex("formaction=\"([^\"]*)\"")]
    private static partial Regex RowPattern();
}
