using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.StaticFiles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>Files behind authorization have their user, and those that nobody decides on cost nothing.</summary>
public sealed class FilesOfUsersTests : IDisposable
{
    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory();
    private readonly PhysicalFileProvider _files;
    private readonly FaultCache _cache = new();

    public FilesOfUsersTests()
    {
        File.WriteAllText(Path.Combine(_root.FullName, "site.css"), "body{}");
        File.WriteAllText(
            Manifest,
            """{"Version":1,"ManifestType":"Publish","Endpoints":[{"Route":"site.css","AssetFile":"site.css","Selectors":[],"ResponseHeaders":[{"Name":"Content-Length","Value":"6"},{"Name":"Content-Type","Value":"text/css"},{"Name":"ETag","Value":"\"x\""},{"Name":"Last-Modified","Value":"Fri, 02 Jan 2026 03:04:05 GMT"}],"EndpointProperties":[]}]}""");
        _files = new PhysicalFileProvider(_root.FullName);
    }

    private string Manifest => Path.Combine(_root.FullName, "assets.json");

    [Theory]
    [InlineData("fallback")]
    [InlineData("endpoint")]
    [InlineData("policy")]
    [InlineData("fallback, static files")]
    public async Task A_file_that_authorization_decides_on_is_served_to_who_is_signed_in(string kind)
    {
        await using var app = await StartAsync(kind);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        using var served = await browser.GetAsync("/site.css");
        using var refused = await app.NewBrowser().GetAsync("/site.css");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Unauthorized), (served.StatusCode, refused.StatusCode));
        Assert.True(served.Headers.CacheControl?.NoStore);
        Assert.Contains("Cookie", served.Headers.Vary);
    }

    [Theory]
    [InlineData("fallback")]
    [InlineData("endpoint")]
    [InlineData("fallback, static files")]
    public async Task In_an_outage_it_is_503(string kind)
    {
        await using var app = await StartAsync(kind);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        _cache.Plan(CacheOperation.Get, CacheFault.Fail);

        using var refused = await browser.GetAsync("/site.css");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("none, static files")]
    [InlineData("fallback, open")]
    [InlineData("none, authorized and open")]
    public async Task One_that_nobody_decides_on_costs_no_store_call_and_may_be_kept_by_caches(string kind)
    {
        await using var app = await StartAsync(kind);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        var calls = (_cache.Calls, _cache.UserGets);

        using var served = await browser.GetAsync("/site.css");

        Assert.Equal("body{}", await served.BodyAsync());
        Assert.Null(served.Headers.CacheControl);
        Assert.DoesNotContain("Cookie", served.Headers.Vary);
        Assert.Equal(calls, (_cache.Calls, _cache.UserGets));
    }

    [Fact]
    public async Task A_file_whose_preparation_asks_for_the_user_is_not_to_be_stored()
    {
        await using var app = await StartAsync("none, static files", response =>
            response.Context.Response.Headers["X-User"] = response.Context.User.FindFirstValue(ClaimTypes.NameIdentifier));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        using var served = await browser.GetAsync("/site.css");

        Assert.Equal("ann", Assert.Single(served.Headers.GetValues("X-User")));
        Assert.True(served.Headers.CacheControl?.NoStore);
    }

    [Theory]
    [InlineData("/page.html")]
    [InlineData("/page")]
    public async Task A_page_by_a_terminal_middleware_that_shows_the_user_is_not_to_be_stored(string path)
    {
        await using var app = await AuthenticationApp.StartAsync(cache: _cache, map: app => app.Use((context, next) =>
        {
            if (context.Request.Path != path)
            {
                return next(context);
            }

            context.Response.Headers.ETag = "\"1\"";
            return context.Response.WriteAsync(context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody");
        }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        using var served = await browser.GetAsync(path);

        Assert.Equal("ann", await served.BodyAsync());
        Assert.True(served.Headers.CacheControl?.NoStore);
        Assert.Contains("Cookie", served.Headers.Vary);
    }

    [Fact]
    public async Task An_endpoint_without_a_session_that_authorizes_has_its_user_and_no_session()
    {
        await using var app = await AuthenticationApp.StartAsync(cache: _cache, map: app =>
        {
            app.MapGet("/health", (ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier)).RequireAuthorization().WithSession(SessionMode.Disabled);
            app.MapGet("/uses", (ISessionManager session) => session.GetUserId()).RequireAuthorization().WithSession(SessionMode.Disabled);
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        app.Clock.Advance(TimeSpan.FromMinutes(15));

        Assert.Equal("ann", await browser.ReadAsync("/health"));
        using var refused = await browser.GetAsync("/uses");
        Assert.Contains("has SessionMode 'Disabled'", await refused.BodyAsync(), StringComparison.Ordinal);
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task An_attribute_that_names_requirements_alone_authorizes_too()
    {
        await using var app = await AuthenticationApp.StartAsync(map: app =>
            app.MapGet("/health", (ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier)).WithMetadata(new SignedInAttribute()).WithSession(SessionMode.Disabled));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("ann", await browser.ReadAsync("/health"));
    }

    public void Dispose()
    {
        _files.Dispose();
        _root.Delete(recursive: true);
    }

    private Task<App> StartAsync(string kind, Action<StaticFileResponseContext>? prepare = null) => AuthenticationApp.StartAsync(
        cache: _cache,
        services: services => services.AddAuthorizationBuilder()
            .SetFallbackPolicy(kind.StartsWith("fallback", StringComparison.Ordinal) ? new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build() : null),
        before: app =>
        {
            app.Environment.WebRootFileProvider = _files;
            if (kind.EndsWith("static files", StringComparison.Ordinal))
            {
                app.UseStaticFiles(new StaticFileOptions { OnPrepareResponse = prepare ?? (static _ => { }) });
            }
        },
        map: app =>
        {
            app.MapPost("/sign-in/{user}", (ISessionManager session, string user) => session.SetUserId(user)).AllowAnonymous().WithOrder(-1);
            var assets = kind.EndsWith("static files", StringComparison.Ordinal) ? null : app.MapStaticAssets(Manifest);
            _ = kind switch
            {
                "endpoint" => assets!.RequireAuthorization(),
                "fallback, open" => assets!.AllowAnonymous(),
                "none, authorized and open" => assets!.RequireAuthorization().AllowAnonymous(),
                "policy" => assets!.RequireAuthorization(policy => policy.RequireClaim(ClaimTypes.NameIdentifier, "ann")),
                _ => assets,
            };
        });

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class SignedInAttribute : Attribute, IAuthorizationRequirementData
    {
        public IEnumerable<IAuthorizationRequirement> GetRequirements() => [new DenyAnonymousAuthorizationRequirement()];
    }
}
