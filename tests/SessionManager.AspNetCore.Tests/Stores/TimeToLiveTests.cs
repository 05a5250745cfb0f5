using Microsoft.Extensions.Caching.Distributed;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The store's own expiry is garbage collection: every entry has one, and none cuts a session or its memory short.</summary>
public sealed class TimeToLiveTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    [Fact]
    public async Task A_record_outlives_its_session_by_the_idle_timeout_whatever_wrote_it()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();

        foreach (var path in new[] { "/values/fruit/apple", "/sign-in/alice", "/values/fruit/pear", "/rotate", "/sign-out" })
        {
            await browser.DoAsync(path);
            AssertLifetimes(cache, 2 * Idle);
            app.Clock.Advance(Idle / 2);
        }

        var sets = cache.Sets;
        await browser.ReadAsync("/me");
        Assert.Equal(sets + 1, cache.Sets);
        AssertLifetimes(cache, 2 * Idle);
    }

    [Fact]
    public async Task A_record_is_kept_for_requests_that_run_long_though_the_idle_timeout_is_short()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(
            app => app.MapSession(), new AppOptions { Cache = cache, Session = options => options.IdleTimeout = TimeSpan.FromSeconds(1) });

        await app.NewBrowser().DoAsync("/values/fruit/apple");

        AssertLifetimes(cache, TimeSpan.FromMinutes(20));
    }

    [Fact]
    public async Task A_tombstone_stays_for_the_idle_timeout_at_least()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        await browser.DoAsync("/destroy");

        AssertLifetimes(cache, Idle);
    }

    [Fact]
    public async Task A_session_whose_entry_the_store_keeps_for_ever_still_expires()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        foreach (var (key, entry) in cache.Entries)
        {
            cache.Entries[key] = (entry.Value, new DistributedCacheEntryOptions());
        }

        app.Clock.Advance(Idle + TimeSpan.FromSeconds(1));

        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    private static Task<App> StartAsync(FaultCache cache) =>
        App.StartAsync(app => app.MapSession(), new AppOptions { Cache = cache, Session = options => options.IdleTimeout = Idle });

    private static void AssertLifetimes(FaultCache cache, TimeSpan atLeast)
    {
        Assert.NotEmpty(cache.Records);
        Assert.All(cache.Records.Select(entry => entry.Value), entry =>
        {
            Assert.Null(entry.Options.AbsoluteExpiration);
            Assert.Null(entry.Options.SlidingExpiration);
            Assert.InRange(entry.Options.AbsoluteExpirationRelativeToNow!.Value, atLeast, TimeSpan.FromDays(7300));
        });
    }
}
