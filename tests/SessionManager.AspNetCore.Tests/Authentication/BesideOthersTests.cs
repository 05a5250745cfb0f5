using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>The scheme beside what else an application has: other cookies, antiforgery, caches, files and error pages.</summary>
public sealed class BesideOthersTests
{
    [Fact]
    public async Task Another_cookie_scheme_has_a_user_of_its_own()
    {
        await using var app = await AuthenticationApp.StartAsync(
            services: services => services.AddAuthentication(SessionManagerDefaults.AuthenticationScheme).AddCookie("other"),
            map: app =>
            {
                app.MapPost("/other/{user}", (HttpContext context, string user) => context.SignInAsync("other", AuthenticationApp.PrincipalOf(user, "user")));
                app.MapGet("/both", async (HttpContext context) =>
                {
                    var other = await context.AuthenticateAsync("other");
                    await context.Response.WriteAsync($"{context.User.FindFirstValue(ClaimTypes.NameIdentifier)} {other.Principal?.FindFirstValue(ClaimTypes.NameIdentifier)}");
                });
            });
        var browser = app.NewBrowser();
        using var other = await browser.PostAsync("/other/bob");
        var cookie = browser.LastSetCookies.Single().Split(';')[0];
        await browser.DoAsync("/sign-in/alice");

        using var request = new HttpRequestMessage(HttpMethod.Get, "/both");
        request.Headers.Add("Cookie", cookie);
        using var both = await browser.SendAsync(request);

        Assert.Equal("alice bob", await both.BodyAsync());
    }

    [Fact]
    public async Task An_antiforgery_token_is_one_users()
    {
        await using var app = await AuthenticationApp.StartAsync(
            services: services => services.AddAntiforgery(options => options.HeaderName = "X-CSRF"),
            map: app =>
            {
                app.MapGet("/token", async (HttpContext context, IAntiforgery antiforgery) =>
                    await context.Response.WriteAsync(antiforgery.GetAndStoreTokens(context).RequestToken!));
                app.MapPost("/guarded", async (HttpContext context, IAntiforgery antiforgery) =>
                    context.Response.StatusCode = await antiforgery.IsRequestValidAsync(context) ? 200 : 400);
            });
        var browser = app.NewBrowser();
        var anonymous = await MintAsync(browser, cookie: null);
        Assert.Equal(200, await PostAsync(browser, anonymous));

        await browser.DoAsync("/sign-in/alice");
        Assert.Equal(400, await PostAsync(browser, anonymous));
        var alices = await MintAsync(browser, anonymous.Cookie);
        Assert.Equal(200, await PostAsync(browser, alices));
        await browser.DoAsync("/rotate");
        Assert.Equal(200, await PostAsync(browser, alices));
        await browser.DoAsync("/sign-in/bob");
        Assert.Equal(400, await PostAsync(browser, alices));
    }

    [Fact]
    public async Task The_output_cache_shows_no_users_page_to_another()
    {
        await using var app = await AuthenticationApp.StartAsync(
            services: services => services.AddOutputCache(),
            before: app => app.UseOutputCache(),
            map: app => app.MapGet("/cached", (ClaimsPrincipal user) => $"for {user.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody"}").CacheOutput());
        var (alice, bob, nobody) = (app.NewBrowser(), app.NewBrowser(), app.NewBrowser());
        await alice.DoAsync("/sign-in/alice");
        await bob.DoAsync("/sign-in/bob");

        Assert.Equal(
            ("for alice", "for bob", "for nobody", "for alice"),
            (await alice.ReadAsync("/cached"), await bob.ReadAsync("/cached"), await nobody.ReadAsync("/cached"), await alice.ReadAsync("/cached")));
    }

    [Fact]
    public async Task What_may_show_a_user_is_not_stored_and_files_are()
    {
        var folder = Directory.CreateTempSubdirectory();
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "site.css"), "body {}");
        using var files = new PhysicalFileProvider(folder.FullName);
        await using var app = await AuthenticationApp.StartAsync(before: app => app.UseStaticFiles(new StaticFileOptions { FileProvider = files }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        using var page = await browser.GetAsync("/plain");
        using var file = await browser.GetAsync("/site.css");
        using var anonymous = await app.NewBrowser().GetAsync("/plain");

        Assert.Equal("no-store", page.Headers.CacheControl?.ToString());
        Assert.Equal((HttpStatusCode.OK, null), (file.StatusCode, file.Headers.CacheControl?.ToString()));
        Assert.Null(anonymous.Headers.CacheControl);
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task An_error_page_that_runs_the_pipeline_again_knows_the_user()
    {
        await using var app = await AuthenticationApp.StartAsync(
            before: app => app.UseExceptionHandler("/error"),
            map: app =>
            {
                app.MapGet("/fails", string () => throw new InvalidOperationException("It failed."));
                app.MapGet("/error", (ClaimsPrincipal user, ISessionManager session) => $"sorry, {user.FindFirstValue(ClaimTypes.NameIdentifier)}, {session.GetUserId()}");
            });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        using var response = await browser.GetAsync("/fails");

        Assert.Equal("sorry, alice, alice", await response.BodyAsync());
    }

    private static async Task<(string Token, string Cookie)> MintAsync(Browser browser, string? cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/token");
        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie);
        }

        using var response = await browser.SendAsync(request);
        var minted = browser.LastSetCookies.FirstOrDefault(header => header.StartsWith(".AspNetCore.Antiforgery", StringComparison.Ordinal));
        return (await response.BodyAsync(), minted?.Split(';')[0] ?? cookie!);
    }

    private static async Task<int> PostAsync(Browser browser, (string Token, string Cookie) minted)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/guarded");
        request.Headers.Add("Cookie", minted.Cookie);
        request.Headers.Add("X-CSRF", minted.Token);
        using var response = await browser.SendAsync(request);
        return (int)response.StatusCode;
    }
}
