using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests;

/// <summary>The same faults and the same gates under AddSession and UseSession, so that what the documentation says about the built-in
/// session stays true.</summary>
public sealed class BuiltInSessionComparisonTests
{
    private const string Cookie = ".AspNetCore.Session";

    [Theory]
    [InlineData(nameof(CacheFault.Fail))]
    [InlineData(nameof(CacheFault.HangUntilCancelled))]
    public async Task The_built_in_session_answers_200_and_loses_the_write_when_the_store_fails(string fault)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await BrowserWithAsync(app, "before");
        cache.Plan(CacheOperation.Set, Enum.Parse<CacheFault>(fault));

        Assert.Equal(HttpStatusCode.OK, await StoreAsync(browser, "after"));

        Assert.Equal("before", await browser.ReadAsync("/value"));
    }

    [Fact]
    public async Task The_built_in_session_gives_out_a_cookie_for_a_session_that_was_not_saved()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = NewBrowser(app);
        cache.Plan(CacheOperation.Set, CacheFault.Fail);

        Assert.Equal(HttpStatusCode.OK, await StoreAsync(browser, "after"));

        Assert.NotNull(browser.Token);
        Assert.Empty(cache.Entries);
    }

    // A load that hangs is not tried here: it is synchronous and without a time limit.
    [Fact]
    public async Task The_built_in_session_is_empty_and_the_answer_200_when_the_load_fails()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await BrowserWithAsync(app, "before");
        cache.Plan(CacheOperation.Get, CacheFault.Fail);

        Assert.Equal("", await browser.ReadAsync("/value"));
    }

    [Fact]
    public async Task The_built_in_session_answers_before_the_store_has_acknowledged_and_the_next_request_reads_the_old_value()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await BrowserWithAsync(app, "before");
        var gate = cache.Hold(CacheOperation.Set);

        using var response = await browser.GetAsync("/store?value=after");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        await gate.Reached;
        Assert.Equal("before", await browser.ReadAsync("/value"));
        gate.Open();
    }

    [Fact]
    public async Task The_built_in_session_loses_one_of_two_parallel_writes_to_different_keys()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await BrowserWithAsync(app, "before");
        var gate = cache.Hold(CacheOperation.Set);

        var first = browser.Clone().GetAsync("/store?value=after");
        await gate.Reached;
        Assert.Equal("stored", await browser.ReadAsync("/store?key=other&value=other"));
        gate.Open();
        using var response = await first;
        await response.Content.LoadIntoBufferAsync(TestContext.Current.CancellationToken);

        Assert.Equal("after", await browser.ReadAsync("/value"));
        Assert.Equal("", await browser.ReadAsync("/value?key=other"));
    }

    [Fact]
    public async Task The_built_in_session_is_brought_back_by_a_request_in_flight()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await BrowserWithAsync(app, "before");
        var gate = cache.Hold(CacheOperation.Set);

        var late = browser.Clone().GetAsync("/store?key=late&value=late");
        await gate.Reached;
        Assert.Equal("cleared", await browser.ReadAsync("/clear"));
        Assert.Equal("", await browser.ReadAsync("/value"));
        gate.Open();
        using var response = await late;
        await response.Content.LoadIntoBufferAsync(TestContext.Current.CancellationToken);

        Assert.Equal("before", await browser.ReadAsync("/value"));
    }

    [Fact]
    public async Task The_built_in_session_saves_the_changes_of_a_handler_that_threw()
    {
        await using var app = await StartAsync(new FaultCache());
        var browser = await BrowserWithAsync(app, "before");

        using (var response = await browser.GetAsync("/fail"))
        {
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        }

        Assert.Equal("half-done", await browser.ReadAsync("/value"));
    }

    private static async Task<WebApplication> StartAsync(FaultCache cache)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseTestServer();
        builder.Services.AddSingleton<IDistributedCache>(new BuiltInSessionCache(cache));
        builder.Services.AddSession(options => options.IOTimeout = TimeSpan.FromMilliseconds(200));
        var app = builder.Build();
        app.UseExceptionHandler("/error");
        app.UseSession();
        app.MapGet("/store", (HttpContext context, string value, string? key) =>
        {
            context.Session.SetString(key ?? "value", value);
            return "stored";
        });
        app.MapGet("/value", (HttpContext context, string? key) => context.Session.GetString(key ?? "value") ?? "");
        app.MapGet("/clear", (HttpContext context) =>
        {
            context.Session.Clear();
            return "cleared";
        });
        app.MapGet("/fail", (HttpContext context) =>
        {
            context.Session.SetString("value", "half-done");
            throw new InvalidOperationException("The handler failed.");
        });
        app.Map("/error", () => Results.Text("the error page", statusCode: StatusCodes.Status500InternalServerError));
        await app.StartAsync();
        return app;
    }

    private static Browser NewBrowser(WebApplication app) =>
        new(new HttpClient(app.GetTestServer().CreateHandler()) { BaseAddress = new Uri("http://localhost") }, Cookie);

    private static async Task<Browser> BrowserWithAsync(WebApplication app, string value)
    {
        var browser = NewBrowser(app);
        Assert.Equal(HttpStatusCode.OK, await StoreAsync(browser, value));
        return browser;
    }

    private static async Task<HttpStatusCode> StoreAsync(Browser browser, string value)
    {
        using var response = await browser.GetAsync($"/store?value={value}");
        // Its end is the end of the request, with the save.
        await response.Content.LoadIntoBufferAsync();
        return response.StatusCode;
    }
}
