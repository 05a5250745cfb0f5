using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Authentication;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>What docs/applications.md says of sessions in an application that is not alone.</summary>
public sealed class ApplicationTests
{
    private const int SessionCreated = 20;

    [Theory]
    [InlineData("a=1, sid={0}", "nobody", "none", false)]
    [InlineData("sid={0}, a=1", "nobody", "Invalid", false)]
    [InlineData("a=1; sid={0}", "alice", "none", true)]
    public async Task A_cookie_header_that_was_folded_with_a_comma_opens_no_session(string header, string user, string end, bool framework)
    {
        await using var app = await App.StartAsync(app =>
        {
            app.MapSession();
            app.MapGet("/framework", (HttpContext context) => context.Request.Cookies["sid"] ?? "nothing");
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var cookies = header.Replace("{0}", browser.Token, StringComparison.Ordinal);
        var token = browser.Token;

        Assert.Equal(user, await ReadAsync("/me"));
        Assert.Equal(end, await ReadAsync("/end"));
        Assert.Equal(framework, token == await ReadAsync("/framework"));

        async Task<string> ReadAsync(string path)
        {
            using var response = await browser.GetWithCookiesAsync(path, cookies);
            return await response.BodyAsync();
        }
    }

    [Fact]
    public async Task Two_cookie_header_lines_open_the_session()
    {
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions { Kestrel = true });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        var answer = await RawHttp.GetAsync(app.Address, "/me", "Cookie: a=1", $"Cookie: sid={browser.Token}");

        Assert.EndsWith("alice", answer.TrimEnd('0', '\r', '\n'), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Four_first_requests_at_once_are_four_sessions()
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var first = app.NewBrowser();
        var requests = Enumerable.Range(0, 4).Select(_ => first.Clone()).ToList();

        await Task.WhenAll(requests.Select((browser, i) => browser.DoAsync($"/values/key{i}/value")));

        Assert.Equal(4, requests.Select(browser => browser.Token).Distinct().Count());
        Assert.Equal(4, app.Logs.CountOf(SessionCreated));
    }

    [Fact]
    public async Task Four_requests_at_once_of_a_page_that_began_the_session_share_it()
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var page = app.NewBrowser();
        await page.DoAsync("/values/began/now");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => page.Clone().DoAsync($"/values/key{i}/value{i}")));

        Assert.Equal(1, app.Logs.CountOf(SessionCreated));
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal($"value{i}", await page.ReadAsync($"/values/key{i}"));
        }
    }

    [Fact]
    public async Task Without_a_session_each_request_has_another_id()
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var browser = app.NewBrowser();
        Assert.NotEqual(await browser.ReadAsync("/id"), await browser.ReadAsync("/id"));

        await browser.DoAsync("/values/a/b");

        Assert.Equal(await browser.ReadAsync("/id"), await browser.ReadAsync("/id"));
    }

    [Fact]
    public async Task A_value_that_is_changed_in_place_is_stored_by_StoreValue_only()
    {
        await using var app = await App.StartAsync(app =>
        {
            app.MapPost("/begin", (ISessionManager session) => session.StoreValue("items", new List<string> { "tea" }));
            app.MapPost("/add/{store:bool}", (ISessionManager session, bool store) =>
            {
                var items = session.GetValue<List<string>>("items")!;
                items.Add("milk");
                return store ? session.StoreValue("items", items) : store;
            });
            app.MapGet("/items", (ISessionManager session) => string.Join(',', session.GetValue<List<string>>("items")!));
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/begin");

        await browser.DoAsync("/add/false");
        Assert.Equal("tea", await browser.ReadAsync("/items"));

        await browser.DoAsync("/add/true");
        Assert.Equal("tea,milk", await browser.ReadAsync("/items"));
    }

    [Fact]
    public async Task Where_an_empty_session_is_preferred_a_protected_page_leads_to_the_login_page()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(
            scheme: options => options.LoginPath = "/login",
            cache: cache,
            session: options => options.StoreFailureMode = StoreFailureMode.Anonymous);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        cache.Plan(CacheOperation.Get, CacheFault.Fail);
        using var page = await browser.GetAsync("/protected");
        Assert.Equal(HttpStatusCode.Redirect, page.StatusCode);
        Assert.Contains("/login", page.Headers.Location!.ToString(), StringComparison.Ordinal);

        cache.Plan(CacheOperation.Get, CacheFault.Fail);
        using var signIn = await browser.PostAsync("/sign-in/alice");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, signIn.StatusCode);
    }
}
