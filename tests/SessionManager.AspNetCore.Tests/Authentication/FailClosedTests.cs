using System.Net;
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
