using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;
using SessionManager.AspNetCore.Tests.Pipeline.Responses;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A store whose calls each end in time, but not quickly: one request waits for two timeouts altogether.</summary>
public sealed class WaitingForTheStoreTests
{
    // Without the bound, each of the requests below would take far longer than this.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Half = Timeout / 2;

    // Three of these are more than two timeouts, and a busy machine that is late by a quarter of one times out no call.
    private static readonly TimeSpan Nearly = Timeout * 0.75;

    private FaultStore _store = null!;
    private int _calls;

    [Fact]
    public async Task Updates_end_after_two_timeouts_of_waiting_and_the_next_request_starts_afresh()
    {
        await using var app = await StartAsync();
        var browser = await FaultEndpoints.SignedInAsync(app);
        _store.Delay = Half;

        using (var response = await InTimeAsync(browser.PostAsync("/updates?count=40")))
        {
            await Answer.AssertUnavailableAsync(response, browser);
        }

        Assert.InRange(_calls, 1, 4);
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/updates?count=1"));
        _store.Delay = default;

        // Nobody knows of the one that was cut.
        Assert.InRange(int.Parse(await browser.ReadAsync("/count"), CultureInfo.InvariantCulture), _calls, _calls + 1);
    }

    [Fact]
    public async Task Over_a_cache_each_call_within_a_write_counts()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(Map, new AppOptions { Cache = cache, Session = options => options.IOTimeout = Timeout });
        var browser = await FaultEndpoints.SignedInAsync(app);
        cache.Delay = Half;

        using var response = await InTimeAsync(browser.PostAsync("/updates?count=40"));

