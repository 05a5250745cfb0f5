using System.Net;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Records that are gone, damaged or newer than this library, found at the load or only at the commit.</summary>
public sealed class RecordFaultTests
{
    private const int RecordRejected = 14;
    private const int NewerRecord = 15;

    [Fact]
    public async Task A_record_that_was_evicted_is_no_session_and_the_next_write_begins_another()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var token = browser.Token;
        cache.Entries.Clear();

        Assert.Equal(":", await browser.ReadAsync("/state"));
        Assert.Empty(browser.LastSetCookies);
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/store?value=again"));

        Assert.NotEqual(token, browser.Token);
        Assert.Equal(":again", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("/store?value=after", HttpStatusCode.Conflict, ":")]
    [InlineData("/update", HttpStatusCode.Conflict, ":")]
    [InlineData("/rotate", HttpStatusCode.Conflict, ":")]
    [InlineData("/sign-in?user=bob", HttpStatusCode.OK, "bob:")]
    [InlineData("/sign-out", HttpStatusCode.OK, ":")]
    [InlineData("/destroy", HttpStatusCode.OK, ":")]
    public async Task A_record_that_is_evicted_during_the_request_is_not_brought_back(string path, HttpStatusCode status, string state)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var old = browser.Clone();
        cache.Plan(CacheOperation.Get, CacheFault.Evict, after: 1);

        Assert.Equal(status, await FaultEndpoints.StatusAsync(browser, path));

        Assert.Equal(state, await browser.ReadAsync("/state"));
        Assert.Equal(":", await old.ReadAsync("/state"));
    }

    [Fact]
    public async Task A_record_that_is_evicted_before_its_touch_stays_away()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        cache.Plan(CacheOperation.Get, CacheFault.Evict, after: 1);

        Assert.Equal("alice:before", await browser.ReadAsync("/state"));

        Assert.Empty(cache.Records);
    }

    [Fact]
    public async Task A_damaged_record_is_no_session_is_logged_and_replaced_by_the_next_write()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var token = browser.Token;
        Assert.Single(cache.Records).Value.Value[20] ^= 0x40;

        Assert.Equal(":", await browser.ReadAsync("/state"));
        Assert.Equal(1, app.Logs.CountOf(RecordRejected));
        Assert.Empty(browser.LastSetCookies);
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/store?value=again"));

        Assert.NotEqual(token, browser.Token);
        Assert.Equal(":again", await browser.ReadAsync("/state"));

        // Once a session and minute.
        Assert.Equal(1, app.Logs.CountOf(RecordRejected));
    }

    [Fact]
    public async Task A_record_that_was_damaged_on_its_way_is_back_with_the_next_request()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        cache.Plan(CacheOperation.Get, CacheFault.Corrupt);

        Assert.Equal(":", await browser.ReadAsync("/state"));

        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("/store?value=after", HttpStatusCode.Conflict)]
    [InlineData("/sign-in?user=bob", HttpStatusCode.OK)]
    [InlineData("/sign-out", HttpStatusCode.OK)]
    [InlineData("/destroy", HttpStatusCode.OK)]
    public async Task A_record_that_is_damaged_during_the_request_never_ends_in_a_500(string path, HttpStatusCode status)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        cache.Plan(CacheOperation.Get, CacheFault.Corrupt, after: 1);

        Assert.Equal(status, await FaultEndpoints.StatusAsync(browser, path));
    }

    [Theory]
    [InlineData("/store?value=after")]
    [InlineData("/update")]
    [InlineData("/sign-in?user=bob")]
    [InlineData("/sign-out")]
    [InlineData("/destroy")]
    [InlineData("/rotate")]
    public async Task A_record_of_a_newer_version_is_no_session_and_is_left_alone_byte_for_byte(string path)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var (key, bytes) = MakeNewer(cache);

        Assert.Equal(":", await browser.ReadAsync("/state"));
        Assert.Equal(1, app.Logs.CountOf(NewerRecord));
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, path));

        Assert.Equal(bytes, cache.Entries[key].Value);
    }

    [Theory]
    [InlineData("/store?value=after", HttpStatusCode.Conflict)]
    [InlineData("/update", HttpStatusCode.Conflict)]
    [InlineData("/sign-in?user=bob", HttpStatusCode.OK)]
    public async Task A_record_that_becomes_newer_during_the_request_is_left_alone_too(string path, HttpStatusCode status)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var loaded = cache.Hold(CacheOperation.Get, after: true);

        var responding = FaultEndpoints.StatusAsync(browser, path);
        await loaded.Reached;
        var (key, bytes) = MakeNewer(cache);
        loaded.Open();

        Assert.Equal(status, await responding);
        Assert.Equal(bytes, cache.Entries[key].Value);
    }

    [Theory]
    [InlineData("/destroy")]
    [InlineData("/sign-out")]
    public async Task A_record_that_becomes_newer_while_a_request_ends_its_session_is_ended(string path)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var loaded = cache.Hold(CacheOperation.Get, after: true);

        var token = browser.Token;
        var responding = FaultEndpoints.StatusAsync(browser, path);
        await loaded.Reached;
        MakeNewer(cache);
        loaded.Open();

        Assert.Equal(HttpStatusCode.OK, await responding);
        browser.Token = token;
        Assert.Equal(":", await browser.ReadAsync("/state"));
        Assert.Equal(0, app.Logs.CountOf(NewerRecord));
    }

    private static Task<App> StartAsync(FaultCache cache) => App.StartAsync(FaultEndpoints.Map, new AppOptions { Cache = cache });

    private static (string Key, byte[] Bytes) MakeNewer(FaultCache cache)
    {
        var (key, entry) = Assert.Single(cache.Records);
        entry.Value[0] = 2;
        return (key, (byte[])entry.Value.Clone());
    }
}
