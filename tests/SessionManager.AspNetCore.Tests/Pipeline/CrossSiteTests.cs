using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Requests from other sites, on which a browser keeps a <c>SameSite=Strict</c> cookie to itself.</summary>
public sealed class CrossSiteTests
{
    private const int Refused = 44;

    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData("/values/fruit/apple")]
    [InlineData("/update")]
    [InlineData("/set-and-remove")]
    [InlineData("/sign-in-and-out")]
    public async Task A_value_begins_no_session_on_a_request_from_another_site(string path)
    {
        await using var app = await StartAsync(SameSiteMode.Strict);
        var browser = app.NewBrowser();

        using var response = await SendAsync(browser, path, "cross-site");

        response.EnsureSuccessStatusCode();
        Assert.Empty(browser.LastSetCookies);
        Assert.Empty(_cache.Entries);
        Assert.Equal(1, app.Logs.CountOf(Refused));
    }

    [Fact]
    public async Task A_sign_in_begins_a_session_on_a_request_from_another_site_with_its_values()
    {
        await using var app = await StartAsync(SameSiteMode.Strict);
        var browser = app.NewBrowser();

        using var response = await SendAsync(browser, "/sign-in-and-store", "cross-site");

        Assert.Equal("alice apple", $"{await browser.ReadAsync("/me")} {await browser.ReadAsync("/values/fruit")}");
        Assert.Equal(0, app.Logs.CountOf(Refused));
    }

    [Theory]
    [InlineData("same-site")]
    [InlineData("same-origin")]
    [InlineData("none")]
    [InlineData(null)]
    public async Task Any_other_request_begins_one(string? site)
    {
        await using var app = await StartAsync(SameSiteMode.Strict);
        var browser = app.NewBrowser();

        using var response = await SendAsync(browser, "/values/fruit/apple", site);

        Assert.Single(browser.LastSetCookies);
    }

    [Theory]
    [InlineData(SameSiteMode.Lax)]
    [InlineData(SameSiteMode.None)]
    [InlineData(SameSiteMode.Unspecified)]
    public async Task Under_any_other_policy_a_request_from_another_site_begins_one(SameSiteMode mode)
    {
        await using var app = await StartAsync(mode);
        var browser = app.NewBrowser();

        using var response = await SendAsync(browser, "/values/fruit/apple", "cross-site");

        Assert.Single(browser.LastSetCookies);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_request_that_brings_a_cookie_may_store_a_value_though_its_session_is_dead(bool dead)
    {
        await using var app = await StartAsync(SameSiteMode.Strict);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");
        if (dead)
        {
            var token = browser.Token;
            await browser.DoAsync("/destroy");
            browser.Token = token;
        }

        using var response = await SendAsync(browser, "/values/fruit/pear", "cross-site");

        Assert.Equal("pear", await browser.ReadAsync("/values/fruit"));
        Assert.Equal(0, app.Logs.CountOf(Refused));
    }

    [Fact]
    public async Task A_cookie_policy_or_a_builder_that_makes_the_cookie_strict_counts()
    {
        await using var byPolicy = await App.StartAsync(Map, new AppOptions
        {
            Services = services => services.Configure<CookiePolicyOptions>(options => options.MinimumSameSitePolicy = SameSiteMode.Strict),
            Before = app => app.UseCookiePolicy(),
        });
        await using var byBuilder = await App.StartAsync(Map, new AppOptions
        {
            Session = options => options.Cookie = new StrictBuilder { HttpOnly = true, Path = "/", SecurePolicy = CookieSecurePolicy.SameAsRequest },
        });
        foreach (var app in new[] { byPolicy, byBuilder })
        {
            var browser = app.NewBrowser();
            using var response = await SendAsync(browser, "/values/fruit/apple", "cross-site");
            Assert.Empty(browser.LastSetCookies);
            Assert.Equal(1, app.Logs.CountOf(Refused));
        }
    }

    private static Task<HttpResponseMessage> SendAsync(Browser browser, string path, string? site)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (site is not null)
        {
            request.Headers.Add("Sec-Fetch-Site", site);
        }

        return browser.SendAsync(request);
    }

    private static void Map(WebApplication app)
    {
        app.MapSession();
        app.MapPost("/update", async (ISessionManager session) => await session.UpdateValueAsync<int>("n", n => n + 1));
        app.MapPost("/set-and-remove", (HttpContext context) =>
        {
            context.Session.SetString("fruit", "apple");
            context.Session.Remove("fruit");
        });
        app.MapPost("/sign-in-and-out", (ISessionManager session) =>
        {
            session.SetUserId("alice");
            session.StoreValue("fruit", "apple");
            session.ClearSession();
        });
        app.MapPost("/sign-in-and-store", (ISessionManager session) =>
        {
            session.StoreValue("fruit", "apple");
            session.SetUserId("alice");
        });
    }

    private Task<App> StartAsync(SameSiteMode mode) => App.StartAsync(Map, new AppOptions
    {
        Cache = _cache,
        Session = options =>
        {
            options.Cookie.SameSite = mode;
            options.Cookie.SecurePolicy = mode == SameSiteMode.None ? CookieSecurePolicy.Always : CookieSecurePolicy.SameAsRequest;
        },
    });

    private sealed class StrictBuilder : CookieBuilder
    {
        public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
        {
            var cookie = base.Build(context, expiresFrom);
            cookie.SameSite = SameSiteMode.Strict;
            return cookie;
        }
    }
}
