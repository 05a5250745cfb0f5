using System.Diagnostics;
using System.Net;
using SessionManager.AspNetCore.Tests.Infrastructure;
using SessionManager.AspNetCore.Tests.Pipeline.Responses;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A store that fails or hangs, on each call of a request: 503 within one timeout, nothing lost, and everything back with the
/// first request after it.</summary>
public sealed class StoreFaultTests
{
    private const int StoreFailed = 31;
    private const int RequestFailed = 39;
    private static readonly TimeSpan IOTimeout = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);

    public static TheoryData<string> Faults { get; } = [nameof(CacheFault.Fail), nameof(CacheFault.Hang), nameof(CacheFault.HangUntilCancelled)];

    public static MatrixTheoryData<string, string, bool> FaultyChanges { get; } = new(
        [nameof(CacheFault.Fail), nameof(CacheFault.Hang), nameof(CacheFault.HangUntilCancelled)],
        ["/store?value=after", "/sign-in?user=alice", "/sign-in?user=bob", "/sign-out", "/rotate", "/destroy"],
        [true, false]);

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_load_that_fails_is_503_for_who_uses_the_session_and_nothing_for_who_does_not(string fault)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var (token, gets) = (browser.Token, cache.Gets);
        cache.Plan(CacheOperation.Get, Enum.Parse<CacheFault>(fault), times: int.MaxValue);

        Assert.Equal("plain", await WithinOneTimeoutAsync(browser.ReadAsync("/plain")));
        Assert.Empty(browser.LastSetCookies);
        using (var response = await WithinOneTimeoutAsync(browser.GetAsync("/state")))
        {
            await Answer.AssertUnavailableAsync(response, browser);
        }

        using (var response = await WithinOneTimeoutAsync(browser.PostAsync("/store?value=after")))
        {
            await Answer.AssertUnavailableAsync(response, browser);
        }

        Assert.Equal(gets + 3, cache.Gets);
        Assert.Equal(1, app.Logs.CountOf(StoreFailed));
        Assert.Equal(3, app.Logs.CountOf(RequestFailed));
        cache.Heal();
        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
        Assert.Equal(token, browser.Token);
    }

    [Theory]
    [MemberData(nameof(FaultyChanges))]
    public async Task A_commit_that_fails_is_503_and_leaves_the_session_as_it_was(string fault, string path, bool onRead)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var token = browser.Token;
        cache.Plan(onRead ? CacheOperation.Get : CacheOperation.Set, Enum.Parse<CacheFault>(fault), times: int.MaxValue, after: onRead ? 1 : 0);

        using (var response = await WithinOneTimeoutAsync(browser.PostAsync(path)))
        {
            await Answer.AssertUnavailableAsync(response, browser);
        }

        Assert.Equal(1, app.Logs.CountOf(StoreFailed));
        Assert.Equal(1, app.Logs.CountOf(RequestFailed));
        cache.Heal();
        Assert.Equal(token, browser.Token);
        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
        // Also when the call that hung never returns.
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/store?value=again"));
        Assert.Equal("alice:again", await browser.ReadAsync("/state"));
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_sign_in_that_was_not_saved_gives_out_no_cookie(string fault)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        cache.Plan(CacheOperation.Set, Enum.Parse<CacheFault>(fault));

        using (var response = await WithinOneTimeoutAsync(browser.PostAsync("/sign-in?user=alice")))
        {
            await Answer.AssertUnavailableAsync(response, browser);
        }

        Assert.Empty(cache.Records);
        Assert.Equal(":", await browser.ReadAsync("/state"));
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/sign-in?user=alice"));
        Assert.Equal("alice:", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("/sign-out", ":before")]
    [InlineData("/destroy", ":")]
    public async Task A_sign_out_that_was_not_saved_is_an_error_and_succeeds_when_it_is_repeated(string path, string state)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var thief = browser.Clone();
        cache.Plan(CacheOperation.Set, CacheFault.Fail);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await FaultEndpoints.StatusAsync(browser, path));
        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, path));

        Assert.Equal(state, await browser.ReadAsync("/state"));
        Assert.Equal(":", await thief.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(nameof(CacheFault.Fail), true)]
    [InlineData(nameof(CacheFault.Fail), false)]
    [InlineData(nameof(CacheFault.Hang), true)]
    [InlineData(nameof(CacheFault.Hang), false)]
    [InlineData(nameof(CacheFault.HangUntilCancelled), true)]
    [InlineData(nameof(CacheFault.HangUntilCancelled), false)]
    public async Task A_touch_that_fails_is_logged_and_harms_nobody(string fault, bool onRead)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        cache.Plan(onRead ? CacheOperation.Get : CacheOperation.Set, Enum.Parse<CacheFault>(fault), after: onRead ? 1 : 0);

        Assert.Equal("alice:before", await WithinOneTimeoutAsync(browser.ReadAsync("/state")));

        Assert.Equal(1, app.Logs.CountOf(StoreFailed));
        Assert.Contains("touch", Assert.Single(app.Logs.Ours, entry => entry.EventId == RequestFailed).Message, StringComparison.Ordinal);
        var sets = cache.Sets;
        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
        Assert.Equal(sets + 1, cache.Sets);
    }

    [Theory]
    [InlineData("/store?value=after")]
    [InlineData("/update")]
    public async Task Requests_behind_a_hanging_commit_of_their_session_all_end_with_it(string path)
    {
        const int Requests = 20;
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        cache.Plan(CacheOperation.Set, CacheFault.Hang, times: int.MaxValue);

        var statuses = await WithinOneTimeoutAsync(
            Task.WhenAll(Enumerable.Range(0, Requests).Select(_ => FaultEndpoints.StatusAsync(browser.Clone(), path))));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
        cache.Heal();
        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, "/store?value=again"));
        Assert.Equal("alice:again", await browser.ReadAsync("/state"));
    }

    private static Task<App> StartAsync(FaultCache cache) => App.StartAsync(FaultEndpoints.Map, new AppOptions
    {
        Cache = cache,
        LogsEverything = true,
        Session = options => options.IOTimeout = IOTimeout,
    });

    private static async Task<T> WithinOneTimeoutAsync<T>(Task<T> request)
    {
        var watch = Stopwatch.StartNew();
        var result = await request;
        Assert.True(watch.Elapsed < IOTimeout + Slack, $"It took {watch.Elapsed}.");
        return result;
    }
}
