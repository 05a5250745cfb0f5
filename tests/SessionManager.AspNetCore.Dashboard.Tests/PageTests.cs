using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>What all pages have in common: what they never show, and how they show text that users have made up.</summary>
public sealed partial class PageTests
{
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
