using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What a browser is told to forget when its user leaves.</summary>
public sealed class ClearSiteDataTests
{
    private const string Header = "Clear-Site-Data";
    private const string Cleared = "\"prefetchCache\", \"prerenderCache\"";

    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData("/sign-out")]
    [InlineData("/destroy")]
    [InlineData("/sign-out-by-scheme")]
    [InlineData("/sign-out-and-throw")]
    [InlineData("/destroy-and-throw")]
    [InlineData("/sign-out-and-commit")]
    [InlineData("/sign-in/bob")]
    public async Task An_end_that_is_saved_clears_what_the_browser_made_in_advance(string path)
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);

        using var response = await browser.PostAsync(path);

        Assert.Equal(Cleared, ValueOf(response));
    }

    [Fact]
    public async Task A_sign_out_of_who_was_signed_out_meanwhile_clears_it_too()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        var gate = _cache.Hold(CacheOperation.Get, after: true);
        var other = browser.Clone();
        var late = other.PostAsync("/sign-out");
        await gate.Reached;
        await browser.DoAsync("/sign-out");
        gate.Open();

        using var response = await late;

        Assert.Equal(Cleared, ValueOf(response));
    }

    [Theory]
    [InlineData("/sign-in/alice")]
    [InlineData("/values/fruit/apple")]
    [InlineData("/rotate")]
    [InlineData("/throw")]
    public async Task What_is_no_end_clears_nothing(string path)
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);

        using var response = await browser.PostAsync(path);

        Assert.Null(ValueOf(response));
    }

    [Theory]
    [InlineData("/sign-out")]
    [InlineData("/destroy")]
    public async Task By_default_nothing_is_cleared(string path)
    {
        await using var app = await StartAsync(clears: false);
        var browser = await SignInAsync(app);

        using var response = await browser.PostAsync(path);

        Assert.Null(ValueOf(response));
    }

    [Theory]
    [InlineData("/sign-out")]
    [InlineData("/destroy")]
    [InlineData("/sign-out-and-throw")]
    public async Task An_end_that_is_not_saved_clears_nothing(string path)
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        _cache.Plan(CacheOperation.Set, CacheFault.Fail, times: 9);

        using var response = await browser.PostAsync(path);

        Assert.True((int)response.StatusCode >= 500);
        Assert.Null(ValueOf(response));
    }

    [Theory]
    [InlineData("\"cache\"", "\"cache\", \"prefetchCache\", \"prerenderCache\"")]
    [InlineData("\"prerenderCache\",\"cookies\"", "\"prerenderCache\",\"cookies\", \"prefetchCache\"")]
    [InlineData("\"*\"", "\"*\"")]
    public async Task What_the_application_has_the_browser_forget_is_added_to(string own, string expected)
    {
        await using var app = await StartAsync(own: own);
        var browser = await SignInAsync(app);

        using var response = await browser.PostAsync("/sign-out");

        Assert.Equal(expected, ValueOf(response));
    }

    private static string? ValueOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues(Header, out var values) ? string.Join(" | ", values) : null;

    private static async Task<Browser> SignInAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        return browser;
    }

    private Task<App> StartAsync(bool clears = true, string? own = null) => App.StartAsync(
        app =>
        {
            app.Use((context, next) =>
            {
                if (own is not null)
                {
                    context.Response.Headers[Header] = own;
                }

                return next(context);
            });
            app.MapSession();
            app.MapPost("/sign-out-by-scheme", (HttpContext context) => context.SignOutAsync());
            app.MapPost("/sign-out-and-commit", async (ISessionManager session) =>
            {
                session.ClearSession();
                await session.CommitAsync();
            });
            app.MapPost("/sign-out-and-throw", (ISessionManager session) =>
            {
                session.ClearSession();
                throw new InvalidOperationException("broken");
            });
            app.MapPost("/destroy-and-throw", (ISessionManager session) =>
            {
                session.DestroySession();
                throw new InvalidOperationException("broken");
            });
            app.MapPost("/throw", (ISessionManager session) =>
            {
                session.StoreValue("fruit", "pear");
                throw new InvalidOperationException("broken");
            });
        },
        new AppOptions
        {
            Cache = _cache,
            Session = options => options.ClearSiteData = clears,
            Services = services => services.AddAuthentication().AddSessionManager(),
            Before = app => app.UseExceptionHandler(new ExceptionHandlerOptions { ExceptionHandler = context => context.Response.WriteAsync("sorry") }),
        });
}
