using System.Globalization;
using System.Net;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A store that fails half of its calls, two in a row: what was answered with success is there at the end, and the rest was 503.</summary>
public sealed class FlappingStoreTests
{
    private const int Calls = 60;

    [Theory]
    [InlineData(nameof(CacheOperation.Set))]
    [InlineData(nameof(CacheOperation.Get))]
    public async Task Every_acknowledged_write_is_there_and_no_other(string operation)
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(FaultEndpoints.Map, new AppOptions { Cache = cache });
        var browser = await FaultEndpoints.SignedInAsync(app);
        Flap(cache, Enum.Parse<CacheOperation>(operation));

        var value = "before";
        var statuses = new List<HttpStatusCode>();
        foreach (var number in Enumerable.Range(0, Calls / 2))
        {
            var next = number.ToString(CultureInfo.InvariantCulture);
            statuses.Add(await FaultEndpoints.StatusAsync(browser, $"/store?value={next}"));
            value = statuses[^1] == HttpStatusCode.OK ? next : value;
        }

        AssertBoth(statuses);
        cache.Heal();
        Assert.Equal($"alice:{value}", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task Every_acknowledged_increment_is_counted_once()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(FaultEndpoints.Map, new AppOptions { Cache = cache });
        var browser = await FaultEndpoints.SignedInAsync(app);
        Flap(cache, CacheOperation.Set);

        var statuses = await Task.WhenAll(
            Enumerable.Range(0, Calls / 2).Select(_ => FaultEndpoints.StatusAsync(browser.Clone(), "/update")));

        AssertBoth(statuses);
        cache.Heal();
        var acknowledged = statuses.Count(status => status == HttpStatusCode.OK);
        Assert.Equal(acknowledged.ToString(CultureInfo.InvariantCulture), await browser.ReadAsync("/count"));
    }

    [Fact]
    public async Task Every_acknowledged_new_session_lives_and_no_other_was_begun()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(FaultEndpoints.Map, new AppOptions { Cache = cache });
        Flap(cache, CacheOperation.Set);

        var browsers = Enumerable.Range(0, Calls / 2).Select(_ => app.NewBrowser()).ToList();
        var statuses = await Task.WhenAll(browsers.Select(browser => FaultEndpoints.StatusAsync(browser, "/sign-in?user=bob")));

        AssertBoth(statuses);
        cache.Heal();
        Assert.Equal(statuses.Count(status => status == HttpStatusCode.OK), cache.Records.Count());
        foreach (var (browser, status) in browsers.Zip(statuses))
        {
            Assert.Equal(status == HttpStatusCode.OK ? "bob:" : ":", await browser.ReadAsync("/state"));
        }
    }

    private static void Flap(FaultCache cache, CacheOperation operation)
    {
        foreach (var _ in Enumerable.Range(0, Calls))
        {
            cache.Plan(operation, CacheFault.Fail, times: 2, after: 2);
        }
    }

    private static void AssertBoth(IReadOnlyCollection<HttpStatusCode> statuses)
    {
        Assert.All(statuses, status => Assert.Contains(status, (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable]));
        Assert.Contains(HttpStatusCode.OK, statuses);
        Assert.Contains(HttpStatusCode.ServiceUnavailable, statuses);
    }
}
