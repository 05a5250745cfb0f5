using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>A store that is down signs nobody in, and says so.</summary>
public sealed class FailClosedTests
{
    [Fact]
    public async Task A_load_that_fails_is_503_where_the_user_is_asked_for_and_nothing_elsewhere()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/admin");
        cache.Plan(CacheOperation.Get, CacheFault.Fail, times: 3);

        using var refused = await browser.GetAsync("/admin");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "application/problem+json"), (refused.StatusCode, refused.Content.Headers.ContentType?.MediaType));
        Assert.NotNull(refused.Headers.RetryAfter);
        Assert.Empty(browser.LastSetCookies);
        using var asked = await browser.GetAsync("/user");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, asked.StatusCode);
        Assert.Equal("plain", await browser.ReadAsync("/plain"));

        Assert.Equal("admin", await browser.ReadAsync("/admin"));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task What_an_endpoint_says_of_a_store_that_is_down_holds_wherever_routing_stands(bool routesFirst, bool isDecidedOn)
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(
            cache: cache,
            services: services => services.AddAuthorizationBuilder()
                .SetFallbackPolicy(isDecidedOn ? new AuthorizationPolicyBuilder().RequireAssertion(_ => true).Build() : null),
            before: app => _ = routesFirst ? app.UseAuthentication().UseRouting() : null,
            map: app =>
            {
                _ = routesFirst ? app.UseAuthorization() : app.UseRouting().UseAuthentication().UseAuthorization();
                app.MapGet("/lenient", (ClaimsPrincipal user, ISessionManager session) => (user.Identity?.Name ?? "nobody") + session.GetUserId())
                    .WithMetadata(new SessionAttribute { StoreFailureMode = StoreFailureMode.Anonymous });
            });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        cache.Plan(CacheOperation.Get, CacheFault.Fail, times: 9);

        Assert.Equal("nobody", await browser.ReadAsync("/lenient"));
        using var refused = await browser.GetAsync("/me");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
    }

    [Fact]
    public async Task A_sign_out_that_could_not_look_is_an_error_also_where_the_application_prefers_an_empty_session()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache, session: options => options.StoreFailureMode = StoreFailureMode.Anonymous);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        cache.Plan(CacheOperation.Get, CacheFault.Fail);

        using var refused = await browser.PostAsync("/scheme-sign-out");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_challenge_while_it_is_not_known_who_is_signed_in_is_503()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache, map: app => app.MapGet("/challenge", (HttpContext context) => context.ChallengeAsync()));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        cache.Plan(CacheOperation.Get, CacheFault.Fail);

        using var refused = await browser.GetAsync("/challenge");
        using var challenged = await browser.GetAsync("/challenge");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.Unauthorized), (refused.StatusCode, challenged.StatusCode));
    }

    [Fact]
    public async Task Where_the_application_prefers_an_empty_session_nobody_is_signed_in()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache, session: options => options.StoreFailureMode = StoreFailureMode.Anonymous);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        cache.Plan(CacheOperation.Get, CacheFault.Fail);

        using var refused = await browser.GetAsync("/protected");

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task A_sign_in_that_was_not_saved_is_no_success_and_gives_out_no_cookie()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache);
        var browser = app.NewBrowser();
        cache.Plan(CacheOperation.Set, CacheFault.Fail);

        using var refused = await browser.PostAsync("/sign-in-as/alice/admin");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Empty(browser.LastSetCookies);
    }

    [Fact]
    public async Task A_sign_out_that_was_not_saved_is_an_error()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        cache.Plan(CacheOperation.Set, CacheFault.Fail);

        using var refused = await browser.PostAsync("/scheme-sign-out");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
        Assert.Equal("alice", await browser.ReadAsync("/user"));
    }
}
