using System.Net;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>What is acknowledged, and what is not, when the store fails now and then.</summary>
public sealed class FaultyStoreTests
{
    [Fact]
    public async Task Of_parallel_writes_over_a_store_that_fails_now_and_then_exactly_the_acknowledged_ones_are_stored()
    {
        await using var app = await ScriptedApp.StartAsync(delay: TimeSpan.FromMilliseconds(1));
        var browser = await app.NewBrowserAsync("set:begun:1");
        for (var i = 0; i < 20; i++)
        {
            app.Store.Plan(StoreOperation.Commit, StoreFaultKind.Fail, after: i % 2);
        }

        var statuses = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => browser.Clone().RunAsync($"set:k{i:00}:1")));

        Assert.Equal(20, statuses.Count(status => status == HttpStatusCode.ServiceUnavailable));
        var stored = Enumerable.Range(0, 60).Where(i => statuses[i] == HttpStatusCode.NoContent).Select(i => $" k{i:00}=1");
        Assert.Equal($"nobody: begun=1{string.Concat(stored)}", await browser.StateAsync());
    }

    [Theory]
    [InlineData("", "in:ann,set:a:1", "ann: a=1 b=1")]
    [InlineData("set:a:1", "in:ann", "ann: a=1 b=1")]
    [InlineData("in:ann,set:a:1", "out", "nobody: a=1 b=1")]
    [InlineData("in:ann,set:a:1", "rotate", "ann: a=1 b=1")]
    public async Task A_request_that_saves_again_after_a_lost_acknowledgement_can_go_on(string start, string script, string after)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync(start);
        app.Store.Plan(StoreOperation.Commit, StoreFaultKind.LoseAcknowledgement);

        Assert.Equal(HttpStatusCode.NoContent, await browser.RunAsync($"{script},insist,set:b:1"));

        Assert.Single(browser.LastSetCookies);
        Assert.Equal(after, await browser.StateAsync());
    }

    [Theory]
    [InlineData(StoreOperation.Commit, StoreFaultKind.Fail, "set:a:1")]
    [InlineData(StoreOperation.Commit, StoreFaultKind.Hang, "set:a:1")]
    [InlineData(StoreOperation.Commit, StoreFaultKind.LoseAcknowledgement, "set:a:1")]
    [InlineData(StoreOperation.Commit, StoreFaultKind.Fail, "out")]
    [InlineData(StoreOperation.End, StoreFaultKind.Fail, "destroy")]
    [InlineData(StoreOperation.Load, StoreFaultKind.Fail, "set:a:1")]
    [InlineData(StoreOperation.Load, StoreFaultKind.Hang, "set:a:1")]
    public async Task A_request_whose_save_failed_is_not_acknowledged_and_sets_no_cookie(StoreOperation operation, StoreFaultKind kind, string script)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        app.Store.Plan(operation, kind);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await browser.RunAsync(script));

        Assert.Empty(browser.LastSetCookies);
        Assert.StartsWith("ann: a=", await browser.StateAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(StoreFaultKind.Evict)]
    [InlineData(StoreFaultKind.Corrupt)]
    public async Task A_session_that_is_lost_or_damaged_is_nobodys_and_a_write_begins_another(StoreFaultKind kind)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var old = browser.Token;
        app.Store.Plan(StoreOperation.Load, kind, times: 2);

        Assert.Equal("nobody:", await browser.StateAsync());
        Assert.Equal(HttpStatusCode.NoContent, await browser.RunAsync("set:b:1"));

        Assert.NotEqual(old, browser.Token);
        Assert.Equal("nobody: b=1", await browser.StateAsync());
    }

    [Fact]
    public async Task A_touch_that_fails_costs_the_request_nothing()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        app.App.Clock.Advance(TimeSpan.FromMinutes(5));
        app.Store.Plan(StoreOperation.Touch, StoreFaultKind.Fail);

        Assert.Equal("ann: a=0", await browser.StateAsync());
        Assert.Equal("ann: a=0", await browser.StateAsync());
        Assert.Equal(2, app.Store.CallsOf(StoreOperation.Touch));
    }
}
