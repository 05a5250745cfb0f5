using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>Step-up looks at the principal that is authorized, not at whoever's session came with the request.</summary>
public sealed class StepUpTests
{
    [Theory]
    [InlineData("/recent-bearer", "bob", 403)]
    [InlineData("/recent-bearer", "ann", 403)]
    [InlineData("/recent-either", "bob", 401)]
    [InlineData("/recent-either", "ann", 200)]
    [InlineData("/recent-either", null, 200)]
    [InlineData("/recent-session", "bob", 200)]
    [InlineData("/recent", "bob", 200)]
    public async Task A_fresh_session_counts_only_for_its_own_user(string path, string? bearer, int status)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal(status, await StatusAsync(browser, path, bearer));
    }

    [Theory]
    [InlineData("/recent-bearer", 403)]
    [InlineData("/recent-either", 401)]
    public async Task A_bearer_without_a_session_is_none(string path, int status)
    {
        await using var app = await StartAsync();

        Assert.Equal(status, await StatusAsync(app.NewBrowser(), path, "bob"));
    }

    [Fact]
    public async Task A_principal_that_a_transformation_has_copied_still_came_from_the_session()
    {
        await using var app = await StartAsync(services => services.AddSingleton<IClaimsTransformation, Copy>());
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal(200, await StatusAsync(browser, "/recent", bearer: null));
        Assert.Equal(200, await StatusAsync(browser, "/recent-either", bearer: null));
    }

    [Fact]
    public async Task A_principal_that_another_middleware_has_put_in_its_place_did_not()
    {
        await using var app = await StartAsync(before: app => app.Use((context, next) =>
        {
            context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "bob")], "other"));
            return next(context);
        }).UseAuthorization());
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal(401, await StatusAsync(browser, "/recent", bearer: null));
    }

    private static async Task<int> StatusAsync(Browser browser, string path, string? bearer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (bearer is not null)
        {
            request.Headers.Add(HeaderUserHandler.Header, bearer);
        }

        using var response = await browser.SendAsync(request);
        return (int)response.StatusCode;
    }

    private static Task<App> StartAsync(Action<IServiceCollection>? services = null, Action<WebApplication>? before = null) => AuthenticationApp.StartAsync(
        services: collection =>
        {
            collection.AddAuthentication(SessionManagerDefaults.AuthenticationScheme).AddScheme<AuthenticationSchemeOptions, HeaderUserHandler>("Bearer", null);
            services?.Invoke(collection);
        },
        before: before,
        map: app =>
        {
            app.MapGet("/recent-bearer", () => "x").RequireAuthorization(Recent("Bearer"));
            app.MapGet("/recent-session", () => "x").RequireAuthorization(Recent(SessionManagerDefaults.AuthenticationScheme));
            app.MapGet("/recent-either", () => "x").RequireAuthorization(Recent("Bearer", SessionManagerDefaults.AuthenticationScheme));
        });

    private static AuthorizationPolicy Recent(params string[] schemes) =>
        new AuthorizationPolicyBuilder(schemes).RequireRecentAuthentication(TimeSpan.FromMinutes(5)).Build();

    private sealed class Copy : IClaimsTransformation
    {
        public Task<ClaimsPrincipal> TransformAsync(ClaimsPrincipal principal)
        {
            var copy = principal.Clone();
            copy.AddIdentity(new ClaimsIdentity([new Claim("department", "x")], "directory"));
            return Task.FromResult(copy);
        }
    }
}
