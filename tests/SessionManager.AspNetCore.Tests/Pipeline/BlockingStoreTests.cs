using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SessionManager.AspNetCore.Tests.Infrastructure;
using SessionManager.AspNetCore.Tests.Pipeline.Responses;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A cache that blocks instead of returning its task, and honours cancellation, is bounded by the I/O timeout like any other.</summary>
public sealed class BlockingStoreTests
{
    [Theory]
    [InlineData("/state", nameof(CacheOperation.Get))]
    [InlineData("/store?value=after", nameof(CacheOperation.Get))]
    [InlineData("/store?value=after", nameof(CacheOperation.Set))]
    [InlineData("/sign-in?user=bob", nameof(CacheOperation.Set))]
    [InlineData("/sign-out", nameof(CacheOperation.Set))]
    [InlineData("/destroy", nameof(CacheOperation.Set))]
    public async Task A_request_is_503_and_the_next_one_works(string path, string blocks)
    {
        var cache = new BlockingCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        cache.Blocks = Enum.Parse<CacheOperation>(blocks);

        using (var response = path == "/state" ? await browser.GetAsync(path) : await browser.PostAsync(path))
        {
            await Answer.AssertUnavailableAsync(response, browser);
        }

        Assert.Equal(1, cache.Cancelled);
        cache.Blocks = null;
        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/store?value=again"));
    }

    [Fact]
    public async Task A_touch_is_given_up_on_and_harms_nobody()
    {
        var cache = new BlockingCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        cache.Blocks = CacheOperation.Set;

        Assert.Equal("alice:before", await browser.ReadAsync("/state"));

        Assert.Equal(1, cache.Cancelled);
    }

    [Theory]
    [InlineData(nameof(CacheOperation.Get))]
    [InlineData(nameof(CacheOperation.Set))]
    [InlineData(nameof(CacheOperation.Remove))]
    public async Task The_health_check_is_unhealthy(string blocks)
    {
        var cache = new BlockingCache { Blocks = Enum.Parse<CacheOperation>(blocks) };
        await using var app = await StartAsync(cache);

        var report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);

        Assert.Equal((HealthStatus.Unhealthy, 1), (report.Status, cache.Cancelled));
    }

    private static Task<App> StartAsync(BlockingCache cache) => App.StartAsync(
        FaultEndpoints.Map,
        new AppOptions
        {
            Cache = cache,
            Session = options => options.IOTimeout = TimeSpan.FromMilliseconds(200),
            Services = services => services.AddHealthChecks().AddSessionManager(),
        });
}
