using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>What the application is told, once each, and what a handler can and can't do to a request.</summary>
public sealed class EventTests
{
    private readonly ConcurrentQueue<string> _told = new();

    [Fact]
    public async Task A_session_is_told_from_its_beginning_to_its_end()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        await AssertToldAsync(browser, "/values/a/1", "created nobody");
        await AssertToldAsync(browser, "/values/b/2");
        await AssertToldAsync(browser, "/sign-in/alice", "signed in alice");
        await AssertToldAsync(browser, "/sign-in/alice", "signed in alice");
        await AssertToldAsync(browser, "/rotate", "rotated alice");
        await AssertToldAsync(browser, "/sign-out", "rotated nobody");
        await AssertToldAsync(browser, "/sign-in/bob", "signed in bob");
        await AssertToldAsync(browser, "/destroy", "ended bob SignedOut");
        await AssertToldAsync(browser, "/destroy");
        await AssertToldAsync(browser, "/sign-in/carol", "created carol", "signed in carol");
    }

    [Fact]
    public async Task An_expired_session_is_told_once_when_its_token_is_brought_though_many_bring_it_at_once()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        app.Clock.Advance(TimeSpan.FromMinutes(21));
        _told.Clear();

        var ends = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => browser.Clone().ReadAsync("/end")));

        Assert.All(ends, end => Assert.Equal("Expired", end));
        Assert.Equal(["ended alice Expired"], _told);
    }

    [Fact]
    public async Task A_revocation_is_told_at_once_also_outside_a_request()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        _told.Clear();

        await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("alice");
        await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("alice");
        await browser.ReadAsync("/end");

        Assert.Equal(["ended alice Revoked without a request"], _told);
    }

    [Fact]
    public async Task A_timed_rotation_is_told_when_the_next_token_is_issued()
    {
        await using var app = await StartAsync(options => options.TokenRotationInterval = TimeSpan.FromMinutes(1));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        _told.Clear();

        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await browser.ReadAsync("/me");
        await browser.ReadAsync("/me");

        Assert.Equal(["rotated alice"], _told);
    }

    [Fact]
    public async Task A_stale_token_is_told_and_nothing_else_happens()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var old = browser.Clone();
        await browser.DoAsync("/rotate");
        _told.Clear();

        Assert.Equal("nobody", await old.ReadAsync("/me"));

        Assert.Equal(["stale alice"], _told);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_handler_may_end_the_session_of_a_stale_token_for_everybody()
    {
        await using var app = await StartAsync(options => options.Events.OnStaleToken = stale =>
        {
            stale.EndSession();
            return Task.CompletedTask;
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var old = browser.Clone();
        await browser.DoAsync("/rotate");
        _told.Clear();

        Assert.Equal("Replaced", await old.ReadAsync("/end"));

        Assert.Equal(["ended alice Revoked"], _told);
        Assert.Equal("Revoked", await browser.ReadAsync("/end"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_throws_is_logged_and_disturbs_no_request(bool later)
    {
        async Task ThrowAsync()
        {
            if (later)
            {
                await Task.Yield();
            }

            throw new InvalidOperationException("The audit is down.");
        }

        await using var app = await StartAsync(options =>
        {
            options.Events.OnCreated = options.Events.OnSignedIn = options.Events.OnTokenRotated = later ? _ => ThrowAsync() : _ => throw new InvalidOperationException("now");
            options.Events.OnEnded = _ => ThrowAsync();
            options.Events.OnStaleToken = _ => ThrowAsync();
        });
        var browser = app.NewBrowser();
        foreach (var path in (string[])["/sign-in/alice", "/rotate", "/destroy"])
        {
            await browser.DoAsync(path);
        }

        Assert.Equal(4, app.Logs.CountOf(29));
    }

    [Fact]
    public async Task An_event_is_raised_after_the_save_and_before_the_answer()
    {
        var cache = new FaultCache();
        var entries = -1;
        await using var app = await StartAsync(
            options => options.Events.OnCreated = created =>
            {
                entries = cache.Entries.Count;
                Assert.False(created.HttpContext!.Response.HasStarted);
                return Task.CompletedTask;
            },
            cache);

        await app.NewBrowser().DoAsync("/values/a/1");

        Assert.Equal((1, 0), (entries, app.Logs.CountOf(29)));
    }

    [Fact]
    public async Task Events_of_a_class_of_its_own_are_called()
    {
        var events = new OwnEvents();
        await using var app = await StartAsync(options => options.Events = events);

        await app.NewBrowser().DoAsync("/sign-in/alice");

        Assert.Equal("alice", events.SignedInUser);
    }

    private async Task AssertToldAsync(Browser browser, string path, params string[] expected)
    {
        _told.Clear();
        await browser.DoAsync(path);
        Assert.Equal(expected, _told);
    }

    private Task<App> StartAsync(Action<SessionManagerOptions>? session = null, FaultCache? cache = null) => App.StartAsync(
        app => app.MapSession(),
        new AppOptions
        {
            Cache = cache,
            Session = options =>
            {
                options.Events.OnCreated = context => Told("created", context);
                options.Events.OnSignedIn = context => Told("signed in", context);
                options.Events.OnTokenRotated = context => Told("rotated", context);
                options.Events.OnStaleToken = context => Told("stale", context);
                options.Events.OnEnded = context => Told("ended", context, $" {context.Reason}{(context.HttpContext is null ? " without a request" : "")}");
                session?.Invoke(options);
            },
        });

    private Task Told(string what, SessionEventContext context, string more = "")
    {
        Assert.NotNull(context.Services.GetService<ISessionDirectory>());
        _told.Enqueue($"{what} {context.Session.UserId ?? "nobody"}{more}");
        return Task.CompletedTask;
    }
}
