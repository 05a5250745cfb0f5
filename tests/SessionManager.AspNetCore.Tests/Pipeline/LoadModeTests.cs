using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Sessions that are loaded when the handler asks for it.</summary>
public sealed class LoadModeTests
{
    [Theory]
    [InlineData("/read")]
    [InlineData("/store")]
    [InlineData("/legacy")]
    public async Task An_access_before_the_load_names_the_fix_and_calls_no_store(string path)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await BeginAsync(app);
        var calls = cache.Calls;

        Assert.Contains("LoadAsync()", await browser.ReadAsync(path), StringComparison.Ordinal);

        Assert.Equal(calls, cache.Calls);
        Assert.Empty(browser.LastSetCookies);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/legacy")]
    public async Task After_the_load_everything_works_on_one_load(string suffix)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await BeginAsync(app);
        var gets = cache.Gets;

        Assert.Equal("apple", await browser.ReadAsync("/loaded" + suffix));

        Assert.Equal(gets + 1, cache.Gets);
    }

    [Fact]
    public async Task A_request_that_does_not_ask_loads_nothing()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await BeginAsync(app);
        var calls = cache.Calls;

        Assert.Equal("plain", await browser.ReadAsync("/plain"));

        Assert.Equal(calls, cache.Calls);
    }

    [Fact]
    public async Task A_load_that_fails_answers_503_and_keeps_the_cookie()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await BeginAsync(app);
        cache.Plan(CacheOperation.Get, CacheFault.Fail);

        using var response = await browser.GetAsync("/loaded");

        Assert.Equal(StatusCodes.Status503ServiceUnavailable, (int)response.StatusCode);
        Assert.Empty(browser.LastSetCookies);
        Assert.Equal("apple", await browser.ReadAsync("/loaded"));
    }

    private static async Task<Browser> BeginAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.ReadAsync("/begin");
        return browser;
    }

    private static Task<App> StartAsync(FaultCache cache) => App.StartAsync(
        app =>
        {
            app.MapGet("/plain", () => "plain");
            app.MapGet("/begin", async (ISessionManager session) =>
            {
                await session.LoadAsync(CancellationToken.None);
                session.StoreValue("fruit", "apple");
            });
            app.MapGet("/loaded", async (ISessionManager session) =>
            {
                await session.LoadAsync(CancellationToken.None);
                await session.LoadAsync(CancellationToken.None);
                return session.GetValue<string>("fruit");
            });
            app.MapGet("/loaded/legacy", async (HttpContext context) =>
            {
                await context.Session.LoadAsync(CancellationToken.None);
                return context.Session.GetString("fruit");
            });
            app.MapGet("/read", (ISessionManager session) => Assert.Throws<InvalidOperationException>(() => session.GetUserId()).Message);
            app.MapGet("/store", (ISessionManager session) => Assert.Throws<InvalidOperationException>(() => session.StoreValue("fruit", "pear")).Message);
            app.MapGet("/legacy", (HttpContext context) =>
                context.Session.IsAvailable ? "available" : Assert.Throws<InvalidOperationException>(() => context.Session.GetString("fruit")).Message);
        },
        new AppOptions { Cache = cache, Session = options => options.LoadMode = LoadMode.OnDemand });
}
