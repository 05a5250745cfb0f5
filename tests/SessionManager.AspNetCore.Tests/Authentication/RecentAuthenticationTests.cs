using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>RequireRecentAuthentication: only a sign-in is recent, not use, nor a change of the token.</summary>
public sealed class RecentAuthenticationTests
{
    [Fact]
    public async Task A_sign_in_that_is_too_old_is_asked_for_again()
    {
        await using var app = await AuthenticationApp.StartAsync();
        var browser = app.NewBrowser();
        Assert.Equal(401, await StatusAsync(browser, "/recent"));
        await browser.DoAsync("/sign-in/alice");

        app.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(200, await StatusAsync(browser, "/recent"));
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(401, await StatusAsync(browser, "/recent"));
        Assert.Equal(200, await StatusAsync(browser, "/protected"));

        await browser.DoAsync("/sign-in/alice");
        Assert.Equal(200, await StatusAsync(browser, "/recent"));
    }

    [Theory]
    [InlineData("/rotate")]
    [InlineData("/values/a/1")]
    public async Task Neither_a_rotation_nor_use_makes_it_recent(string use)
    {
        await using var app = await AuthenticationApp.StartAsync(session: options => options.TokenRotationInterval = TimeSpan.FromMinutes(1));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        for (var i = 0; i < 6; i++)
        {
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            await browser.DoAsync(use);
        }

        Assert.Equal(401, await StatusAsync(browser, "/recent"));
    }

    [Fact]
    public async Task A_page_leads_to_the_login_page_and_a_missing_role_stays_forbidden()
    {
        await using var app = await AuthenticationApp.StartAsync(scheme => scheme.LoginPath = "/login", map: app =>
        {
            app.MapGet("/recent-page", () => Microsoft.AspNetCore.Http.Results.Content("", "text/html")).RequireAuthorization("recent");
            app.MapGet("/recent-admin", () => Microsoft.AspNetCore.Http.Results.Content("", "text/html"))
                .RequireAuthorization(policy => policy.RequireRole("admin").RequireRecentAuthentication(TimeSpan.FromMinutes(5)));
        }, services: services => services.AddAuthorizationBuilder().AddPolicy("recent", policy => policy.RequireRecentAuthentication(TimeSpan.FromMinutes(5))));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        Assert.Equal(403, await StatusAsync(browser, "/recent-admin"));
        app.Clock.Advance(TimeSpan.FromMinutes(6));

        using var response = await browser.GetAsync("/recent-page");

        Assert.Equal("http://localhost/login?ReturnUrl=%2Frecent-page", response.Headers.Location?.OriginalString);
    }

    [Fact]
    public void A_time_that_is_no_time_is_refused() =>
        Assert.All([TimeSpan.Zero, TimeSpan.FromSeconds(-1)], time => Assert.Throws<ArgumentOutOfRangeException>(() => new RecentAuthenticationRequirement(time)));

    private static async Task<int> StatusAsync(Browser browser, string path)
    {
        using var response = await browser.GetAsync(path);
        return (int)response.StatusCode;
    }
}
