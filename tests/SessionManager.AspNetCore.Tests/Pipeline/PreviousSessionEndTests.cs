using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A browser that brings a dead token is told why, every time, and is not sent a deletion that could overtake a new cookie.</summary>
public sealed class PreviousSessionEndTests
{
    [Fact]
    public async Task Nobody_and_a_living_session_are_told_nothing()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();

        await AssertToldAsync(browser, cache, "none");
        await browser.DoAsync("/values/fruit/apple");
        await AssertToldAsync(browser, cache, "none");
        await browser.DoAsync("/sign-in/alice");
        await AssertToldAsync(browser, cache, "none");
    }

    [Fact]
    public async Task An_expired_session_is_told_as_expired()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        app.Clock.Advance(TimeSpan.FromMinutes(21));

        // The first to notice leaves a tombstone; from there on nothing is written.
        Assert.Equal("Expired", await browser.ReadAsync("/end"));
        await AssertToldAsync(browser, cache, "Expired");
    }

    [Fact]
    public async Task A_destroyed_session_is_told_as_signed_out()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var other = browser.Clone();

        await browser.DoAsync("/destroy");

        await AssertToldAsync(other, cache, "SignedOut");
        await AssertToldAsync(browser, cache, "none");
    }

    [Theory]
    [InlineData("/sign-in/alice")]
    [InlineData("/sign-in/bob")]
    [InlineData("/sign-out")]
    [InlineData("/rotate")]
    public async Task A_token_that_was_replaced_is_told_as_replaced(string path)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var other = browser.Clone();

        await browser.DoAsync(path);

        await AssertToldAsync(other, cache, "Replaced");
        await AssertToldAsync(browser, cache, "none");
    }

    [Fact]
    public async Task A_token_planted_before_the_sign_in_is_dead_after_it()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var attacker = app.NewBrowser();
        await attacker.DoAsync("/values/fruit/apple");
        var victim = attacker.Clone();

        await victim.DoAsync("/sign-in/alice");

        Assert.Equal("nobody", await attacker.ReadAsync("/me"));
        Assert.Equal("nothing", await attacker.ReadAsync("/values/fruit"));
        await AssertToldAsync(attacker, cache, "Replaced");
        Assert.Equal("alice", await victim.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task An_ill_formed_or_unknown_token_is_told_as_invalid(string token)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        browser.Token = token;

        await AssertToldAsync(browser, cache, "Invalid");
    }

    [Fact]
    public async Task A_session_whose_record_was_evicted_is_told_as_invalid()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        cache.Entries.Clear();

        await AssertToldAsync(browser, cache, "Invalid");
    }

    [Theory]
    [InlineData(1, 14)]
    [InlineData(9, 15)]
    public async Task A_record_that_cannot_be_read_is_told_as_invalid_and_logged(byte version, int eventId)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var (key, entry) = Assert.Single(cache.Records);
        entry.Value[0] = version;
        entry.Value[^1] ^= 1;
        entry.Value[70] ^= 1;

        await AssertToldAsync(browser, cache, "Invalid");
        Assert.InRange(app.Logs.CountOf(eventId), 1, int.MaxValue);

        await browser.DoAsync("/values/fruit/apple");
        Assert.Equal("apple", await browser.ReadAsync("/values/fruit"));
        Assert.Equal(entry.Value, cache.Entries[key].Value);
    }

    [Fact]
    public async Task A_dead_token_is_replaced_by_the_next_write()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var dead = browser.Token;
        app.Clock.Advance(TimeSpan.FromMinutes(21));

        await browser.DoAsync("/values/fruit/apple");

        Assert.NotEqual(dead![..21], browser.Token![..21]);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
        await AssertToldAsync(browser, cache, "none");
    }

    private static Task<App> StartAsync(FaultCache cache) => App.StartAsync(app => app.MapSession(), new AppOptions { Cache = cache });

    /// <summary>Told three times, and on the way no cookie is touched and nothing is written.</summary>
    private static async Task AssertToldAsync(Browser browser, FaultCache cache, string reason)
    {
        var (sets, entries) = (cache.Sets, cache.Entries.Count);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(reason, await browser.ReadAsync("/end"));
            Assert.Empty(browser.LastSetCookies);
            await browser.ReadAsync("/info");
            Assert.Empty(browser.LastSetCookies);
        }

        Assert.Equal((sets, entries), (cache.Sets, cache.Entries.Count));
    }
}
