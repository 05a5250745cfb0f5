using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary><c>DiscardChanges</c>: what the request has changed and not saved is gone, but for a sign-out and a destroy, and the session goes on.</summary>
public sealed class DiscardChangesTests
{
    private readonly FaultCache _cache = new();

    [Fact]
    public async Task What_was_changed_is_dropped_and_what_is_changed_later_is_saved()
    {
        await using var app = await StartAsync((session, _) =>
        {
            session.StoreValue("value", "dropped");
            session.StoreValue("more", "dropped");
            session.SetUserId("bob");
            session.RotateToken();
            session.DiscardChanges();
            session.StoreValue("late", "kept");
        });
        var browser = await FaultEndpoints.SignedInAsync(app);
        var token = browser.Token;

        await browser.DoAsync("/step");

        Assert.Equal(token, browser.Token);
        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
        Assert.Equal("late value", await browser.ReadAsync("/keys"));
    }

    [Fact]
    public async Task No_session_begins_and_no_cookie_is_sent()
    {
        await using var app = await StartAsync((session, context) =>
        {
            context.Session.SetString("value", "dropped");
            session.SetUserId("alice");
            session.DiscardChanges();
            Assert.Equal((null, null, 0), (session.GetUserId(), session.Info, session.Keys.Count));
        });
        var browser = app.NewBrowser();

        await browser.DoAsync("/step");

        Assert.Empty(browser.LastSetCookies);
        Assert.Empty(_cache.Entries);
    }

    [Theory]
    [InlineData("sign-out", ":before")]
    [InlineData("store sign-out", ":before")]
    [InlineData("sign-out sign-in store", ":before")]
    [InlineData("destroy", ":")]
    [InlineData("destroy store sign-in", ":")]
    public async Task Endings_stay(string changes, string state)
    {
        await using var app = await StartAsync((session, _) =>
        {
            Make(session, changes);
            session.DiscardChanges();
            session.DiscardChanges();
            Assert.Equal(state, $"{session.GetUserId()}:{session.GetValue<string>("value")}");
            Assert.Equal(state != ":", session.Info is not null);
        });
        var browser = await FaultEndpoints.SignedInAsync(app);
        var old = browser.Clone();

        await browser.DoAsync("/step");

        Assert.Single(browser.LastSetCookies);
        Assert.Equal(state, await browser.ReadAsync("/state"));
        Assert.Equal(":", await old.ReadAsync("/state"));
    }

    [Fact]
    public async Task The_request_sees_the_stored_session_again()
    {
        await using var app = await StartAsync((session, context) =>
        {
            var (id, info) = (session.SessionId, session.Info);
            session.StoreValue("value", "dropped");
            session.StoreValue("more", "dropped");
            session.SetUserId("bob");
            session.DiscardChanges();
            Assert.Equal(("before", "alice", id), (session.GetValue<string>("value"), session.GetUserId(), session.SessionId));
            Assert.Equal(info, session.Info);
            Assert.Equal(["value"], context.Session.Keys);
            Assert.Equal("before", context.Session.GetString("value"));
        });
        var browser = await FaultEndpoints.SignedInAsync(app);

        await browser.DoAsync("/step");
    }

