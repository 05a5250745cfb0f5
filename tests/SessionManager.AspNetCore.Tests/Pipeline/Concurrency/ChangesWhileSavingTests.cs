using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>What a request changes while it saves, where that save does not simply succeed: it becomes another one, is refused, fails in doubt, or its
/// handler fails.</summary>
public sealed class ChangesWhileSavingTests
{
    private readonly FaultCache _cache = new();

    [Fact]
    public async Task A_sign_in_that_lost_its_session_shows_and_saves_what_was_stored_meanwhile()
    {
        Browser? other = null;
        await using var app = await StartAsync(async (session, _) =>
        {
            session.SetUserId("ann");
            await other!.DoAsync("/sign-in/bob");
            var before = _cache.Hold(CacheOperation.Get);
            var save = session.CommitAsync();
            await before.Reached;
            session.StoreValue("meanwhile", "1");
            var create = _cache.Hold(CacheOperation.Set);
            before.Open();
            await create.Reached;
            Assert.Equal(("ann", "1"), (session.GetUserId(), session.GetValue<string>("meanwhile")));
            session.StoreValue("late", "2");
            create.Open();
            await save;
        });
        other = await BegunAsync(app);
        var browser = other.Clone();

        await browser.DoAsync("/step");

        Assert.Equal("ann", await browser.ReadAsync("/me"));
        Assert.Equal(("1", "2"), (await browser.ReadAsync("/values/meanwhile"), await browser.ReadAsync("/values/late")));
        Assert.Equal("bob", await other.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_sign_in_that_lost_its_session_and_was_not_acknowledged_is_saved_once_when_it_is_tried_again()
    {
        Browser? other = null;
        await using var app = await StartAsync(async (session, _) =>
        {
            session.SetUserId("ann");
            session.StoreValue("mine", "1");
            await other!.DoAsync("/sign-in/bob");
            _cache.Plan(CacheOperation.Set, CacheFault.LoseAcknowledgement);
            await Assert.ThrowsAsync<SessionStoreException>(() => session.CommitAsync());
            await session.CommitAsync();
        });
        other = await BegunAsync(app);
        var browser = other.Clone();

        await browser.DoAsync("/step");

        Assert.Equal(("ann", "1"), (await browser.ReadAsync("/me"), await browser.ReadAsync("/values/mine")));
        Assert.Equal(2, _cache.Records.Count());
    }

    [Fact]
    public async Task A_sign_in_that_a_limit_refuses_leaves_the_sign_out_before_it_and_what_was_stored_meanwhile()
    {
        await using var app = await StartAsync(
            async (session, _) =>
            {
                session.ClearSession();
                session.SetUserId("ann");
                _cache.IncludesUsers = true;
                var gate = _cache.Hold(CacheOperation.Get);
                var save = session.CommitAsync();
                await gate.Reached;
                session.StoreValue("meanwhile", "1");
                gate.Open();
                var refused = await Assert.ThrowsAsync<SessionLimitException>(() => save);
                Assert.Contains("MaxSessionsPerUser, '1'", refused.Message, StringComparison.Ordinal);
            },
            options => (options.MaxSessionsPerUser, options.SessionLimitBehavior) = (1, SessionLimitBehavior.RejectNew));
        await app.NewBrowser().DoAsync("/sign-in/ann");
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/bob");

        await browser.DoAsync("/step");

        Assert.Equal(("nobody", "1"), (await browser.ReadAsync("/me"), await browser.ReadAsync("/values/meanwhile")));
    }

    [Fact]
    public async Task A_handler_that_fails_while_it_saves_drops_what_it_changed_meanwhile()
    {
        ISession? running = null;
        var gate = _cache.Hold(CacheOperation.Set);
        await using var app = await StartAsync((session, context) =>
        {
            running = context.Session;
            session.StoreValue("saved", "1");
            _ = session.CommitAsync();
            session.StoreValue("meanwhile", "2");
            throw new BadHttpRequestException("The handler failed.");
        });
        var browser = app.NewBrowser();

        var response = browser.PostAsync("/step");
        await gate.Reached;
        Assert.True(SpinWait.SpinUntil(() => !running!.Keys.Contains("meanwhile"), TimeSpan.FromSeconds(30)));
        gate.Open();

        Assert.Equal(HttpStatusCode.BadRequest, (await response).StatusCode);
        Assert.Equal(("1", "nothing"), (await browser.ReadAsync("/values/saved"), await browser.ReadAsync("/values/meanwhile")));
    }

    [Fact]
    public async Task A_handler_that_fails_after_a_save_in_doubt_signs_out_and_does_not_sign_in()
    {
        await using var app = await StartAsync(async (session, _) =>
        {
            session.ClearSession();
            session.SetUserId("ann");
            _cache.Plan(CacheOperation.Set, CacheFault.Fail);
            await Assert.ThrowsAsync<SessionStoreException>(() => session.CommitAsync());
            throw new BadHttpRequestException("The handler failed.");
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/bob");

        Assert.Equal(HttpStatusCode.BadRequest, (await browser.PostAsync("/step")).StatusCode);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData(null, 2)]
    [InlineData("5", 6)]
    public async Task Of_two_updates_that_begin_a_session_at_once_both_count(string? stored, int expected)
    {
        await using var app = await StartAsync(async (session, _) =>
        {
            var first = true;
            await session.UpdateValueAsync<int>("n", n =>
            {
                if (first)
                {
                    first = false;
                    if (stored is null)
                    {
                        // Another thread is faster; nothing in here waits for anything that this one has.
                        Assert.True(Task.Run(() => session.UpdateValueAsync<int>("n", m => m + 1).AsTask()).Wait(TimeSpan.FromSeconds(30)));
                    }
                    else
                    {
                        session.StoreValue("n", int.Parse(stored, System.Globalization.CultureInfo.InvariantCulture));
                    }
                }

                return n + 1;
            });
            Assert.Equal(expected, session.GetValue<int>("n"));
        });

        await app.NewBrowser().DoAsync("/step");
    }

    [Fact]
    public async Task A_sign_out_whose_token_was_replaced_meanwhile_leaves_nobody_in_its_own_request()
    {
        Browser? other = null;
        await using var app = await StartAsync(async (session, _) =>
        {
            await other!.DoAsync("/rotate");
            session.ClearSession();
            await session.CommitAsync();
            Assert.Equal((null, 0), (session.GetUserId(), session.Keys.Count));
        });
        other = await BegunAsync(app);
        await other.DoAsync("/sign-in/ann");
        var browser = other.Clone();

        await browser.DoAsync("/step");

        Assert.Equal("nobody", await other.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_session_begun_after_a_destroy_in_the_same_request_is_another_one()
    {
        string? first = null;
        await using var app = await StartAsync(async (session, _) =>
        {
            session.StoreValue("a", "1");
            await session.CommitAsync();
            first = session.SessionId;
            session.DestroySession();
            await session.CommitAsync();
            session.StoreValue("b", "2");
            Assert.NotEqual(first, session.SessionId);
        });
        var browser = app.NewBrowser();

        await browser.DoAsync("/step");

        Assert.Equal(("nothing", "2"), (await browser.ReadAsync("/values/a"), await browser.ReadAsync("/values/b")));
    }

    [Fact]
    public async Task A_change_that_was_accepted_during_a_save_is_not_refused_because_another_request_stored_a_value()
    {
        Browser? other = null;
        await using var app = await StartAsync(
            async (session, _) =>
            {
                await other!.DoAsync("/values/theirs/1");
                session.StoreValue("kept", "2");
                var write = _cache.Hold(CacheOperation.Set);
                var save = session.CommitAsync();
                await write.Reached;
                session.StoreValue("meanwhile", "3");
                write.Open();
                await save;
                Assert.Throws<SessionValueException>(() => session.StoreValue("one more", "4"));
            },
            options => options.MaxKeys = 2);
        other = await BegunAsync(app);

        var browser = other.Clone();
        await browser.DoAsync("/step");

        string[] keys = ["kept", "theirs", "meanwhile"];
        Assert.Equal(["2", "1", "3"], await Task.WhenAll(keys.Select(key => browser.ReadAsync($"/values/{key}"))));
    }

    private static async Task<Browser> BegunAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/kept/x");
        return browser;
    }

    private Task<App> StartAsync(Func<ISessionManager, HttpContext, Task> step, Action<SessionManagerOptions>? options = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapPost("/step", (HttpContext context, ISessionManager session) => step(session, context));
        },
        new AppOptions
        {
            Cache = _cache,
            Session = options,
            Before = app => app.Use(async (context, next) =>
            {
                try
                {
                    await next(context);
                }
                catch (BadHttpRequestException)
                {
                    context.Response.StatusCode = 400;
                }
            }),
        });
}
