using System.Net;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>Parallel requests of one session: nothing acknowledged is lost, and nobody waits for another's code.</summary>
public sealed class ParallelWriteTests
{
    private static readonly TimeSpan SlowStore = TimeSpan.FromMilliseconds(5);

    [Fact]
    public async Task Of_600_parallel_writes_of_distinct_keys_none_is_lost()
    {
        await using var app = await ScriptedApp.StartAsync(options => options.MaxKeys = 1000, SlowStore);
        var browser = await app.NewBrowserAsync("set:k000:1");

        var statuses = await Task.WhenAll(Enumerable.Range(1, 600).Select(i => browser.Clone().RunAsync($"set:k{i:000}:1")));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.NoContent, status));
        var expected = string.Concat(Enumerable.Range(0, 601).Select(i => $" k{i:000}=1"));
        Assert.Equal($"nobody:{expected}", await browser.StateAsync());
    }

    [Fact]
    public async Task Of_200_parallel_updates_every_one_counts()
    {
        await using var app = await ScriptedApp.StartAsync(delay: SlowStore);
        var browser = await app.NewBrowserAsync("set:n:0");

        var statuses = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => browser.Clone().RunAsync("add:n")));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.NoContent, status));
        Assert.Equal("nobody: n=200", await browser.StateAsync());
    }

    [Fact]
    public async Task Of_50_requests_that_take_a_value_exactly_one_gets_it()
    {
        await using var app = await ScriptedApp.StartAsync(delay: SlowStore);
        var browser = await app.NewBrowserAsync("set:ticket:4711");

        var statuses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => browser.Clone().RunAsync("take:ticket")));

        Assert.Single(statuses, status => status == HttpStatusCode.OK);
        Assert.Equal(49, statuses.Count(status => status == HttpStatusCode.NoContent));
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task A_read_after_an_acknowledged_write_is_never_stale()
    {
        await using var app = await ScriptedApp.StartAsync(delay: SlowStore);
        var browser = await app.NewBrowserAsync("set:begun:1");

        await Task.WhenAll(Enumerable.Range(0, 6).Select(async tab =>
        {
            for (var round = 0; round < 25; round++)
            {
                Assert.Equal(HttpStatusCode.OK, await browser.Clone().RunAsync($"set:tab{tab}:{round},say:saved"));
                Assert.Contains($" tab{tab}={round}", await browser.StateAsync(), StringComparison.Ordinal);
            }
        }));
    }

    [Fact]
    public async Task Writers_updates_takes_and_readers_together_lose_nothing()
    {
        await using var app = await ScriptedApp.StartAsync(options => options.TouchInterval = TimeSpan.Zero, TimeSpan.FromMilliseconds(1));
        var browser = await app.NewBrowserAsync("set:n:0,set:ticket:1");

        await Task.WhenAll(Enumerable.Range(0, 120).Select(async i =>
        {
            app.App.Clock.Advance(TimeSpan.FromMilliseconds(10));
            switch (i % 4)
            {
                case 0:
                    await browser.StateAsync();
                    break;
                case 1:
                    Assert.Equal(HttpStatusCode.NoContent, await browser.Clone().RunAsync($"set:k{i:000}:1"));
                    break;
                case 2:
                    Assert.Equal(HttpStatusCode.NoContent, await browser.Clone().RunAsync("add:n"));
                    break;
                default:
                    await browser.Clone().RunAsync("take:ticket");
                    break;
            }
        }));

        var keys = string.Concat(Enumerable.Range(0, 120).Where(i => i % 4 == 1).Select(i => $" k{i:000}=1"));
        Assert.Equal($"nobody:{keys} n=30", await browser.StateAsync());
    }

    [Fact]
    public async Task Two_slow_requests_of_one_session_run_at_the_same_time()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:a:0,set:n:0");

        var first = await app.BeginAsync(browser, "set:a:1,add:n");
        var second = await app.BeginAsync(browser, "set:b:1,add:n");
        Assert.Equal(HttpStatusCode.NoContent, await browser.Clone().RunAsync("set:c:1"));

        Assert.Equal(HttpStatusCode.NoContent, await second.FinishAsync());
        Assert.Equal(HttpStatusCode.NoContent, await first.FinishAsync());
        Assert.Equal("nobody: a=1 b=1 c=1 n=2", await browser.StateAsync());
    }

    [Fact]
    public async Task A_write_between_another_ones_read_and_write_is_not_lost()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:a:0");

        var writing = app.Cache.Hold(CacheOperation.Set);
        var first = browser.Clone().RunAsync("set:b:1");
        await writing.Reached;
        var held = await app.BeginAsync(browser, "set:c:1");
        var second = held.FinishAsync();
        writing.Open();

        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.NoContent], await Task.WhenAll(first, second));
        Assert.Equal("nobody: a=0 b=1 c=1", await browser.StateAsync());
    }

    [Fact]
    public async Task A_write_of_another_node_in_front_of_the_read_of_ones_own_is_not_lost()
    {
        await using var app = await ScriptedApp.StartAsync();
        await using var other = await app.StartNodeAsync();
        var browser = await app.NewBrowserAsync("set:a:0");

        var gate = app.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var first = browser.Clone().RunAsync("set:b:1");
        await gate.Reached;
        Assert.Equal(HttpStatusCode.NoContent, await other.NewBrowser(browser).RunAsync("set:c:1"));
        gate.Open();

        Assert.Equal(HttpStatusCode.NoContent, await first);
        Assert.Equal("nobody: a=0 b=1 c=1", await browser.StateAsync());
    }

    [Fact]
    public async Task A_write_between_the_read_and_the_write_of_a_touch_is_not_lost()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:a:0");
        app.App.Clock.Advance(TimeSpan.FromMinutes(5));

        var gate = app.Cache.Hold(CacheOperation.Set);
        var reader = browser.StateAsync();
        await gate.Reached;
        var arrived = app.Store.HandedOnAsync(StoreOperation.Commit);
        var writer = browser.Clone().RunAsync("set:a:1");
        await arrived;
        gate.Open();

        Assert.Equal("nobody: a=0", await reader);
        Assert.Equal(HttpStatusCode.NoContent, await writer);
        Assert.Equal("nobody: a=1", await browser.StateAsync());
    }

    [Fact]
    public async Task A_slow_reader_whose_touch_is_due_does_not_write_back_what_it_read()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:a:0");
        app.App.Clock.Advance(TimeSpan.FromMinutes(5));

        var reader = await app.BeginAsync(browser, "");
        await browser.Clone().RunAsync("set:a:1,set:b:1");
        app.App.Clock.Advance(TimeSpan.FromMinutes(5));
        var touches = app.Store.CallsOf(StoreOperation.Touch);

        Assert.Equal(HttpStatusCode.NoContent, await reader.FinishAsync());
        Assert.Equal(touches + 1, app.Store.CallsOf(StoreOperation.Touch));
        Assert.Equal("nobody: a=1 b=1", await browser.StateAsync());
    }

    [Fact]
    public async Task A_request_that_saves_has_used_the_session_and_does_not_touch_it_as_well()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:a:0");
        app.App.Clock.Advance(TimeSpan.FromMinutes(5));

        await browser.Clone().RunAsync("set:a:1");

        Assert.Equal(0, app.Store.CallsOf(StoreOperation.Touch));
    }
}
