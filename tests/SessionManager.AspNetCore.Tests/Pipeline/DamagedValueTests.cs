using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A stored value whose bytes were damaged: it is not read as data, a log event tells of it, and the next write repairs it.</summary>
public sealed class DamagedValueTests
{
    private const int ValueRejected = 16;

    [Fact]
    public async Task A_damaged_value_is_not_read_and_a_log_event_tells_of_it()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions { Cache = cache });
        var browser = await BeginAsync(app, cache);

        Assert.Equal("nothing", await browser.ReadAsync("/values/fruit"));

        Assert.InRange(app.Logs.CountOf(ValueRejected), 1, int.MaxValue);
    }

    [Fact]
    public async Task The_next_write_of_a_damaged_value_repairs_it()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions { Cache = cache });
        var browser = await BeginAsync(app, cache);

        await browser.DoAsync("/values/fruit/pear");

        Assert.Equal("pear", await browser.ReadAsync("/values/fruit"));
    }

    private static async Task<Browser> BeginAsync(App app, FaultCache cache)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");
        Assert.Single(cache.Records).Value.Value[^1] ^= 1;
        return browser;
    }
}
