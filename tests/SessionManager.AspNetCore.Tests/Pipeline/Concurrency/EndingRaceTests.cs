using System.Net;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>A session that ends while requests of it are running stays ended.</summary>
public sealed class EndingRaceTests
{
    [Fact]
    public async Task A_session_destroyed_between_the_check_and_the_write_of_a_commit_is_not_brought_back()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");

        var gate = app.Cache.Hold(CacheOperation.Set);
        var writer = browser.Clone().RunAsync("set:a:1");
        await gate.Reached;
        var arrived = app.Store.HandedOnAsync(StoreOperation.End);
        var destroyer = browser.Clone().RunAsync("destroy");
        await arrived;
        gate.Open();
        await writer;

        Assert.Equal(HttpStatusCode.NoContent, await destroyer);
        await AssertEndedAsync(app, browser.Token!);
    }

    [Fact]
    public async Task A_session_destroyed_between_the_check_and_the_write_of_a_touch_is_not_brought_back()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        app.App.Clock.Advance(TimeSpan.FromMinutes(5));

        var gate = app.Cache.Hold(CacheOperation.Set);
        var reader = browser.StateAsync();
        await gate.Reached;
        var arrived = app.Store.HandedOnAsync(StoreOperation.End);
        var destroyer = browser.Clone().RunAsync("destroy");
        await arrived;
        gate.Open();
        await reader;

        Assert.Equal(HttpStatusCode.NoContent, await destroyer);
        await AssertEndedAsync(app, browser.Token!);
    }

    [Theory]
    [InlineData("set:a:1", null)]
    [InlineData("remove:a", null)]
    [InlineData("set:a:1", "commit")]
    [InlineData("", "add:a")]
    [InlineData("", "take:a")]
    [InlineData("rotate", null)]
    [InlineData("set:a:1", "say:saved")]
    public async Task A_request_in_flight_when_the_session_is_destroyed_is_refused_and_stores_nothing(string script, string? then)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var held = await app.BeginAsync(browser, script, then);
        Assert.Equal(HttpStatusCode.NoContent, await browser.Clone().RunAsync("destroy"));

        Assert.Equal(HttpStatusCode.Conflict, await held.FinishAsync());

        Assert.Empty(held.Tab.LastSetCookies);
        await AssertEndedAsync(app, browser.Token!);
    }

    [Fact]
    public async Task A_reader_in_flight_when_the_session_is_destroyed_is_not_affected_and_touches_nothing()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        app.App.Clock.Advance(TimeSpan.FromMinutes(5));
        var held = await app.BeginAsync(browser, "");
        await browser.Clone().RunAsync("destroy");

        Assert.Equal(HttpStatusCode.NoContent, await held.FinishAsync());
        await AssertEndedAsync(app, browser.Token!);
    }

    [Fact]
    public async Task A_write_with_the_token_of_a_destroyed_session_begins_another_one()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var old = browser.Clone();
        var oldId = await old.ReadAsync("/id");
        await browser.RunAsync("destroy");
        Assert.Null(browser.Token);

        var replay = old.Clone();
        Assert.Equal(HttpStatusCode.NoContent, await replay.RunAsync("set:b:1"));

        Assert.Equal("nobody: b=1", await replay.StateAsync());
        Assert.NotEqual(oldId, await replay.ReadAsync("/id"));
        await AssertEndedAsync(app, old.Token!);
    }

    [Fact]
    public async Task Two_requests_that_destroy_a_session_at_once_both_succeed()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var first = await app.BeginAsync(browser, "destroy");
        var second = await app.BeginAsync(browser, "destroy");

        Assert.Equal(HttpStatusCode.NoContent, await first.FinishAsync());
        Assert.Equal(HttpStatusCode.NoContent, await second.FinishAsync());

        Assert.Null(first.Tab.Token);
        Assert.Null(second.Tab.Token);
        await AssertEndedAsync(app, browser.Token!);
    }

    [Fact]
    public async Task A_destroy_in_flight_across_a_sign_in_ends_the_signed_in_session()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var held = await app.BeginAsync(browser, "destroy");
        var signedIn = browser.Clone();
        await signedIn.RunAsync("in:ann");

        Assert.Equal(HttpStatusCode.NoContent, await held.FinishAsync());

        await AssertEndedAsync(app, browser.Token!);
        await AssertEndedAsync(app, signedIn.Token!);
    }

    [Fact]
    public async Task A_sign_out_in_flight_across_a_destroy_succeeds()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var held = await app.BeginAsync(browser, "set:a:1,out");
        await browser.Clone().RunAsync("destroy");

        Assert.Equal(HttpStatusCode.NoContent, await held.FinishAsync());
        Assert.Empty(held.Tab.LastSetCookies);
        await AssertEndedAsync(app, browser.Token!);
    }

    [Fact]
    public async Task A_sign_in_in_flight_across_a_destroy_begins_a_fresh_session_without_the_destroyed_values()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var held = await app.BeginAsync(browser, "set:b:1,in:ann");
        await browser.Clone().RunAsync("destroy");

        Assert.Equal(HttpStatusCode.NoContent, await held.FinishAsync());

        Assert.Equal("ann: b=1", await held.Tab.StateAsync());
        await AssertEndedAsync(app, browser.Token!);
    }

    [Fact]
    public async Task A_writer_whose_record_was_evicted_meanwhile_is_refused_and_creates_nothing()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var held = await app.BeginAsync(browser, "set:a:1");
        app.Cache.Entries.Clear();

        Assert.Equal(HttpStatusCode.Conflict, await held.FinishAsync());
        Assert.Empty(app.Cache.Entries);
    }

    [Fact]
    public async Task A_writer_whose_session_was_found_expired_meanwhile_is_refused()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var held = await app.BeginAsync(browser, "set:a:1");
        app.App.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal("Expired", await app.EndOfAsync(browser.Token!));

        Assert.Equal(HttpStatusCode.Conflict, await held.FinishAsync());
        Assert.Equal("nobody:", await browser.StateAsync());
        Assert.Equal("Expired", await app.EndOfAsync(browser.Token!));
    }

    [Fact]
    public async Task A_session_destroyed_among_many_parallel_writers_stays_destroyed()
    {
        await using var app = await ScriptedApp.StartAsync(delay: TimeSpan.FromMilliseconds(1));
        for (var round = 0; round < 5; round++)
        {
            var browser = await app.NewBrowserAsync("in:ann,set:a:0");
            var statuses = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => browser.Clone().RunAsync(i == 20 ? "destroy" : i % 3 == 0 ? "add:n" : $"set:k{i}:1")));

            Assert.Equal(HttpStatusCode.NoContent, statuses[20]);
            await AssertEndedAsync(app, browser.Token!);
        }
    }

    private static async Task AssertEndedAsync(ScriptedApp app, string token)
    {
        Assert.Equal("nobody:", await app.StateOfAsync(token));
        Assert.Equal("SignedOut", await app.EndOfAsync(token));
    }
}
