using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Cookies as they come over a real socket, which no client library has tidied up.</summary>
public sealed class CookieReadingOnKestrelTests
{
    [Fact]
    public async Task A_value_of_31_KB_is_no_session()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);

        AssertNoSession(await RawHttp.GetAsync(app.Address, "/all", "Cookie: sid=" + new string('A', 31 * 1024)), "Invalid");

        Assert.Equal(0, cache.Calls);
    }

    [Fact]
    public async Task A_header_of_33_KB_is_refused_by_the_server_and_the_next_request_is_served()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var token = await SignInAsync(app);
        var calls = cache.Calls;

        var answer = await RawHttp.GetAsync(app.Address, "/all", "Cookie: sid=" + new string('A', 33 * 1024));

        Assert.StartsWith("HTTP/1.1 431 ", answer, StringComparison.Ordinal);
        Assert.Equal(calls, cache.Calls);
        Assert.EndsWith("alice none", await RawHttp.GetAsync(app.Address, "/all", $"Cookie: sid={token}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Cookie: sid={token}\0")]
    [InlineData("Cookie: sid=\0{token}")]
    [InlineData("Cookie: sid={token}; a=\0")]
    [InlineData("Cookie: sid={token}\u00ff")]
    public async Task Bytes_that_no_header_may_have_are_refused_by_the_server_and_the_next_request_is_served(string header)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var token = await SignInAsync(app);
        var calls = cache.Calls;

        var answer = await RawHttp.GetAsync(app.Address, "/all", header.Replace("{token}", token, StringComparison.Ordinal));

        Assert.StartsWith("HTTP/1.1 400 ", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Set-Cookie", answer, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(calls, cache.Calls);
        Assert.EndsWith("alice none", await RawHttp.GetAsync(app.Address, "/all", $"Cookie: sid={token}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Cookie: sid={token}A", "Invalid")]
    [InlineData("Cookie: sid=\"{token}\"", "Invalid")]
    [InlineData("Cookie: sid={token}%00", "Invalid")]
    [InlineData("Cookie: sid={token}%0d%0a", "Invalid")]
    [InlineData("Cookie: sid={token} {token}", "Invalid")]
    [InlineData("Cookie: sid={token}\u00c3\u00a9", "Invalid")]
    [InlineData("Cookie: sid=", "Invalid")]
    [InlineData("Cookie: SID={token}", "none")]
    [InlineData("Cookie:", "none")]
    [InlineData("Cookie2: sid={token}", "none")]
    [InlineData("X-Forwarded-Cookie: sid={token}", "none")]
    public async Task A_cookie_that_is_not_exactly_ours_is_no_session(string header, string reason)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var token = await SignInAsync(app);
        var calls = cache.Calls;

        AssertNoSession(await RawHttp.GetAsync(app.Address, "/all", header.Replace("{token}", token, StringComparison.Ordinal)), reason);

        Assert.Equal(calls, cache.Calls);
    }

    [Fact]
    public async Task Two_header_lines_whose_tokens_both_open_a_session_are_no_session()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var (mine, planted) = (await SignInAsync(app), await SignInAsync(app));

        AssertNoSession(await RawHttp.GetAsync(app.Address, "/all", $"Cookie: sid={mine}", $"Cookie: sid={planted}"), "Invalid");

        Assert.Equal(1, app.Logs.CountOf(10));
    }

    [Theory]
    [InlineData("Cookie: sid={token}", "Cookie: sid={token}")]
    [InlineData("Cookie: a=1", "cookie: sid={token}")]
    [InlineData("Cookie: sid={token}; a=1", "COOKIE: b=2; SID=x")]
    public async Task Two_header_lines_that_agree_are_one_session(string first, string second)
    {
        await using var app = await StartAsync(new FaultCache());
        var token = await SignInAsync(app);

        var answer = await RawHttp.GetAsync(
            app.Address, "/all", first.Replace("{token}", token, StringComparison.Ordinal), second.Replace("{token}", token, StringComparison.Ordinal));

        Assert.EndsWith("alice none", answer, StringComparison.Ordinal);
    }

    private static Task<App> StartAsync(FaultCache cache) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapGet("/all", async (HttpContext context, ISessionManager session) =>
            {
                var text = $"{session.GetUserId() ?? "nobody"} {session.PreviousSessionEnd?.ToString() ?? "none"}";
                context.Response.ContentLength = text.Length;
                await context.Response.WriteAsync(text);
            });
        },
        new AppOptions { Cache = cache, Kestrel = true });

    private static async Task<string> SignInAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        return browser.Token!;
    }

    private static void AssertNoSession(string answer, string reason)
    {
        Assert.StartsWith("HTTP/1.1 200 ", answer, StringComparison.Ordinal);
        Assert.EndsWith($"nobody {reason}", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("Set-Cookie", answer, StringComparison.OrdinalIgnoreCase);
    }
}
