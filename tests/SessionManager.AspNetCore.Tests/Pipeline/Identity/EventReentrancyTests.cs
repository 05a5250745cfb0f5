using System.Collections.Concurrent;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>Handlers of events that use the session, the response and authentication: nothing recurs, nothing waits for itself, and each event is
/// raised once.</summary>
public sealed class EventReentrancyTests
{
    private const int HandlerFailed = 29;

    private readonly ConcurrentQueue<string> _told = new();
    private readonly TimeProvider _limit = TimeProvider.System;
    private Func<string, SessionEventContext, Task> _handle = (_, _) => Task.CompletedTask;

    public static TheoryData<string, bool> Uses
    {
        get
        {
            var data = new TheoryData<string, bool>();
            foreach (var use in (string[])["commit", "store", "update", "take", "write", "authenticate", "load", "reload", "read", "http-session"])
            {
                data.Add(use, false);
                data.Add(use, true);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Uses))]
    public async Task A_handler_may_use_what_a_request_uses_and_each_event_is_raised_once(string use, bool kestrel)
    {
        await using var app = await StartAsync(kestrel);
        _handle = (_, context) => UseAsync(use, context);
        var browser = app.NewBrowser();

        await TellsAsync(browser, "/values/a/1", "created");
        await TellsAsync(browser, "/sign-in/alice", "signed in");
        var old = browser.Clone();
        await TellsAsync(browser, "/rotate", "rotated");
        if (use != "write")
        {
            // A token that its user has only just replaced may still sign out, so it is stale when the request ends. What a handler has
            // written before the request's own begins is too late for a cookie.
            app.Clock.Advance(TimeSpan.FromSeconds(6));
            await TellsAsync(old, "/values/b/2", "stale", "created");
        }

        await TellsAsync(browser, "/sign-out", "rotated");
        await TellsAsync(browser, "/destroy", use is "store" or "update" or "http-session" ? ["ended", "created"] : ["ended"]);
        browser.Token = null;
        await TellsAsync(browser, "/sign-in/bob", "created", "signed in");
        Assert.Equal("bob", await browser.ReadAsync("/me"));
        Assert.Equal(0, app.Logs.CountOf(HandlerFailed));
    }

    [Theory]
    [InlineData("authenticate")]
    [InlineData("load")]
    [InlineData("commit")]
    [InlineData("reload")]
    [InlineData("write")]
    public async Task An_expiry_that_is_noticed_by_authentication_may_ask_for_authentication(string use)
    {
        await using var app = await StartAsync(authenticates: true);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var stale = browser.Clone();
        await browser.DoAsync("/rotate");
        app.Clock.Advance(TimeSpan.FromSeconds(6));
        _handle = (_, context) => UseAsync(use, context);

        await TellsAsync(stale, "/plain-post", "stale");
        app.Clock.Advance(TimeSpan.FromMinutes(21));
        await TellsAsync(browser, "/plain-post", "ended");
        Assert.Equal(0, app.Logs.CountOf(HandlerFailed));
    }

    [Theory]
    [InlineData("stale")]
    [InlineData("ended")]
    public async Task What_authentication_noticed_is_told_though_authorization_refuses_before_UseSessionManager_runs(string what)
    {
        await using var app = await StartAsync(authenticates: true);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var stale = browser.Clone();
        await browser.DoAsync("/rotate");
        _handle = (_, context) => UseAsync("authenticate", context);
        if (what == "ended")
        {
            app.Clock.Advance(TimeSpan.FromMinutes(21));
        }

        _told.Clear();
        using var response = await (what == "ended" ? browser : stale).GetAsync("/authorized");

        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal([what], _told);
    }

    [Theory]
    [InlineData("created", "/values/a/1")]
    [InlineData("signed in", "/sign-in/alice")]
    [InlineData("rotated", "/rotate")]
    [InlineData("rotated", "/sign-out")]
    [InlineData("ended", "/destroy")]
    public async Task What_would_raise_the_same_event_again_throws_and_is_logged(string what, string path)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        if (what != "created")
        {
            await browser.DoAsync("/sign-in/alice");
        }

        var times = 0;
        _handle = async (told, context) =>
        {
            if (told != what)
            {
                return;
            }

            Assert.InRange(++times, 1, 3);
            var session = context.Services.GetRequiredService<ISessionManager>();
            switch (what)
            {
                case "created":
                    session.DestroySession();
                    session.StoreValue("again", 1);
                    break;
                case "signed in":
                    session.SetUserId("bob");
                    break;
                case "rotated":
                    session.RotateToken();
                    break;
                case "ended":
                    session.StoreValue("again", 1);
                    session.DestroySession();
                    break;
            }

            await session.CommitAsync();
        };

