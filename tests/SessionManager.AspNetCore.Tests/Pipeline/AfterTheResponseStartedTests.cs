using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Tests.Infrastructure;
using SessionManager.AspNetCore.Tests.Pipeline.Responses;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Changes made after the response has started: saved before it ends, or it does not end well; and where a cookie would be
/// needed, refused at once.</summary>
public sealed class AfterTheResponseStartedTests
{
    private const int SaveFailedAfterStart = 32;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_of_an_existing_session_is_saved_before_the_response_ends(bool kestrel)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, kestrel);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var gate = cache.Hold(CacheOperation.Set, after: true);

        using var response = await browser.GetAsync("/late?change=store");
        await using var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        Assert.Equal("begun", await ReadBegunAsync(body));
        await gate.Reached;
        var rest = ReadRestAsync(body);
        Assert.False(rest.IsCompleted);
        gate.Open();

        Assert.Equal("", await rest);
        Assert.Equal("alice:late", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(nameof(CacheFault.Fail), "store")]
    [InlineData(nameof(CacheFault.Hang), "store")]
    [InlineData(nameof(CacheFault.HangUntilCancelled), "store")]
    [InlineData(nameof(CacheFault.Fail), "sign-out")]
    [InlineData(nameof(CacheFault.Fail), "destroy")]
    public async Task A_save_that_fails_then_is_logged_and_the_client_never_sees_the_response_completed(string fault, string change)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, kestrel: true);
        var browser = await FaultEndpoints.SignedInAsync(app);
        cache.Plan(CacheOperation.Set, Enum.Parse<CacheFault>(fault));

        // The abort may overtake the headers or not.
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => browser.ReadAsync($"/late?change={change}"));

        // Event 31 tells of the outage, and this one of the request.
        Assert.Equal(LogLevel.Debug, Assert.Single(app.Logs.Ours, entry => entry.EventId == SaveFailedAfterStart).Level);
        Assert.Equal(1, app.Logs.CountOf(31));
        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task In_memory_too_the_client_never_sees_the_response_completed()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, kestrel: false);
        var browser = await FaultEndpoints.SignedInAsync(app);
        cache.Plan(CacheOperation.Set, CacheFault.Fail);

        using var response = await browser.GetAsync("/late?change=store");

        await Assert.ThrowsAnyAsync<Exception>(() => Answer.BodyAsync(response));
        Assert.Equal(1, app.Logs.CountOf(SaveFailedAfterStart));
    }

    [Fact]
    public async Task A_change_that_is_refused_because_the_session_has_ended_meanwhile_is_no_success_either()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, kestrel: true);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var other = browser.Clone();

        using var response = await browser.GetAsync("/late?change=store-destroyed");
        using var destroyed = await other.PostAsync("/destroy");
        using var resumed = await app.NewBrowser().PostAsync("/resume");

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Answer.BodyAsync(response));
        Assert.Equal(1, app.Logs.CountOf(30));
        Assert.Equal(LogLevel.Error, Assert.Single(app.Logs.Ours, entry => entry.EventId == SaveFailedAfterStart).Level);
        Assert.Equal(":", await other.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("sign-out")]
    [InlineData("destroy")]
    public async Task A_sign_out_is_carried_out_though_its_cookie_can_not_be_sent(string change)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, kestrel: true);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var token = browser.Token;

        Assert.Equal("begun", await browser.ReadAsync($"/late?change={change}"));

        Assert.Equal(token, browser.Token);
        Assert.Equal(":", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("store", true)]
    [InlineData("sign-in", true)]
    [InlineData("http-session", true)]
    [InlineData("update", true)]
    [InlineData("sign-in", false)]
    [InlineData("rotate", false)]
    public async Task What_would_need_a_cookie_throws_and_leaves_nothing_behind(string change, bool withoutSession)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, kestrel: true);
        var browser = withoutSession ? app.NewBrowser() : await FaultEndpoints.SignedInAsync(app);
        var (sets, token) = (cache.Sets, browser.Token);

        Assert.Equal("begun InvalidOperationException", await browser.ReadAsync($"/late?change={change}"));

        Assert.Equal(sets, cache.Sets);
        Assert.Equal(token, browser.Token);
        Assert.Equal(withoutSession ? ":" : "alice:before", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task A_commit_between_two_events_is_seen_by_others_while_the_stream_goes_on()
    {
        var gate = new Gate();
        await using var app = await App.StartAsync(app =>
        {
            FaultEndpoints.Map(app);
            app.MapGet("/events", async (HttpContext context, ISessionManager session) =>
            {
                await context.Response.WriteAsync("data: begun\n\n");
                await context.Response.Body.FlushAsync();
                session.StoreValue("value", "between");
                await session.CommitAsync();
                await context.Response.WriteAsync("data: saved\n\n");
                await gate.PassAsync();
                session.StoreValue("value", "at-the-end");
            });
        }, new AppOptions { Kestrel = true, Cache = new FaultCache() });
        var browser = await FaultEndpoints.SignedInAsync(app);

        using var response = await browser.GetAsync("/events");
        await gate.Reached;
        Assert.Equal("alice:between", await browser.Clone().ReadAsync("/state"));
        gate.Open();
        Assert.Equal("data: begun\n\ndata: saved\n\n", await Answer.BodyAsync(response));
        Assert.Equal("alice:at-the-end", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task A_change_after_the_response_was_completed_is_saved_too()
    {
        await using var app = await App.StartAsync(app =>
        {
            FaultEndpoints.Map(app);
            app.MapGet("/completed", async (HttpContext context, ISessionManager session) =>
            {
                await context.Response.WriteAsync("done");
                await context.Response.CompleteAsync();
                await session.UpdateValueAsync<string>("value", _ => "afterwards");
            });
        });
        var browser = await FaultEndpoints.SignedInAsync(app);

        Assert.Equal("done", await browser.ReadAsync("/completed"));

        Assert.Equal("alice:afterwards", await browser.ReadAsync("/state"));
    }

    private static Task<App> StartAsync(FaultCache cache, bool kestrel)
    {
        var resume = new Gate();
        return App.StartAsync(
            app =>
            {
                FaultEndpoints.Map(app);
                app.MapPost("/resume", resume.Open);
                app.MapGet("/late", async (HttpContext context, ISessionManager session, string change) =>
                {
                    await context.Response.WriteAsync("begun");
                    try
                    {
                        await ChangeAsync(context, session, change, resume);
                    }
                    catch (InvalidOperationException exception)
                    {
                        await context.Response.WriteAsync($" {exception.GetType().Name}");
                    }
                });
            },
            new AppOptions { Cache = cache, Kestrel = kestrel, LogsEverything = true, Session = options => options.IOTimeout = TimeSpan.FromMilliseconds(200) });
    }

    private static async Task ChangeAsync(HttpContext context, ISessionManager session, string change, Gate resume)
    {
        switch (change)
        {
            case "store":
                session.StoreValue("value", "late");
                break;
            case "store-destroyed":
                session.StoreValue("value", "late");
                await resume.PassAsync();
                break;
            case "http-session":
                context.Session.SetString("value", "late");
                break;
            case "update":
                await session.UpdateValueAsync<string>("value", _ => "late");
                break;
            case "sign-in":
                session.SetUserId("bob");
                break;
            case "rotate":
                session.RotateToken();
                break;
            case "sign-out":
                session.ClearSession();
                break;
            case "destroy":
                session.DestroySession();
                break;
        }
    }

    private static async Task<string> ReadBegunAsync(Stream body)
    {
        var bytes = new byte["begun".Length];
        await body.ReadExactlyAsync(bytes);
        return System.Text.Encoding.UTF8.GetString(bytes);
    }

    private static async Task<string> ReadRestAsync(Stream body)
    {
        using var reader = new StreamReader(body);
        return await reader.ReadToEndAsync();
    }
}
