using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>A cookie that is not essential waits for the user's consent.</summary>
public sealed class CookieConsentTests
{
    private const int ConsentMissing = 34;

    [Theory]
    [InlineData("/values/fruit/apple")]
    [InlineData("/sign-in/alice")]
    public async Task Without_consent_nothing_is_stored_no_cookie_is_set_and_an_event_says_so(string path)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, essential: false);
        var browser = app.NewBrowser();

        await browser.DoAsync(path);

        Assert.Empty(browser.LastSetCookies);
        Assert.Empty(cache.Entries);
        Assert.Equal(1, app.Logs.CountOf(ConsentMissing));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task With_consent_or_an_essential_cookie_the_session_begins(bool essential, bool consented)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, essential);
        var browser = app.NewBrowser();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/values/fruit/apple");
        if (consented)
        {
            request.Headers.Add("Cookie", ".AspNet.Consent=yes");
        }

        using var response = await SendAsync(browser, request);

        response.EnsureSuccessStatusCode();
        Assert.Single(browser.LastSetCookies);
        Assert.Single(cache.Entries);
        Assert.Equal(0, app.Logs.CountOf(ConsentMissing));
    }

    private static Task<HttpResponseMessage> SendAsync(Browser browser, HttpRequestMessage request) => browser.SendAsync(request);

    private static Task<App> StartAsync(FaultCache cache, bool essential) => App.StartAsync(app => app.MapSession(), new AppOptions
    {
        Cache = cache,
        Services = services => services.Configure<CookiePolicyOptions>(options => options.CheckConsentNeeded = _ => true),
        Before = app => app.UseCookiePolicy(),
        Session = options => options.Cookie.IsEssential = essential,
    });
}
