using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>What the pages show, in which order, and what they never show.</summary>
public sealed partial class PageTests
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
            path = OlderPattern().Match(page) is { Success: true } older ? WebUtility.HtmlDecode(older.Groups[1].Value).Split('#')[0] : null;
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
    public async Task A_search_without_a_match_says_so()
    {
        await using var app = await StartAsync();
        await app.AddSessionsAsync(["ann"]);
        using var browser = await app.BrowseAsync();
        Assert.Contains("No session of <bdi>bob</bdi>", await browser.ReadAsync("/sessions?user=bob"), StringComparison.Ordinal);
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
    public async Task One_sessions_page_has_its_times_its_user_and_its_client()
    {
        await using var app = await StartAsync(session: options => options.TrackClientInfo = true);
        using var ann = await app.BrowseAsync("ann", "Phone/1.0");
        var session = Assert.Single(await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("ann"));
        app.Clock.Advance(TimeSpan.FromMinutes(5));

        var page = await ann.ReadAsync($"/sessions/{session.SessionId}");

        Assert.Contains($"<code>{session.SessionId}</code>", page, StringComparison.Ordinal);
        Assert.Contains("2026-01-02 03:04:05 UTC", page, StringComparison.Ordinal);
        Assert.Contains("5 min ago", page, StringComparison.Ordinal);
        Assert.Contains("in 15 min", page, StringComparison.Ordinal);
        Assert.Contains("<bdi>Phone/1.0</bdi>", page, StringComparison.Ordinal);
        Assert.Contains("<bdi>127.0.0.1</bdi>", page, StringComparison.Ordinal);
        Assert.Contains("this is you", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_user_who_acts_as_another_is_shown_beside_that_one_and_found()
    {
        await using var app = await StartAsync();
        using var sue = await app.BrowseAsync("sue");
        using var admin = await app.BrowseAsync();
        await sue.PostAsync("/act?user=carl");

        foreach (var path in (string[])["/sessions", "/sessions?user=sue"])
        {
            var page = await admin.ReadAsync(path);
            Assert.Contains("<bdi>carl</bdi></a> <span class=\"tag\">by <bdi>sue</bdi></span>", page, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000001")]
    [InlineData("nonsense")]
    [InlineData("%3Cscript%3E")]
    [InlineData("users")]
    public async Task A_session_that_is_not_there_is_404_with_a_page(string id)
    {
        await using var app = await StartAsync();
        using var browser = await app.BrowseAsync();
        var page = await browser.ReadAsync($"/sessions/{id}", 404);
        Assert.Contains("There is no such session", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_has_ended_says_why()
    {
        await using var app = await StartAsync();
        using var ann = await app.BrowseAsync("ann");
        var session = Assert.Single(await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("ann"));
        await ann.PostAsync("/out");
        Assert.Contains("its user signed out", await ann.ReadAsync($"/sessions/{session.SessionId}", 404), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_values_and_keys_of_a_session_never_appear()
    {
        await using var app = await StartAsync();
        var id = Assert.Single(await app.AddSessionsAsync(["ann"]));
        using var browser = await app.BrowseAsync();

        foreach (var path in (string[])["/sessions", "/sessions?user=ann", $"/sessions/{id}", "/sessions/live"])
        {
            var page = await browser.ReadAsync(path);
            Assert.DoesNotContain("the-secret", page, StringComparison.Ordinal);
            Assert.DoesNotContain(id.ToString("N"), page, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("<script>alert(1)</script>")]
    [InlineData("\"><img src=x onerror=alert(1)>")]
    [InlineData("' onmouseover='alert(1)")]
    [InlineData("</title></style></script><h1>")]
    [InlineData("javascript:alert(1)")]
    [InlineData("{{7*7}}${7*7}")]
    public async Task Markup_in_a_user_id_or_a_user_agent_is_text(string text)
    {
        await using var app = await StartAsync();
        var id = Assert.Single(await app.AddSessionsAsync([text], new SessionClient(text, text)));
        using var browser = await app.BrowseAsync();

        foreach (var path in (string[])["/sessions", $"/sessions?user={Uri.EscapeDataString(text)}", $"/sessions/{id}"])
        {
            var page = await browser.ReadAsync(path);
            var tags = TagPattern().Matches(page).Select(match => match.Value).ToList();
            Assert.Single(tags, tag => tag.StartsWith("<script", StringComparison.Ordinal));
            Assert.DoesNotContain(tags, tag => tag.StartsWith("<img", StringComparison.Ordinal) || HandlerPattern().IsMatch(AttributeValuePattern().Replace(tag, "")));
            Assert.Contains(WebUtility.HtmlDecode(text)[..3], WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_cannot_be_seen_is_shown_and_turns_nothing_around()
    {
        await using var app = await StartAsync();
        await app.AddSessionsAsync(["\u202Enimda", "a\0b", " admin", "zero\u200Bwidth", "two\r\nlines", "x\u00A0y"]);
        using var browser = await app.BrowseAsync();

        var page = await browser.ReadAsync("/sessions");

        foreach (var expected in (string[])
        [
            "<bdi><span class=\"mark\">U&#x2B;202E</span>nimda</bdi>",
            "<bdi>a<span class=\"mark\">U&#x2B;0000</span>b</bdi>",
            "<bdi><span class=\"mark\">U&#x2B;0020</span>admin</bdi>",
            "<bdi>zero<span class=\"mark\">U&#x2B;200B</span>width</bdi>",
            "<bdi>two<span class=\"mark\">U&#x2B;000D</span><span class=\"mark\">U&#x2B;000A</span>lines</bdi>",
            "<bdi>x<span class=\"mark\">U&#x2B;00A0</span>y</bdi>",
        ])
        {
            Assert.Contains(expected, page, StringComparison.Ordinal);
        }

        Assert.DoesNotContain('\u202E', page);
        Assert.DoesNotContain('\0', page);
    }

    [Fact]
    public async Task A_user_id_of_10_KB_is_cut_and_counted_and_can_still_be_ended()
    {
        await using var app = await StartAsync();
        var user = string.Concat(Enumerable.Repeat("0123456789<", 931));
        var id = Assert.Single(await app.AddSessionsAsync([user]));
        using var browser = await app.BrowseAsync();

        var list = await browser.ReadAsync("/sessions");
        Assert.Contains("… 10,241 characters", list, StringComparison.Ordinal);
        Assert.True(list.Length < 40_000, "The page repeats the id.");
        var page = await browser.ReadAsync($"/sessions/{id}");
        Assert.Contains("1 session was ended.", await browser.PressAsync(page, "/sessions/users/end"), StringComparison.Ordinal);
        Assert.Contains("This session has ended", await browser.ReadAsync($"/sessions/{id}", 404), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_answer_carries_the_headers_that_keep_others_out()
    {
        await using var app = await StartAsync();
        var id = Assert.Single(await app.AddSessionsAsync(["ann"]));
        using var browser = await app.BrowseAsync();

        foreach (var path in (string[])["/sessions", $"/sessions/{id}", "/sessions/nonsense", "/sessions/live", "/sessions/dashboard.js"])
        {
            using var response = await browser.GetAsync(path);
            var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
            Assert.StartsWith("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
            Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
            Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
            Assert.Equal("same-origin", Assert.Single(response.Headers.GetValues("Referrer-Policy")));
            Assert.Equal("no-store", response.Headers.CacheControl!.ToString());
        }
    }

    [Fact]
    public async Task Nothing_is_inline_and_nothing_comes_from_elsewhere()
    {
        await using var app = await StartAsync();
        var id = Assert.Single(await app.AddSessionsAsync(["ann"], new SessionClient("Phone/1.0", "192.0.2.7")));
        using var browser = await app.BrowseAsync();

        foreach (var path in (string[])["/sessions", $"/sessions/{id}"])
        {
            var page = await browser.ReadAsync(path);
            Assert.DoesNotMatch(@"<style|\sstyle=|\son\w+=|javascript:|<script>", page);
            foreach (var address in AddressPattern().Matches(page).Select(match => WebUtility.HtmlDecode(match.Groups[1].Value)).Where(address => address[0] != '#'))
            {
                Assert.StartsWith("/sessions", address, StringComparison.Ordinal);
            }

            foreach (var file in AddressPattern().Matches(page).Select(match => WebUtility.HtmlDecode(match.Groups[1].Value)).Where(address => address.Contains("?v=", StringComparison.Ordinal)))
            {
                using var response = await browser.GetAsync(file);
                Assert.Equal(200, (int)response.StatusCode);
                Assert.Contains("immutable", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task It_works_under_a_path_base_and_in_a_group_with_parameters()
    {
        await using var app = await DashboardApp.StartAsync(
            app => app.MapGroup("/tenants/{tenant}").MapSessionDashboard("/who is in/"),
            before: app =>
            {
                app.UsePathBase("/base");
                app.UseRouting();
            });
        var ids = await app.AddSessionsAsync(Enumerable.Repeat("ann", 51));
        using var browser = await app.BrowseAsync();

        const string root = "/base/tenants/blue/who%20is%20in";
        var page = await browser.ReadAsync(root);

        Assert.All(
            AddressPattern().Matches(page).Select(match => WebUtility.HtmlDecode(match.Groups[1].Value)).Where(address => address[0] != '#'),
            address => Assert.StartsWith(root, address, StringComparison.Ordinal));
        Assert.Equal(200, await browser.StatusAsync($"{root}/live"));
        Assert.Single(RowPattern().Matches(await browser.ReadAsync(WebUtility.HtmlDecode(OlderPattern().Match(page).Groups[1].Value))));
        var ended = await browser.PressAsync(page, $"{root}/{ids[^1]}/end");
        Assert.Contains("was ended.", ended, StringComparison.Ordinal);
    }

    private static Task<DashboardApp> StartAsync(Action<SessionManagerOptions>? session = null) =>
        DashboardApp.StartAsync(app => app.MapSessionDashboard("/sessions"), session: session);

    [GeneratedRegex("formaction=\"[^\"]*/([0-9a-f-]{36})/end\"")]
    private static partial Regex RowPattern();

    [GeneratedRegex("rel=\"next\" href=\"([^\"]*)\"")]
    private static partial Regex OlderPattern();

    [GeneratedRegex("<[a-z][^>]*>")]
    private static partial Regex TagPattern();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex AttributeValuePattern();

    [GeneratedRegex(@"\son\w+=")]
    private static partial Regex HandlerPattern();

    [GeneratedRegex("(?:href|src|action|formaction|data-live)=\"([^\"]*)\"")]
    private static partial Regex AddressPattern();
}