    [Fact]
    public async Task What_was_saved_before_stays()
    {
        await using var app = await StartAsync(async (session, _) =>
        {
            session.StoreValue("value", "saved");
            await session.CommitAsync();
            session.StoreValue("value", "dropped");
            session.DiscardChanges();
            Assert.Equal("saved", session.GetValue<string>("value"));
        });
        var browser = await FaultEndpoints.SignedInAsync(app);

        await browser.DoAsync("/step");

        Assert.Equal("alice:saved", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task So_does_what_left_with_a_first_byte()
    {
        await using var app = await StartAsync(async (session, context) =>
        {
            session.StoreValue("value", "saved");
            await context.Response.WriteAsync("first");
            await context.Response.Body.FlushAsync();
            session.StoreValue("value", "dropped");
            session.DiscardChanges();
        });
        var browser = await FaultEndpoints.SignedInAsync(app);

        using (var response = await browser.PostAsync("/step"))
        {
            Assert.Equal("first", await response.BodyAsync());
        }

        Assert.Equal("alice:saved", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(SessionMode.ReadOnly, LoadMode.Eager)]
    [InlineData(SessionMode.Disabled, LoadMode.Eager)]
    [InlineData(SessionMode.ReadWrite, LoadMode.OnDemand)]
    public async Task Where_nothing_can_have_been_changed_it_does_nothing(SessionMode mode, LoadMode loadMode)
    {
        await using var app = await App.StartAsync(
            app => app.MapPost("/step", (ISessionManager session) => session.DiscardChanges()).WithMetadata(new SessionAttribute(mode)),
            new AppOptions { Session = options => options.LoadMode = loadMode });

        await app.NewBrowser().DoAsync("/step");
    }

    [Fact]
    public async Task Nor_where_the_session_could_not_be_loaded_nor_after_the_request()
    {
        ISessionManager? outliving = null;
        await using var app = await StartAsync((session, _) => (outliving = session).DiscardChanges());
        var browser = await FaultEndpoints.SignedInAsync(app);
        _cache.Plan(CacheOperation.Get, CacheFault.Fail);

        await browser.DoAsync("/step");
        await browser.DoAsync("/step");
        outliving!.DiscardChanges();

        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task Where_there_is_no_session_at_all_it_throws_as_every_member()
    {
        await using var app = await App.StartAsync(
            _ => { },
            new AppOptions
            {
                Before = app => app.Map("/before", before => before.Run(context =>
                {
                    Assert.Throws<InvalidOperationException>(
                        ((ISessionManager)context.RequestServices.GetService(typeof(ISessionManager))!).DiscardChanges);
                    return Task.CompletedTask;
                })),
            });

        await app.NewBrowser().DoAsync("/before");
    }

    [Theory]
    [InlineData("store", "alice:saved")]
    [InlineData("sign-in", "alice:saved")]
    [InlineData("store sign-out store", ":saved")]
    [InlineData("destroy store", ":")]
    public async Task A_save_that_runs_goes_on_and_of_what_came_meanwhile_the_endings_stay(string meanwhile, string state)
    {
        await using var app = await StartAsync(async (session, _) =>
        {
            session.StoreValue("value", "saved");
            var gate = _cache.Hold(CacheOperation.Set);
            var save = session.CommitAsync();
            await gate.Reached;
            await Task.Run(() =>
            {
                Make(session, meanwhile);
                session.DiscardChanges();
            });
            Assert.Equal(state, $"{session.GetUserId()}:{session.GetValue<string>("value")}");
            gate.Open();
            await save;
        });
        var browser = await FaultEndpoints.SignedInAsync(app);

        await browser.DoAsync("/step");

        Assert.Equal(state, await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task After_a_save_that_failed_the_response_may_leave()
    {
        await using var app = await StartAsync(async (session, context) =>
        {
            session.StoreValue("value", "dropped");
            _cache.Plan(CacheOperation.Set, CacheFault.Fail);
            await Assert.ThrowsAsync<SessionStoreException>(() => context.Response.WriteAsync("done"));
            session.DiscardChanges();
            context.Response.StatusCode = StatusCodes.Status502BadGateway;
            await context.Response.WriteAsync("sorry");
        });
        var browser = await FaultEndpoints.SignedInAsync(app);

        using (var response = await browser.PostAsync("/step"))
        {
            Assert.Equal((HttpStatusCode.BadGateway, true), (response.StatusCode, (await response.BodyAsync()).EndsWith("sorry", StringComparison.Ordinal)));
        }

        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_save_that_is_in_doubt_a_new_session_can_begin(bool wasStored)
    {
        await using var app = await StartAsync(async (session, _) =>
        {
            session.StoreValue("value", "in doubt");
            _cache.Plan(CacheOperation.Set, wasStored ? CacheFault.LoseAcknowledgement : CacheFault.Fail);
            await Assert.ThrowsAsync<SessionStoreException>(() => session.CommitAsync());
            session.DiscardChanges();
            session.StoreValue("value", "kept");
        });
        var browser = app.NewBrowser();

        await browser.DoAsync("/step");

        Assert.Equal(":kept", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task After_a_sign_out_that_is_in_doubt_the_user_is_signed_out(bool wasStored)
    {
        await using var app = await StartAsync(async (session, _) =>
        {
            session.ClearSession();
            session.StoreValue("value", "in doubt");
            _cache.Plan(CacheOperation.Set, wasStored ? CacheFault.LoseAcknowledgement : CacheFault.Fail);
            await Assert.ThrowsAsync<SessionStoreException>(() => session.CommitAsync());
            session.DiscardChanges();
        });
        var browser = await FaultEndpoints.SignedInAsync(app);
        var old = browser.Clone();

        await browser.DoAsync("/step");

        Assert.StartsWith(":", await old.ReadAsync("/state"), StringComparison.Ordinal);
        Assert.StartsWith(":", await browser.ReadAsync("/state"), StringComparison.Ordinal);
    }

    private static void Make(ISessionManager session, string changes)
    {
        foreach (var change in changes.Split(' '))
        {
            switch (change)
            {
                case "store":
                    session.StoreValue("value", "dropped");
                    break;
                case "sign-in":
                    session.SetUserId("bob");
                    break;
                case "sign-out":
                    session.ClearSession();
                    break;
                default:
                    session.DestroySession();
                    break;
            }
        }
    }

    private Task<App> StartAsync(Action<ISessionManager, HttpContext> step) => StartAsync((session, context) =>
    {
        step(session, context);
        return Task.CompletedTask;
    });

    private Task<App> StartAsync(Func<ISessionManager, HttpContext, Task> step) => App.StartAsync(
        app =>
        {
            FaultEndpoints.Map(app);
            app.MapGet("/keys", (ISessionManager session) => string.Join(' ', session.Keys.Order(StringComparer.Ordinal)));
            app.MapPost("/step", (ISessionManager session, HttpContext context) => step(session, context));
        },
        new AppOptions { Cache = _cache });
}