        await browser.DoAsync(path);

        Assert.Equal(1, times);
        var logged = Assert.Single(app.Logs.Ours, entry => entry.EventId == HandlerFailed);
        Assert.Contains("would raise the event again", logged.Exception!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_handler_started_and_did_not_wait_for_may_do_the_same_once_the_handler_has_ended()
    {
        var gate = new Gate();
        Task? started = null;
        await using var app = await StartAsync(map: app => app.MapPost("/rotate-twice", async (ISessionManager session) =>
        {
            session.RotateToken();
            await session.CommitAsync();
            gate.Open();
            await started!;
        }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        _handle = (_, context) =>
        {
            started ??= RotateLaterAsync(context.Services.GetRequiredService<ISessionManager>());
            return Task.CompletedTask;
        };

        await TellsAsync(browser, "/rotate-twice", "rotated", "rotated");

        Assert.Equal("alice", await browser.ReadAsync("/me"));

        async Task RotateLaterAsync(ISessionManager session)
        {
            await gate.PassAsync();
            session.RotateToken();
        }
    }

    [Fact]
    public async Task A_handler_of_a_rotation_can_not_sign_out()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        _handle = (_, context) =>
        {
            context.Services.GetRequiredService<ISessionManager>().ClearSession();
            return Task.CompletedTask;
        };

        await TellsAsync(browser, "/rotate", "rotated");

        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.Equal(1, app.Logs.CountOf(HandlerFailed));
    }

    [Fact]
    public async Task Handlers_that_end_and_begin_sessions_in_turn_come_to_an_end()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        var calls = 0;
        _handle = async (told, context) =>
        {
            Assert.InRange(++calls, 1, 50);
            var session = context.Services.GetRequiredService<ISessionManager>();
            switch (told)
            {
                case "created" or "signed in":
                    session.DestroySession();
                    break;
                case "ended":
                    session.SetUserId("carol");
                    break;
            }

            await session.CommitAsync();
        };

        await browser.DoAsync("/sign-in/alice");

        Assert.InRange(calls, 1, 10);
    }

    [Fact]
    public async Task A_handler_that_ends_its_session_and_signs_in_again_comes_to_an_end()
    {
        await using var app = await StartAsync();
        var calls = 0;
        _handle = async (_, context) =>
        {
            Assert.InRange(++calls, 1, 100);
            var session = context.Services.GetRequiredService<ISessionManager>();
            session.DestroySession();
            session.SetUserId("carol");
            await session.CommitAsync();
        };

        await app.NewBrowser().DoAsync("/values/a/1");

        Assert.InRange(calls, 1, 10);
        Assert.InRange(app.Logs.CountOf(HandlerFailed), 1, 10);
    }

    [Theory]
    [InlineData("created", "destroy", "ended", "store", "/values/a/1")]
    [InlineData("signed in", "sign-out", "rotated", "sign-in", "/sign-in/alice")]
    [InlineData("signed in", "rotate", "rotated", "sign-in", "/sign-in/alice")]
    [InlineData("ended", "store", "created", "destroy", "/destroy")]
    public async Task Two_handlers_that_undo_each_other_without_saving_come_to_an_end(string first, string does, string second, string undoes, string path)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync(path == "/destroy" ? "/sign-in/alice" : "/plain-post");
        var calls = 0;
        _handle = (told, context) =>
        {
            Assert.InRange(++calls, 1, 50);
            Change(context.Services.GetRequiredService<ISessionManager>(), told == first ? does : told == second ? undoes : "");
            return Task.CompletedTask;
        };

        await browser.DoAsync(path);

        Assert.InRange(calls, 2, 8);
        Assert.Contains(app.Logs.Ours, entry => entry.EventId == HandlerFailed);
    }

    [Fact]
    public async Task However_many_ends_a_handler_finds_each_is_told_once_and_none_within_another()
    {
        await using var app = await StartAsync();
        for (var i = 0; i < 60; i++)
        {
            await app.NewBrowser().DoAsync("/sign-in/alice");
        }

        app.Clock.Advance(TimeSpan.FromMinutes(21));
        var (depth, deepest) = (0, 0);
        _handle = async (_, context) =>
        {
            deepest = Math.Max(deepest, ++depth);
            await context.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice");
            depth--;
        };
        _told.Clear();

        await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice");
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/bob");
        await browser.DoAsync("/destroy");

        Assert.Equal(61, _told.Count(told => told == "ended"));
        Assert.Equal(1, deepest);
    }

