using System.Collections.Concurrent;
using System.Diagnostics;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Diagnostics;

/// <summary>The spans of a request: what was loaded and saved, and how much of it, and nobody's name.</summary>
public sealed class TraceTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityTraceId _trace = ActivityTraceId.CreateRandom();
    private readonly ActivityListener _listener;
    private FaultStore _store = null!;

    public TraceTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "SessionManager.AspNetCore",
            Sample = static (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                // Other tests run at the same time: theirs belong to other traces.
                if (activity.TraceId == _trace)
                {
                    _spans.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public async Task A_commit_is_a_span_with_its_outcome_and_size()
    {
        await using var app = await StartAsync();
        await PostAsync(app.NewBrowser(), "/values/color/green");

        var span = Assert.Single(Spans("session commit"));
        Assert.Equal("memory", span.GetTagItem("session_manager.store.name"));
        Assert.Equal("committed", span.GetTagItem("session_manager.commit.outcome"));
        Assert.Equal(true, span.GetTagItem("session_manager.commit.creates"));
        Assert.Equal(1, span.GetTagItem("session_manager.commit.changes"));
        Assert.Equal(5L, span.GetTagItem("session_manager.commit.size"));
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
    }

    [Fact]
    public async Task A_load_is_a_span_with_its_outcome_and_the_size_of_the_record()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/color/green");

        await GetAsync(browser, "/me");

        var span = Assert.Single(Spans("session load"));
        Assert.Equal("found", span.GetTagItem("session_manager.load.outcome"));
        Assert.Equal(1, span.GetTagItem("session_manager.record.values"));
        Assert.Equal(10L, span.GetTagItem("session_manager.record.size"));
    }

    [Fact]
    public async Task A_load_that_finds_nothing_says_so_without_being_an_error()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        browser.Token = new string('A', 43);

        await GetAsync(browser, "/me");

        var span = Assert.Single(Spans("session load"));
        Assert.Equal("not_found", span.GetTagItem("session_manager.load.outcome"));
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
    }

    [Fact]
    public async Task A_store_that_fails_is_an_error_with_its_type()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        _store.Plan(StoreOperation.Commit, StoreFaultKind.Fail);

        await PostAsync(browser, "/values/color/green");

        var span = Assert.Single(Spans("session commit"));
        Assert.Equal("failed", span.GetTagItem("session_manager.commit.outcome"));
        Assert.Equal("SessionManager.AspNetCore.SessionStoreException", span.GetTagItem("error.type"));
        Assert.Equal(ActivityStatusCode.Error, span.Status);
    }

    [Fact]
    public async Task A_request_without_a_cookie_that_changes_nothing_has_no_span()
    {
        await using var app = await StartAsync();
        await GetAsync(app.NewBrowser(), "/me");
        Assert.Empty(_spans);
    }

    [Fact]
    public async Task No_span_names_a_user_a_session_a_key_or_a_value()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await PostAsync(browser, "/values/the-key/the-value");
        await PostAsync(browser, "/sign-in/alice");
        await GetAsync(browser, "/values/the-key");
        var id = await browser.ReadAsync("/id");

        var told = string.Join('\n', _spans.Select(span => $"{span.DisplayName} {string.Join(' ', span.TagObjects)} {span.StatusDescription}"));

        Assert.Equal(4, _spans.Count);
        Assert.All((string[])["alice", "the-key", "the-value", id, id.Replace("-", "", StringComparison.Ordinal)], secret =>
            Assert.DoesNotContain(secret, told, StringComparison.OrdinalIgnoreCase));
    }

    private IEnumerable<Activity> Spans(string name) => _spans.Where(span => span.OperationName == name);

    private Task GetAsync(Browser browser, string path) => SendAsync(browser, HttpMethod.Get, path);

    private Task PostAsync(Browser browser, string path) => SendAsync(browser, HttpMethod.Post, path);

    private async Task SendAsync(Browser browser, HttpMethod method, string path)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("traceparent", $"00-{_trace.ToHexString()}-{ActivitySpanId.CreateRandom().ToHexString()}-01");
        using var response = await browser.SendAsync(request);
    }

    private Task<App> StartAsync() => App.StartAsync(
        app => app.MapSession(),
        new AppOptions
        {
            Services = services => FaultStore.AddTo(services, made => _store = made),
        });
}
