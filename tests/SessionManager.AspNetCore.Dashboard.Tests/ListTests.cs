using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>The list and the search: which sessions, in which order, page by page.</summary>
public sealed partial class ListTests
{
    [Fact]
    public async Task The_list_is_complete_and_the_newest_first_page_by_page()
    {
        await using var app = await StartAsync();
        var ids = await app.AddSessionsAsync(Enumerable.Range(0, 120).Select(i => i % 3 == 0 ? null : $"user-{i}"));
        using var browser = await app.BrowseAsync();

        var (shown, pages) = (new List<Guid>(), 0);
        for (var path = "/sessions"; path is not null; pages++)
        {
            var page = await browser.ReadAsync(path);
            shown.AddRange(RowPattern().Matches(page).Select(match => Guid.Parse(match.Groups[1].Value)));
            path = OlderPattern().Match(page) is { Success: true } older
                ? WebUtility.HtmlDecode(older.Groups[1].Value).Split('#')[0]
                : null;
        }

        Assert.Equal(ids.Reverse(), shown);
        Assert.Equal(3, pages);
    }

    [Theory]
    [InlineData("after=")]
    [InlineData("after=nonsense")]
    [InlineData("after=%00%00")]
    [InlineData("after=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("after=f_________8AAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("after=%F0%9F%98%80")]
    [InlineData("after=////////////////////////////////////////")]
    [InlineData("page=-1")]
    [InlineData("page=99999999999999999999&after=%3Cscript%3E")]
    [InlineData("ended=nonsense&gone=nonsense&all=-3")]
    [InlineData("after=a&after=b")]
    public async Task Nonsense_in_the_address_gives_the_first_page(string query)
    {
        await using var app = await StartAsync();
        var ids = await app.AddSessionsAsync(["ann", "bob"]);
        using var browser = await app.BrowseAsync();

        var page = await browser.ReadAsync($"/sessions?{query}");

        Assert.Equal(ids.Reverse(), RowPattern().Matches(page).Select(match => Guid.Parse(match.Groups[1].Value)));
        Assert.DoesNotContain("class=\"notice\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_finds_exactly_this_user_page_by_page()
    {
        await using var app = await StartAsync();
        var ids = await app.AddSessionsAsync(Enumerable.Repeat("ann", 60));
        await app.AddSessionsAsync(["Ann", "ann ", "ann:b", null]);
        using var browser = await app.BrowseAsync();

        var first = await browser.ReadAsync("/sessions?user=ann");
        var second = await browser.ReadAsync(WebUtility.HtmlDecode(OlderPattern().Match(first).Groups[1].Value));

        Assert.Equal(
            ids.Reverse(), RowPattern().Matches(first + second).Select(match => Guid.Parse(match.Groups[1].Value)));
        Assert.DoesNotContain("rel=\"next\"", second, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_that_goes_on_behind_another_list_gives_the_first_page()
    {
        await using var app = await StartAsync();
        await app.AddSessionsAsync(Enumerable.Repeat("ann", 51));
        await app.AddSessionsAsync(["bob"]);
        using var browser = await app.BrowseAsync();
        var first = await browser.ReadAsync("/sessions?user=ann");
        var older = WebUtility.HtmlDecode(OlderPattern().Match(first).Groups[1].Value);

        var page = await browser.ReadAsync(older.Replace("user=ann", "user=bob", StringComparison.Ordinal));

        Assert.Single(RowPattern().Matches(page));
        Assert.DoesNotContain("rel=\"first\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_for_text_that_is_too_long_for_a_user_id_finds_nobody()
    {
        await using var app = await StartAsync(session: options => options.MaxValueBytes = 100);
        using var browser = await app.BrowseAsync();
        var page = await browser.ReadAsync($"/sessions?user={new string('u', 101)}");
        Assert.Contains("No session of", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_without_a_match_says_so()
    {
        await using var app = await StartAsync();
        await app.AddSessionsAsync(["ann"]);
        using var browser = await app.BrowseAsync();
        var page = await browser.ReadAsync("/sessions?user=bob");
        Assert.Contains("No session of <bdi>bob</bdi>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Expired_sessions_are_not_shown()
    {
        await using var app = await StartAsync();
        await app.AddSessionsAsync(["early"]);
        app.Clock.Advance(TimeSpan.FromMinutes(15));
        await app.AddSessionsAsync(["late"]);
        app.Clock.Advance(TimeSpan.FromMinutes(10));
        using var browser = await app.BrowseAsync();

        var page = await browser.ReadAsync("/sessions");

        Assert.Contains("<bdi>late</bdi>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("early", page, StringComparison.Ordinal);
        Assert.Contains("No session of", await browser.ReadAsync("/sessions?user=early"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_plain_cache_outside_of_the_process_the_list_says_that_it_is_this_processes_own()
    {
        await using var memory = await StartAsync();
        await using var remote = await DashboardApp.StartAsync(
            app => app.MapSessionDashboard("/sessions"),
            services: services => services.AddSingleton<IDistributedCache>(new RemoteCache()));
        using var first = await memory.BrowseAsync();
        using var second = await remote.BrowseAsync();

        Assert.DoesNotContain("A plain cache can", await first.ReadAsync("/sessions"), StringComparison.Ordinal);
        Assert.Contains("A plain cache can", await second.ReadAsync("/sessions"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_acts_as_another_is_shown_beside_that_one_and_found()
    {
        await using var app = await StartAsync();
        using var sue = await app.BrowseAsync("sue");
        using var admin = await app.BrowseAsync();
        await sue.PostAsync("/act?user=carl");

        foreach (var path in (string[])["/sessions", "/sessions?user=sue", "/sessions?user=carl"])
        {
            var page = await admin.ReadAsync(path);
            const string shown = "<bdi>carl</bdi></a> <span class=\"tag\">by <bdi>sue</bdi></span>";
            Assert.Contains(shown, page, StringComparison.Ordinal);
        }
    }

    private static Task<DashboardApp> StartAsync(Action<SessionManagerOptions>? session = null) =>
        DashboardApp.StartAsync(app => app.MapSessionDashboard("/sessions"), session: session);

    [GeneratedRegex("formaction=\"[^\"]*/([0-9a-f-]{36})/end\"")]
    private static partial Regex RowPattern();

    [GeneratedRegex("rel=\"next\" href=\"([^\"]*)\"")]
    private static partial Regex OlderPattern();
}
