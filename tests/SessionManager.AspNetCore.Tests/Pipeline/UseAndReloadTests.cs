using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>When a request counts as use of its session, and what a long one sees.</summary>
public sealed class UseAndReloadTests
{
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(20);

    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData(25)]
    [InlineData(90)]
    [InlineData(23 * 60)]
    public async Task A_request_longer_than_the_idle_timeout_saves_and_counts_as_use_when_it_ends(int minutes)
    {
        await using var app = await StartAsync(async (session, clock) =>
        {
            Assert.Equal("ann", session.GetUserId());
            clock(TimeSpan.FromMinutes(minutes));
            session.StoreValue("uploaded", "yes");
            await Task.CompletedTask;
        });
        var browser = await SignedInAsync(app);

        Assert.Equal(HttpStatusCode.OK, (await browser.PostAsync("/step")).StatusCode);
        app.Clock.Advance(Idle - TimeSpan.FromMinutes(1));

        Assert.Equal("ann", await browser.ReadAsync("/me"));
        Assert.Equal("yes", await browser.ReadAsync("/values/uploaded"));
    }

    [Fact]
    public async Task A_request_that_changes_nothing_counts_as_use_when_it_ends()
    {
        await using var app = await StartAsync((_, clock) =>
        {
            clock(Idle + TimeSpan.FromMinutes(5));
            return Task.CompletedTask;
        });
        var browser = await SignedInAsync(app);

        await StepAsync(browser);
        app.Clock.Advance(Idle - TimeSpan.FromSeconds(1));

        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task Not_beyond_the_absolute_limit()
    {
        await using var app = await StartAsync((session, clock) =>
        {
            clock(TimeSpan.FromHours(24));
            session.StoreValue("uploaded", "yes");
            return Task.CompletedTask;
        });
        var browser = await SignedInAsync(app);

        Assert.Equal(HttpStatusCode.Conflict, (await browser.PostAsync("/step")).StatusCode);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_second_request_after_the_idle_timeout_ends_the_session_and_the_long_one_is_refused()
    {
        Browser? other = null;
        await using var app = await StartAsync(async (session, clock) =>
        {
            clock(Idle + TimeSpan.FromMinutes(1));
            Assert.Equal("Expired", await other!.ReadAsync("/end"));
            session.StoreValue("uploaded", "yes");
        });
        var browser = await SignedInAsync(app);
        other = browser.Clone();

        Assert.Equal(HttpStatusCode.Conflict, (await browser.PostAsync("/step")).StatusCode);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("text/event-stream", false)]
    [InlineData("text/plain", true)]
    public async Task An_event_stream_is_no_use_by_being_open(string type, bool isUse)
    {
        await using var app = await StartAsync(async (_, clock, context) =>
        {
            context.Response.ContentType = type;
            await context.Response.WriteAsync("open");
            clock(Idle + TimeSpan.FromMinutes(5));
        });
        var browser = await SignedInAsync(app);

        await StepAsync(browser);

        Assert.Equal(isUse ? "ann" : "nobody", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_commit_without_a_change_counts_as_use_also_in_an_event_stream()
    {
        await using var app = await StartAsync(async (session, clock, context) =>
        {
            context.Response.ContentType = "text/event-stream";
            await context.Response.WriteAsync("open");
            for (var i = 0; i < 6; i++)
            {
                clock(Idle - TimeSpan.FromMinutes(1));
                await session.CommitAsync();
            }
        });
        var browser = await SignedInAsync(app);

        await StepAsync(browser);

        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_commit_without_a_change_says_when_the_store_can_not_be_reached()
    {
        await using var app = await StartAsync(async (session, clock) =>
        {
            clock(TimeSpan.FromMinutes(5));
            _cache.Plan(CacheOperation.Get, CacheFault.Fail);
            await Assert.ThrowsAsync<SessionStoreException>(() => session.CommitAsync());
        });
        var browser = await SignedInAsync(app);

        await StepAsync(browser);
    }

    [Fact]
    public async Task Info_shows_the_session_as_the_request_leaves_it()
    {
        await using var app = await StartAsync((_, _) => Task.CompletedTask);
        var browser = await SignedInAsync(app);
        app.Clock.Advance(TimeSpan.FromMinutes(10));

        using var response = await browser.GetAsync("/info");
        var info = await response.Content.ReadFromJsonAsync<SessionInfo>(TestContext.Current.CancellationToken);

        Assert.Equal(app.Clock.GetUtcNow(), info!.LastSeenAt);
        Assert.Equal(app.Clock.GetUtcNow() + Idle, info.ExpiresAt);
        app.Clock.Advance(Idle - TimeSpan.FromSeconds(1));
        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task Info_lags_where_the_session_is_not_touched()
    {
        await using var app = await StartAsync((_, _) => Task.CompletedTask);
        var browser = await SignedInAsync(app);
        var signedInAt = app.Clock.GetUtcNow();
        app.Clock.Advance(TimeSpan.FromMinutes(10));

        using var response = await browser.GetAsync("/info-polled");
        var info = await response.Content.ReadFromJsonAsync<SessionInfo>(TestContext.Current.CancellationToken);

        Assert.Equal((signedInAt, signedInAt + Idle), (info!.LastSeenAt, info.ExpiresAt));
    }

    [Fact]
    public async Task A_touch_that_is_due_is_made_before_a_long_response()
    {
        await using var app = await StartAsync(async (_, clock, context) =>
        {
            var sets = _cache.Sets;
            await context.Response.WriteAsync("begun");
            Assert.Equal(sets + 1, _cache.Sets);
            clock(TimeSpan.FromSeconds(1));
        });
        var browser = await SignedInAsync(app);
        app.Clock.Advance(TimeSpan.FromMinutes(5));
        var before = _cache.Sets;

        await StepAsync(browser);

        Assert.Equal(before + 1, _cache.Sets);
    }

    [Fact]
    public async Task A_reload_shows_what_others_have_stored_and_keeps_what_this_request_has_changed()
    {
        Browser? other = null;
        await using var app = await StartAsync(async (session, _) =>
        {
            session.StoreValue("mine", "1");
            session.RemoveValue("both");
            await other!.DoAsync("/values/theirs/2");
            await other!.DoAsync("/values/both/3");
            await session.LoadAsync();
            Assert.Null(session.GetValue<string>("theirs"));
            await session.ReloadAsync();
            Assert.Equal(("1", "2"), (session.GetValue<string>("mine"), session.GetValue<string>("theirs")));
            Assert.DoesNotContain("both", session.Keys);
            Assert.Equal("ann", session.GetUserId());
        });
        var browser = await SignedInAsync(app);
        await browser.DoAsync("/values/both/0");
        other = browser.Clone();

        await StepAsync(browser);

        Assert.Equal("1", await browser.ReadAsync("/values/mine"));
        Assert.Equal("2", await browser.ReadAsync("/values/theirs"));
        Assert.Equal("nothing", await browser.ReadAsync("/values/both"));
    }

    [Theory]
    [InlineData("/destroy", SessionEndReason.SignedOut)]
    [InlineData("/sign-out", SessionEndReason.Replaced)]
    [InlineData("/sign-in/bob", SessionEndReason.Replaced)]
    public async Task A_reload_reports_an_end_and_refuses_what_was_changed_before_it(string path, SessionEndReason reason)
    {
        foreach (var changes in (bool[])[false, true])
        {
            Browser? other = null;
            await using var app = await StartAsync(async (session, _) =>
            {
                if (changes)
                {
                    session.StoreValue("mine", "1");
                }

                await other!.DoAsync(path);
                await session.ReloadAsync();
                Assert.Equal((null, reason), (session.GetUserId(), session.PreviousSessionEnd));
                Assert.Null(session.GetValue<string>("kept"));
                Assert.Null(session.Info);
            });
            var browser = await SignedInAsync(app);
            other = browser.Clone();

            Assert.Equal(changes ? HttpStatusCode.Conflict : HttpStatusCode.OK, (await browser.PostAsync("/step")).StatusCode);
            Assert.Empty(browser.LastSetCookies);
        }
    }

    [Fact]
    public async Task After_a_reload_that_found_an_end_a_value_begins_a_fresh_session()
    {
        Browser? other = null;
        await using var app = await StartAsync(async (session, _) =>
        {
            await other!.DoAsync("/destroy");
            await session.ReloadAsync();
            session.StoreValue("fresh", "1");
        });
        var browser = await SignedInAsync(app);
        other = browser.Clone();

        await StepAsync(browser);

        Assert.Equal("1", await browser.ReadAsync("/values/fresh"));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("sign-in")]
    [InlineData("sign-out")]
    [InlineData("destroy")]
    public async Task What_is_never_refused_is_not_refused_after_a_reload_that_found_an_end(string change)
    {
        Browser? other = null;
        await using var app = await StartAsync(async (session, _) =>
        {
            session.StoreValue("mine", "1");
            ((Action)(change switch { "sign-in" => () => session.SetUserId("bob"), "sign-out" => session.ClearSession, _ => session.DestroySession }))();
            await other!.DoAsync("/destroy");
            await session.ReloadAsync();
        });
        var browser = await SignedInAsync(app);
        other = browser.Clone();

        await StepAsync(browser);

        Assert.Equal(change == "sign-in" ? "bob" : "nobody", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_reload_of_a_session_that_could_not_be_loaded_loads_it()
    {
        await using var app = await StartAsync(async (session, _) =>
        {
            Assert.Throws<SessionStoreException>(() => session.GetUserId());
            await session.ReloadAsync();
            Assert.Equal("ann", session.GetUserId());
        });
        var browser = await SignedInAsync(app);
        _cache.Plan(CacheOperation.Get, CacheFault.Fail);

        await StepAsync(browser);
    }

    [Fact]
    public async Task A_reload_that_fails_leaves_what_was_loaded()
    {
        await using var app = await StartAsync(async (session, _) =>
        {
            _cache.Plan(CacheOperation.Get, CacheFault.Fail);
            await Assert.ThrowsAsync<SessionStoreException>(() => session.ReloadAsync());
            Assert.Equal("ann", session.GetUserId());
            session.StoreValue("mine", "1");
        });
        var browser = await SignedInAsync(app);

        await StepAsync(browser);

        Assert.Equal("1", await browser.ReadAsync("/values/mine"));
    }

    [Fact]
    public async Task A_reload_is_refused_while_it_is_not_known_whether_a_sign_in_was_saved()
    {
        await using var app = await StartAsync(async (session, _) =>
        {
            session.SetUserId("bob");
            _cache.Plan(CacheOperation.Set, CacheFault.LoseAcknowledgement);
            await Assert.ThrowsAsync<SessionStoreException>(() => session.CommitAsync());
            await Assert.ThrowsAsync<SessionStoreException>(() => session.ReloadAsync());
            await session.CommitAsync();
            await session.ReloadAsync();
            Assert.Equal("bob", session.GetUserId());
        });
        var browser = await SignedInAsync(app);

        await StepAsync(browser);

        Assert.Equal("bob", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_request_that_may_touch_at_any_time_touches_a_slow_store_once_at_its_end()
    {
        await using var app = await StartAsync(async (_, _, context) =>
        {
            await context.Response.WriteAsync("begun");
            _cache.Delay = TimeSpan.FromMilliseconds(3);
        }, TimeSpan.Zero, TimeProvider.System);
        var browser = await SignedInAsync(app);

        await StepAsync(browser);

        Assert.InRange(_cache.Sets, 2, 5);
    }

    [Fact]
    public async Task A_reload_without_a_session_asks_no_store()
    {
        await using var app = await StartAsync(async (session, _) =>
        {
            await session.ReloadAsync();
            Assert.Null(session.Info);
        });

        await app.NewBrowser().DoAsync("/step");

        Assert.Equal(0, _cache.Calls);
    }

    // To the end of its response: what is saved behind its first byte is saved by then.
    private static async Task StepAsync(Browser browser)
    {
        using var response = await browser.PostAsync("/step");
        response.EnsureSuccessStatusCode();
        await response.BodyAsync();
    }

    private Task<App> StartAsync(Func<ISessionManager, Action<TimeSpan>, Task> step) => StartAsync((session, clock, _) => step(session, clock));

    private async Task<App> StartAsync(
        Func<ISessionManager, Action<TimeSpan>, HttpContext, Task> step, TimeSpan? touchInterval = null, TimeProvider? clock = null)
    {
        App? app = null;
        app = await App.StartAsync(
            pipeline =>
            {
                pipeline.MapSession();
                pipeline.MapGet("/info-polled", (ISessionManager session) => session.Info).WithMetadata(new SessionAttribute { Touch = false });
                pipeline.MapPost("/step", (ISessionManager session, HttpContext context) => step(session, by => app!.Clock.Advance(by), context));
            },
            new AppOptions
            {
                Cache = _cache,
                Session = options => options.TouchInterval = touchInterval ?? options.TouchInterval,
                Services = services => services.AddSingleton(clock ?? services.Select(service => service.ImplementationInstance).OfType<TimeProvider>().First()),
            });
        return app;
    }

    private static async Task<Browser> SignedInAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/kept/x");
        await browser.DoAsync("/sign-in/ann");
        return browser;
    }
}
