using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>What a request gets that needs a user, or another one: the same as from the framework's cookie handler, in the same test.</summary>
public sealed class ChallengeTests
{
    [Theory]
    [InlineData("/page")]
    [InlineData("/page?a=1&b=x%20y")]
    [InlineData("/page?ReturnUrl=%2Felsewhere")]
    [InlineData("/api")]
    [InlineData("/page", "XMLHttpRequest")]
    [InlineData("/page", "something else")]
    [InlineData("/page?X-Requested-With=XMLHttpRequest")]
    [InlineData("/admin-page", null, true)]
    [InlineData("/admin-api", null, true)]
    [InlineData("/admin-page", "XMLHttpRequest", true)]
    public async Task Nobody_and_the_wrong_user_get_what_the_cookie_handler_would_give_them(string path, string? requestedWith = null, bool signedIn = false)
    {
        await using var ours = await AuthenticationApp.StartAsync(scheme => (scheme.LoginPath, scheme.AccessDeniedPath) = ("/login", "/denied"), map: Map);
        await using var theirs = await App.StartAsync(Map, new AppOptions
        {
            CookieName = ".AspNetCore.Cookies",
            Services = services =>
            {
                services.AddAuthentication().AddCookie(options => (options.LoginPath, options.AccessDeniedPath) = ("/login", "/denied"));
                services.AddAuthorization();
            },
        });

        Assert.Equal(await AskAsync(theirs, path, requestedWith, signedIn), await AskAsync(ours, path, requestedWith, signedIn));
    }

    [Theory]
    [InlineData("/page", 401)]
    [InlineData("/api", 401)]
    [InlineData("/admin-page", 403)]
    public async Task Without_paths_there_is_nowhere_to_redirect_to(string path, int status)
    {
        await using var app = await AuthenticationApp.StartAsync(map: Map);

        Assert.Equal((status, null), await AskAsync(app, path, null, signedIn: status == 403));
    }

    [Theory]
    [InlineData("/welcome?x=1", "/welcome?x=1")]
    [InlineData("//evil.example", null)]
    [InlineData("/\\evil.example", null)]
    [InlineData("/\t/evil.example", null)]
    [InlineData("http://evil.example", null)]
    [InlineData("evil", null)]
    [InlineData("", null)]
    public async Task A_sign_in_at_the_login_page_leads_back_within_this_host_only(string back, string? location)
    {
        await using var app = await AuthenticationApp.StartAsync(scheme => scheme.LoginPath = "/login", map: Map);
        var browser = app.NewBrowser();

        using var response = await browser.PostAsync($"/login?ReturnUrl={Uri.EscapeDataString(back)}");

        Assert.Equal((location is null ? HttpStatusCode.OK : HttpStatusCode.Redirect, location), (response.StatusCode, response.Headers.Location?.OriginalString));
        Assert.Single(browser.LastSetCookies);
        using var elsewhere = await browser.PostAsync("/sign-in-as/alice/user?ReturnUrl=/welcome");
        Assert.Equal(HttpStatusCode.OK, elsewhere.StatusCode);
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/page", () => Results.Content("page", "text/html")).RequireAuthorization();
        app.MapGet("/api", () => new Answer("api", null)).RequireAuthorization();
        app.MapGet("/admin-page", () => Results.Content("page", "text/html")).RequireAuthorization(policy => policy.RequireRole("admin"));
        app.MapGet("/admin-api", () => new Answer("api", null)).RequireAuthorization(policy => policy.RequireRole("admin"));
        app.MapPost("/login", (HttpContext context) => context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user")));
    }

    private static async Task<(int Status, string? Location)> AskAsync(App app, string path, string? requestedWith, bool signedIn)
    {
        var browser = app.NewBrowser();
        if (signedIn)
        {
            await browser.DoAsync("/login?ReturnUrl=");
        }

        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (requestedWith is not null)
        {
            request.Headers.Add("X-Requested-With", requestedWith);
        }

        using var response = await browser.SendAsync(request);
        return ((int)response.StatusCode, response.Headers.Location?.OriginalString);
    }

    private sealed record Answer(string Text, string? Other);
}
