using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

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
        Assert.Single(cache.Records);
        Assert.Equal(0, app.Logs.CountOf(ConsentMissing));
    }

    [Theory]
    [InlineData("/values/fruit/pear")]
    [InlineData("/sign-in/bob")]
    [InlineData("/rotate")]
    [InlineData("/update")]
    public async Task Consent_that_is_withdrawn_stores_nothing_more_and_leaves_the_session_as_it_was(string path)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, essential: false);
        var browser = await BegunWithConsentAsync(app);
        var before = cache.Records.Single().Value.Value;

        await browser.DoAsync(path);

        Assert.Empty(browser.LastSetCookies);
        Assert.Equal(before, cache.Records.Single().Value.Value);
        Assert.Equal(1, app.Logs.CountOf(ConsentMissing));
        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("/sign-out")]
    [InlineData("/destroy")]
    [InlineData("/store-and-sign-out")]
    public async Task A_sign_out_is_carried_out_without_consent_too(string path)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, essential: false);
        var browser = await BegunWithConsentAsync(app);
        var token = browser.Token;

        await browser.DoAsync(path);
        browser.Token = token;

        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task Without_consent_no_token_is_rotated_by_time()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, essential: false, options => options.TokenRotationInterval = TimeSpan.FromMinutes(1));
        var browser = await BegunWithConsentAsync(app);
        app.Clock.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal("alice", await browser.ReadAsync("/me"));

        Assert.Empty(browser.LastSetCookies);
        Assert.Equal(0, app.Logs.CountOf(21));
    }

    private static async Task<Browser> BegunWithConsentAsync(App app)
    {
        var browser = app.NewBrowser();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in/alice");
        request.Headers.Add("Cookie", ".AspNet.Consent=yes");
        using var response = await SendAsync(browser, request);
        Assert.NotNull(browser.Token);
        return browser;
    }

    private static Task<HttpResponseMessage> SendAsync(Browser browser, HttpRequestMessage request) => browser.SendAsync(request);

    private static Task<App> StartAsync(FaultCache cache, bool essential, Action<SessionManagerOptions>? session = null) => App.StartAsync(Map, new AppOptions
    {
        Cache = cache,
        Services = services => services.Configure<CookiePolicyOptions>(options => options.CheckConsentNeeded = _ => true),
        Before = app => app.UseCookiePolicy(),
        Session = options =>
        {
            options.Cookie.IsEssential = essential;
            session?.Invoke(options);
        },
    });

    private static void Map(WebApplication app)
    {
        app.MapSession();
        app.MapPost("/update", async (ISessionManager session) => await session.UpdateValueAsync<int>("n", n => n + 1));
        app.MapPost("/store-and-sign-out", (ISessionManager session) =>
        {
            session.StoreValue("fruit", "pear");
            session.ClearSession();
        });
    }
}
