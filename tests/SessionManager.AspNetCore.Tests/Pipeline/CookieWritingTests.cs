using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>The <c>Set-Cookie</c> header: its exact text, when it is sent and how often.</summary>
public sealed partial class CookieWritingTests
{
    private const int SecureCookieOnPlainHttp = 35;

    [Theory]
    [InlineData("Production", "https://localhost", "__Host-sid=TOKEN; path=/; secure; samesite=lax; httponly")]
    [InlineData("Staging", "https://localhost", "__Host-sid=TOKEN; path=/; secure; samesite=lax; httponly")]
    [InlineData("Production", "http://localhost", "__Host-sid=TOKEN; path=/; secure; samesite=lax; httponly")]
    [InlineData("Development", "http://localhost", "sid=TOKEN; path=/; samesite=lax; httponly")]
    [InlineData("Development", "https://localhost", "sid=TOKEN; path=/; secure; samesite=lax; httponly")]
    public async Task A_new_session_sets_exactly_this_cookie(string environment, string address, string expected)
    {
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions { Environment = environment });
        var browser = app.NewBrowser();

        await browser.DoAsync(address + "/values/fruit/apple");

        Assert.Equal(expected, Token().Replace(Assert.Single(browser.LastSetCookies), "TOKEN"));
    }

    [Theory]
    [InlineData("Production", "__Host-sid=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; secure; samesite=lax; httponly")]
    [InlineData("Development", "sid=; expires=Thu, 01 Jan 1970 00:00:00 GMT; path=/; secure; samesite=lax; httponly")]
    public async Task A_deletion_repeats_every_attribute(string environment, string expected)
    {
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions { Environment = environment });
        var browser = app.NewBrowser();
        await browser.DoAsync("https://localhost/values/fruit/apple");

        await browser.DoAsync("https://localhost/destroy");

        Assert.Equal(expected, Assert.Single(browser.LastSetCookies));
        Assert.Null(browser.Token);
    }

    [Fact]
    public async Task Attributes_the_application_chose_are_set_and_repeated_by_the_deletion()
    {
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions
        {
            CookieName = "basket",
            Session = options =>
            {
                options.Cookie.Name = "basket";
                options.Cookie.Domain = "example.com";
                options.Cookie.Path = "/shop";
                options.Cookie.SameSite = SameSiteMode.Strict;
                options.Cookie.MaxAge = TimeSpan.FromDays(1);
                options.Cookie.Extensions.Add("Partitioned");
            },
        });
        var browser = app.NewBrowser();

        await browser.DoAsync("/values/fruit/apple");
        Assert.Equal(
            "basket=TOKEN; max-age=86400; domain=example.com; path=/shop; samesite=strict; httponly; Partitioned",
            Token().Replace(Assert.Single(browser.LastSetCookies), "TOKEN"));
        Assert.Equal("apple", await browser.ReadAsync("/values/fruit"));

        await browser.DoAsync("/destroy");
        Assert.Equal(
            "basket=; expires=Thu, 01 Jan 1970 00:00:00 GMT; domain=example.com; path=/shop; samesite=strict; httponly; Partitioned",
            Assert.Single(browser.LastSetCookies));
    }

    [Fact]
    public async Task The_path_base_does_not_leak_into_the_path()
    {
        await using var app = await App.StartAsync(
            app => app.MapGet("/begin", (HttpContext context, ISessionManager session) =>
            {
                session.StoreValue("fruit", "apple");
                return context.Request.PathBase.Value;
            }),
            new AppOptions { Before = app => app.UsePathBase("/shop").UseRouting() });
        var browser = app.NewBrowser();

        Assert.Equal("/shop", await browser.ReadAsync("/shop/begin"));

        Assert.Contains("; path=/;", Assert.Single(browser.LastSetCookies), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("store commit store", true)]
    [InlineData("store commit signin commit rotate commit", true)]
    [InlineData("signin rotate store signout signin", true)]
    [InlineData("store destroy store", true)]
    [InlineData("store commit destroy", false)]
    [InlineData("store commit destroy store commit", true)]
    [InlineData("signin commit signout commit destroy commit store signin commit rotate", true)]
    [InlineData("signin commit destroy commit signin commit destroy commit", false)]
    public async Task A_response_has_one_cookie_and_the_last_intent_wins(string steps, bool lives)
    {
        await using var app = await App.StartAsync(app =>
        {
            app.MapSession();
            app.MapGet("/steps", async (ISessionManager session) =>
            {
                foreach (var step in steps.Split(' '))
                {
                    await TakeAsync(session, step);
                }
            });
        });
        var (fresh, known) = (app.NewBrowser(), app.NewBrowser());
        await known.DoAsync("/sign-in/bob");

        await fresh.ReadAsync("/steps");
        await known.ReadAsync("/steps");

        Assert.Equal(!lives, Assert.Single(fresh.LastSetCookies).StartsWith("sid=;", StringComparison.Ordinal));
        Assert.InRange(known.LastSetCookies.Count, 0, 1);
        foreach (var browser in new[] { fresh, known })
        {
            Assert.Equal("none", await browser.ReadAsync("/end"));
            Assert.Equal(lives, await browser.ReadAsync("/info") is not ("" or "null"));
        }
    }

    [Fact]
    public async Task Other_cookies_of_the_response_stay()
    {
        await using var app = await App.StartAsync(app => app.MapGet("/begin", async (HttpContext context, ISessionManager session) =>
        {
            context.Response.Cookies.Append("theme", "dark");
            context.Response.Cookies.Append("sidebar", "open");
            session.StoreValue("fruit", "apple");
            await session.CommitAsync(CancellationToken.None);
            session.RotateToken();
        }));
        var browser = app.NewBrowser();

        await browser.ReadAsync("/begin");

        Assert.Equal(["sid", "sidebar", "theme"], browser.LastSetCookies.Select(cookie => cookie.Split('=')[0]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_request_that_keeps_its_token_sets_no_cookie()
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");

        foreach (var path in new[] { "/values/fruit/pear", "/values/nut/almond" })
        {
            await browser.DoAsync(path);
            Assert.Empty(browser.LastSetCookies);
        }

        await browser.ReadAsync("/values/fruit");
        Assert.Empty(browser.LastSetCookies);
    }

    [Fact]
    public async Task A_secure_cookie_on_plain_http_warns_once()
    {
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions { Environment = Environments.Production });

        await app.NewBrowser().DoAsync("https://localhost/values/fruit/apple");
        Assert.Equal(0, app.Logs.CountOf(SecureCookieOnPlainHttp));

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.NewBrowser().DoAsync("/values/fruit/apple")));
        var warning = Assert.Single(app.Logs.Ours, entry => entry.EventId == SecureCookieOnPlainHttp);
        Assert.Contains("__Host-sid", warning.Message, StringComparison.Ordinal);
        Assert.Contains("UseForwardedHeaders", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_cookie_on_plain_http_in_development_warns_of_nothing()
    {
        await using var app = await App.StartAsync(app => app.MapSession());

        await app.NewBrowser().DoAsync("/values/fruit/apple");

        Assert.Equal(0, app.Logs.CountOf(SecureCookieOnPlainHttp));
    }

    private static async Task TakeAsync(ISessionManager session, string step)
    {
        switch (step)
        {
            case "store":
                session.StoreValue("fruit", "apple");
                break;
            case "signin":
                session.SetUserId("alice");
                break;
            case "signout":
                session.ClearSession();
                break;
            case "rotate":
                session.RotateToken();
                break;
            case "destroy":
                session.DestroySession();
                break;
            default:
                await session.CommitAsync();
                break;
        }
    }

    [GeneratedRegex("(?<==)[A-Za-z0-9_-]{43}(?=;)")]
    private static partial Regex Token();
}