        await Answer.AssertUnavailableAsync(response, browser);
        Assert.InRange(_calls, 0, 2);
    }

    [Theory]
    [InlineData(SessionLimitBehavior.RevokeOldest)]
    [InlineData(SessionLimitBehavior.RejectNew)]
    public async Task A_sign_in_at_the_limit_ends_after_two_timeouts_of_waiting_and_gives_no_cookie(SessionLimitBehavior behavior)
    {
        await using var app = await StartAsync(options => (options.MaxSessionsPerUser, options.SessionLimitBehavior) = (3, behavior));
        for (var i = 0; i < (behavior == SessionLimitBehavior.RevokeOldest ? 3 : 2); i++)
        {
            Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(app.NewBrowser(), "/sign-in?user=alice"));
        }

        _store.Delay = Nearly;
        var browser = app.NewBrowser();
        using var response = await InTimeAsync(browser.PostAsync("/sign-in?user=alice"));

        await Answer.AssertUnavailableAsync(response, browser);
    }

    [Fact]
    public async Task Then_each_further_call_of_the_request_fails_at_once_and_is_not_even_made()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/store?value=before"));
        _store.Delay = Half;

        Assert.Equal("50 of 50", await InTimeAsync(browser.ReadAsync("/go-on")));

        _store.Delay = default;
        Assert.Equal(":before", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task A_store_that_does_not_bound_its_calls_is_left_after_what_remains()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/store?value=before"));
        _store.Delay = Nearly;
        var gate = _store.Hold(StoreOperation.Commit, StoreGatePoint.Before);

        using (var response = await InTimeAsync(browser.PostAsync("/reload-and-store")))
        {
            await Answer.AssertUnavailableAsync(response, browser);
        }

        Assert.True(gate.IsReached);
        gate.Open();
    }

    [Fact]
    public async Task Calls_at_the_same_time_count_once()
    {
        await using var app = await StartAsync();
        var browser = await FaultEndpoints.SignedInAsync(app);
        _store.Delay = Nearly;

        Assert.Equal("8", await browser.ReadAsync("/plain-finds?count=8&parallel=true"));
        Assert.Equal("503", await InTimeAsync(browser.ReadAsync("/plain-finds?count=8&parallel=false")));
    }

    [Fact]
    public async Task Each_of_two_requests_has_two_timeouts_of_its_own()
    {
        await using var app = await StartAsync();
        var browsers = new[] { await FaultEndpoints.SignedInAsync(app), await FaultEndpoints.SignedInAsync(app) };
        _store.Delay = Half;

        var statuses = await Task.WhenAll(browsers.Select(browser => FaultEndpoints.StatusAsync(browser, "/updates?count=1")));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.OK, status));
    }

    [Fact]
    public async Task Work_outside_of_a_request_is_not_cut()
    {
        await using var app = await StartAsync();
        var directory = app.Services.GetRequiredService<ISessionDirectory>();
        _store.Delay = Half;

        for (var i = 0; i < 6; i++)
        {
            Assert.Null(await directory.FindAsync(Guid.NewGuid().ToString(), TestContext.Current.CancellationToken));
        }
    }

    [Fact]
    public async Task A_request_that_takes_long_with_quick_calls_is_not_cut()
    {
        await using var app = await StartAsync(options => options.IOTimeout = TimeSpan.FromMilliseconds(50));
        var browser = await FaultEndpoints.SignedInAsync(app);

        Assert.Equal("100", await browser.ReadAsync("/upload"));
    }

    [Fact]
    public async Task Requests_in_the_queue_of_a_session_whose_store_is_slow_end_after_two_timeouts_too()
    {
        await using var app = await StartAsync();
        var browser = await FaultEndpoints.SignedInAsync(app);
        _store.Delay = Half;

        var statuses = await InTimeAsync(Task.WhenAll(
            Enumerable.Range(0, 40).Select(_ => FaultEndpoints.StatusAsync(browser.Clone(), "/updates?count=1"))));

        Assert.Contains(HttpStatusCode.OK, statuses);
        Assert.Contains(HttpStatusCode.ServiceUnavailable, statuses);
        _store.Delay = default;
        var acknowledged = statuses.Count(status => status == HttpStatusCode.OK);
        Assert.InRange(int.Parse(await browser.ReadAsync("/count"), CultureInfo.InvariantCulture), acknowledged, acknowledged + 1);
    }

    [Fact]
    public async Task A_revocation_that_is_cut_says_so_and_what_it_has_ended_stays_ended()
    {
        await using var app = await StartAsync();
        var browsers = new List<Browser>();
        for (var i = 0; i < 200; i++)
        {
            browsers.Add(app.NewBrowser());
            Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browsers[^1], "/sign-in?user=bob"));
        }

        _store.Delay = Half;
        var operations = app.NewBrowser();
        using var response = await InTimeAsync(operations.PostAsync("/revoke?user=bob"));

        await Answer.AssertUnavailableAsync(response, operations);
        _store.Delay = default;
        Assert.InRange(_store.CallsOf(StoreOperation.End), 32, 199);
        Assert.Equal(":", await browsers[0].ReadAsync("/state"));
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(operations, "/revoke?user=bob"));
        Assert.Equal(":", await browsers[^1].ReadAsync("/state"));
    }

    [Fact]
    public async Task The_directory_in_a_request_without_UseSessionManager_is_bounded_too()
    {
        await using var app = await StartAsync(before: app => app.Map("/admin", admin => admin.Run(context => FindAsync(context, 40))));
        _store.Delay = Half;

        Assert.Equal("503", await InTimeAsync(app.NewBrowser().ReadAsync("/admin")));
    }

    [Fact]
    public async Task A_write_that_is_cut_is_waited_for_by_the_next_write_of_its_session()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(Map, new AppOptions { Cache = cache, Session = options => options.IOTimeout = Timeout });
        var browser = await FaultEndpoints.SignedInAsync(app);
        var gate = cache.Hold(CacheOperation.Set);
        cache.Delay = Nearly;

        // The load and the read before the write leave the write less than a timeout.
        using (var response = await InTimeAsync(browser.PostAsync("/store?value=late")))
        {
            await Answer.AssertUnavailableAsync(response, browser);
        }

        cache.Delay = default;
        var next = FaultEndpoints.StatusAsync(browser, "/store?value=next");
        gate.Open();

        Assert.Equal(HttpStatusCode.OK, await next);
        Assert.Equal("alice:next", await browser.ReadAsync("/state"));
    }

    private static async Task FindAsync(HttpContext context, int count)
    {
        var directory = context.RequestServices.GetRequiredService<ISessionDirectory>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                await directory.FindAsync(Guid.NewGuid().ToString(), CancellationToken.None);
            }

            await context.Response.WriteAsync("found");
        }
        catch (SessionStoreException)
        {
            await context.Response.WriteAsync("503");
        }
    }

    private static async Task<T> InTimeAsync<T>(Task<T> request)
    {
        var watch = Stopwatch.StartNew();
        var result = await request;
        Assert.True(watch.Elapsed < Bound, $"It took {watch.Elapsed}.");
        return result;
    }

    private Task<App> StartAsync(Action<SessionManagerOptions>? session = null, Action<WebApplication>? before = null) => App.StartAsync(
        Map,
        new AppOptions
        {
            Session = options =>
            {
                options.IOTimeout = Timeout;
                session?.Invoke(options);
            },
            Services = services => FaultStore.AddTo(services, made => _store = made),
            Before = before,
        });

    private void Map(WebApplication app)
    {
        FaultEndpoints.Map(app);
        app.MapPost("/updates", async (ISessionManager session, int count) =>
        {
            for (var i = 0; i < count; i++)
            {
                await session.UpdateValueAsync<int>("count", value => value + 1);
                Interlocked.Increment(ref _calls);
            }
        });
        app.MapPost("/revoke", async (ISessionDirectory directory, string user) => await directory.RevokeUserAsync(user));
        app.MapGet("/plain-finds", async (ISessionDirectory directory, int count, bool parallel) =>
        {
            try
            {
                var left = count;
                do
                {
                    await Task.WhenAll(Enumerable.Range(0, parallel ? count : 1).Select(_ => directory.FindAsync(Guid.NewGuid().ToString())));
                    left -= parallel ? count : 1;
                }
                while (left > 0);
                return count.ToString(CultureInfo.InvariantCulture);
            }
            catch (SessionStoreException)
            {
                return "503";
            }
        });
        app.MapPost("/reload-and-store", async (ISessionManager session) =>
        {
            await session.ReloadAsync();
            session.StoreValue("value", "after");
        });
        app.MapGet("/upload", async (ISessionManager session) =>
        {
            for (var i = 0; i < 100; i++)
            {
                await session.UpdateValueAsync<int>("count", value => value + 1);

                // What arrives of an upload.
                await Task.Delay(5);
            }

            return session.GetValue("count", 0).ToString(CultureInfo.InvariantCulture);
        });
        app.MapGet("/go-on", async (ISessionManager session) =>
        {
            var spent = false;
            while (!spent)
            {
                try
                {
                    await session.ReloadAsync();
                }
                catch (SessionStoreException exception)
                {
                    // On a busy machine, a call may time out by itself before.
                    spent = exception.Message.Contains("altogether", StringComparison.Ordinal);
                }
            }

            var (failed, calls) = (0, _store.CallsOf(StoreOperation.Load) + _store.CallsOf(StoreOperation.Commit));
            for (var i = 0; i < 50; i++)
            {
                try
                {
                    await (i % 2 == 0 ? session.ReloadAsync() : session.UpdateValueAsync<int>("count", value => value + 1).AsTask());
                }
                catch (SessionStoreException)
                {
                    failed++;
                }
            }

            return $"{failed - (_store.CallsOf(StoreOperation.Load) + _store.CallsOf(StoreOperation.Commit) - calls)} of 50";
        });
    }
}
