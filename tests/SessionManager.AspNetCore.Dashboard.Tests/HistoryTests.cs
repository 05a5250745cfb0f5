using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>The counters and the last hour, by the minute.</summary>
public sealed partial class HistoryTests
{
    [Fact]
    public async Task The_counters_tell_what_lives_what_began_and_what_ended()
    {
        await using var app = await DashboardApp.StartAsync(app => app.MapSessionDashboard("/sessions"));
        using var first = await app.BrowseAsync("ann");
        using var second = await app.BrowseAsync("bob");
        using var anonymous = await app.BrowseAsync();
        await anonymous.PostAsync("/store?key=a&value=1");
        await second.PostAsync("/out");

        var live = await anonymous.ReadAsync("/sessions/live");

        Assert.Equal(["Live now 2", "Signed in 1", "Begun 3", "Ended 1"], CounterPattern().Matches(live).Select(match => $"{match.Groups[1].Value} {match.Groups[2].Value}"));
    }

    [Fact]
    public async Task The_last_hour_is_kept_by_the_minute_and_what_is_older_is_forgotten()
    {
        await using var app = await DashboardApp.StartAsync(app => app.MapSessionDashboard("/sessions"));
        using var browser = await app.BrowseAsync();
        using var ann = await app.BrowseAsync("ann");
        Pass(app, minutes: 2);
        using var bob = await app.BrowseAsync("bob");
        await ann.PostAsync("/out");
        Pass(app, minutes: 1);

        Assert.Equal(["03:07 1 0 0", "03:06 1 1 1", "03:05 1 0 0", "03:04 1 1 0", "03:03 – 0 0"], (await RowsAsync(browser)).Take(5));
        Assert.Equal(60, (await RowsAsync(browser)).Count);

        Pass(app, minutes: 59);
        var rows = await RowsAsync(browser);
        Assert.Equal("03:07 1 0 0", rows[^1]);
        Assert.Equal("04:06 0 0 0", rows[0]);
        Assert.Contains("<p class=\"quiet\">0 in the last hour</p>", await browser.ReadAsync("/sessions/live"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_application_in_the_process_is_not_counted()
    {
        await using var app = await DashboardApp.StartAsync(app => app.MapSessionDashboard("/sessions"));
        await using var other = await DashboardApp.StartAsync(app => app.MapSessionDashboard("/sessions"));
        using var stranger = await other.BrowseAsync("ann");
        using var browser = await app.BrowseAsync();
        Assert.Contains("<h3>Begun</h3><p class=\"count\">0</p>", await browser.ReadAsync("/sessions/live"), StringComparison.Ordinal);
    }

    // In steps: a clock that jumps has no minutes between.
    private static void Pass(DashboardApp app, int minutes)
    {
        for (var i = 0; i < 4 * minutes; i++)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(15));
        }
    }

    private static async Task<IReadOnlyList<string>> RowsAsync(DashboardBrowser browser) =>
        [.. RowPattern().Matches(await browser.ReadAsync("/sessions/live")).Select(match => string.Join(' ', match.Groups.Values.Skip(1)))];

    [GeneratedRegex("<h3>([^<]*)</h3><p class=\"count\">([^<]*)</p>")]
    private static partial Regex CounterPattern();

    [GeneratedRegex("<tr><th scope=\"row\">([^<]*)</th><td>([^<]*)</td><td>([^<]*)</td><td>([^<]*)</td></tr>")]
    private static partial Regex RowPattern();
}