    [Fact]
    public async Task A_handler_that_ends_other_sessions_is_told_of_each_once()
    {
        await using var app = await StartAsync();
        var browsers = Enumerable.Range(0, 5).Select(_ => app.NewBrowser()).ToList();
        foreach (var browser in browsers)
        {
            await browser.DoAsync("/sign-in/alice");
        }

        _told.Clear();
        _handle = (_, context) => context.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("alice");
        await browsers[0].DoAsync("/destroy");

        Assert.Equal(Enumerable.Repeat("ended", 5), _told);
    }

    [Fact]
    public async Task A_limit_that_ends_the_oldest_session_may_save_in_the_handler()
    {
        await using var app = await StartAsync(configure: options => options.MaxSessionsPerUser = 1);
        await app.NewBrowser().DoAsync("/sign-in/alice");
        _handle = (_, context) => UseAsync("commit", context);
        _told.Clear();

        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        Assert.Equal(["created", "ended", "signed in"], _told.Order());
        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    private async Task TellsAsync(Browser browser, string path, params string[] expected)
    {
        _told.Clear();
        using var response = await browser.PostAsync(path).WaitAsync(TimeSpan.FromSeconds(30), _limit);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {response.StatusCode}");

        // To its end: what is told after the response has started is told then.
        try
        {
            await response.BodyAsync().WaitAsync(TimeSpan.FromSeconds(30), _limit);
        }
        catch (HttpRequestException)
        {
            // The endpoint came too late for its headers: a handler had written before.
        }

        Assert.Equal(expected, _told);
    }

    private static void Change(ISessionManager session, string change)
    {
        switch (change)
        {
            case "store":
                session.StoreValue("by handler", 1);
                break;
            case "sign-in":
                session.SetUserId("carol");
                break;
            case "sign-out":
                session.ClearSession();
                break;
            case "rotate":
                session.RotateToken();
                break;
            case "destroy":
                session.DestroySession();
                break;
        }
    }

    private static async Task UseAsync(string use, SessionEventContext context)
    {
        var http = context.HttpContext!;
        var session = context.Services.GetRequiredService<ISessionManager>();
        switch (use)
        {
            case "commit":
                await session.CommitAsync();
                break;
            case "store":
                session.StoreValue("by handler", "x");
                await session.CommitAsync();
                break;
            case "update":
                await session.UpdateValueAsync<int>("by handler", n => n + 1);
                break;
            case "take":
                await session.TakeValueAsync<string>("by handler");
                break;
            case "write":
                await http.Response.WriteAsync("told");
                break;
            case "authenticate":
                await http.AuthenticateAsync();
                break;
            case "load":
                await session.LoadAsync();
                await http.Session.LoadAsync();
                break;
            case "reload":
                await session.ReloadAsync();
                break;
            case "read":
                _ = (session.GetUserId(), session.Keys.Count, session.Info, session.SessionId);
                break;
            case "http-session":
                http.Session.SetString("by handler", "x");
                await http.Session.CommitAsync();
                break;
        }
    }

    private Task<App> StartAsync(
        bool kestrel = false, bool authenticates = true, Action<SessionManagerOptions>? configure = null, Action<WebApplication>? map = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapPost("/plain-post", (ISessionManager session) => session.SessionId);
            app.MapGet("/authorized", () => "in").RequireAuthorization();
            map?.Invoke(app);
        },
        new AppOptions
        {
            Kestrel = kestrel,
            Services = services =>
            {
                services.AddAuthorization();
                if (authenticates)
                {
                    services.AddAuthentication().AddSessionManager();
                }
            },
            Session = options =>
            {
                options.Events.OnCreated = context => ToldAsync("created", context);
                options.Events.OnSignedIn = context => ToldAsync("signed in", context);
                options.Events.OnTokenRotated = context => ToldAsync("rotated", context);
                options.Events.OnEnded = context => ToldAsync("ended", context);
                options.Events.OnStaleToken = context => ToldAsync("stale", context);
                configure?.Invoke(options);
            },
        });

    private Task ToldAsync(string what, SessionEventContext context)
    {
        _told.Enqueue(what);
        return _handle(what, context);
    }
}
