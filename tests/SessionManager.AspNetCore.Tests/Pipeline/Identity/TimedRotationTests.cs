using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>TokenRotationInterval: the next token is issued in time, and nobody is signed out by it.</summary>
public sealed class TimedRotationTests
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task The_current_token_lives_until_the_next_is_seen_and_5_seconds_more()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        var old = browser.Clone();

        app.Clock.Advance(Interval - TimeSpan.FromMilliseconds(1));
        await browser.ReadAsync("/me");
        Assert.Empty(browser.LastSetCookies);
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.Single(browser.LastSetCookies);
        Assert.NotEqual(old.Token, browser.Token);

        // Not seen yet: the current one goes on as it was.
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("alice", await old.ReadAsync("/me"));

        // Seen: it has five seconds left.
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        app.Clock.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.Equal("alice", await old.ReadAsync("/me"));
        app.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("Replaced", await old.ReadAsync("/end"));
        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task Responses_that_are_lost_sign_nobody_out()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        var token = browser.Token;
        for (var i = 0; i < 4; i++)
        {
            app.Clock.Advance(Interval);
            Assert.Equal("alice", await browser.ReadAsync("/me"));
            Assert.Single(browser.LastSetCookies);

            // The browser never gets the answer.
            browser.Token = token;
        }

        app.Clock.Advance(Interval);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.NotEqual(token, browser.Token);
    }

    [Fact]
    public async Task Of_twenty_requests_at_the_moment_of_rotation_all_succeed_and_one_successor_survives()
    {
        const int Requests = 20;
        FaultStore? store = null;
        await using var app = await StartAsync(services => FaultStore.AddTo(services, made => store = made));
        var browser = await SignInAsync(app);
        app.Clock.Advance(Interval);

        // All have loaded before the first may commit; in one process the others wait behind it.
        var loads = Enumerable.Range(0, Requests).Select(_ => store!.Hold(StoreOperation.Load, StoreGatePoint.After))
            .ToList();
        var commit = store!.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var tabs = Enumerable.Range(0, Requests).Select(_ => browser.Clone()).ToList();
        var requests = tabs.Select(tab => tab.GetAsync("/me")).ToList();
        await Task.WhenAll(loads.Select(gate => gate.Reached));
        loads.ForEach(gate => gate.Open());
        await commit.Reached;
        commit.Open();
        var answers = await Task.WhenAll(requests);

        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.StatusCode));
        var winner = Assert.Single(tabs, tab => tab.LastSetCookies.Count > 0);
        Assert.Equal("alice", await winner.ReadAsync("/me"));
        Assert.Empty(winner.LastSetCookies);
        app.Clock.Advance(SessionLifetime.RotationTail);
        Assert.Equal("Replaced", await browser.ReadAsync("/end"));
        Assert.Equal("alice", await winner.ReadAsync("/me"));
    }

    [Fact]
    public async Task Twenty_requests_that_bring_the_next_token_for_the_first_time_all_succeed()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        app.Clock.Advance(Interval);
        await browser.ReadAsync("/me");

        var users = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => browser.Clone().ReadAsync("/me")));

        Assert.All(users, user => Assert.Equal("alice", user));
    }

    [Theory]
    [InlineData("/sign-in/alice")]
    [InlineData("/sign-in/bob")]
    [InlineData("/sign-out")]
    [InlineData("/rotate")]
    [InlineData("/destroy")]
    public async Task A_change_of_the_token_in_the_rotating_request_is_the_last_word(string change)
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        var old = browser.Clone();
        app.Clock.Advance(Interval);
        await browser.ReadAsync("/me");
        var issued = browser.Clone();
        browser.Token = old.Token;
        app.Clock.Advance(Interval);

        // The third token is issued in this very request.
        await browser.DoAsync(change);

        Assert.Single(browser.LastSetCookies);
        Assert.Equal(change == "/destroy" ? "SignedOut" : "Replaced", await old.ReadAsync("/end"));
        Assert.Equal(change == "/destroy" ? "SignedOut" : "Replaced", await issued.ReadAsync("/end"));
        Assert.Equal(change == "/destroy", browser.Token is null);
        Assert.Equal("none", await browser.ReadAsync("/end"));
    }

    [Fact]
    public async Task A_sign_in_that_another_request_overtakes_with_the_next_token_stays_in_its_session()
    {
        FaultStore? store = null;
        var cache = new FaultCache();
        await using var app = await StartAsync(
            services => FaultStore.AddTo(services, made => store = made), cache, Patient);
        await using var other = await StartAsync(cache: cache, clock: app.Clock);
        var browser = await SignInAsync(app);
        await browser.DoAsync("/values/cart/three");
        var id = await browser.ReadAsync("/id");
        app.Clock.Advance(Interval);
        var slow = browser.Clone();
        await browser.ReadAsync("/me");

        var gate = store!.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var signIn = slow.DoAsync("/sign-in/alice");
        await gate.Reached;
        var elsewhere = other.NewBrowser();
        elsewhere.Token = browser.Token;
        await elsewhere.ReadAsync("/me");
        gate.Open();
        await signIn;

        Assert.Equal((id, "three"), (await slow.ReadAsync("/id"), await slow.ReadAsync("/values/cart")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rotation_that_fails_harms_nobody(bool hangs)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache: cache);
        var browser = await SignInAsync(app);
        app.Clock.Advance(Interval);

        cache.Plan(CacheOperation.Set, hangs ? CacheFault.Hang : CacheFault.Fail);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.Empty(browser.LastSetCookies);
        Assert.Equal(1, app.Logs.CountOf(31));
        cache.Heal();

        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.Single(browser.LastSetCookies);
    }

    [Fact]
    public async Task An_endpoint_that_only_reads_neither_issues_nor_promotes()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        var old = browser.Clone();
        app.Clock.Advance(Interval);

        Assert.Equal("alice", await browser.ReadAsync("/read-only"));
        Assert.Empty(browser.LastSetCookies);
        await browser.ReadAsync("/me");
        Assert.Equal("alice", await browser.ReadAsync("/read-only"));
        app.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("alice", await old.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_rotation_moves_neither_the_absolute_timeout_nor_the_time_of_the_sign_in()
    {
        await using var app = await StartAsync(session: options => options.AbsoluteTimeout = TimeSpan.FromHours(1));
        var browser = await SignInAsync(app);
        var signedInAt = app.Clock.GetUtcNow();
        for (var i = 0; i < 11; i++)
        {
            app.Clock.Advance(Interval);
            Assert.Equal($"{signedInAt:O}", await browser.ReadAsync("/authenticated"));
        }

        app.Clock.Advance(Interval);
        Assert.Equal("Expired", await browser.ReadAsync("/end"));
    }

    [Fact]
    public async Task Who_brings_the_previous_token_in_its_last_seconds_gets_no_next_one()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        var old = browser.Clone();
        app.Clock.Advance(Interval);
        await browser.ReadAsync("/me");

        // Issued long before it is first seen, so that the one after it is due at once.
        app.Clock.Advance(Interval);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.Empty(browser.LastSetCookies);

        Assert.Equal("alice", await old.ReadAsync("/me"));
        Assert.Empty(old.LastSetCookies);
    }

    [Fact]
    public async Task Without_an_interval_no_token_is_ever_issued_by_itself()
    {
        await using var app = await StartAsync(session: options => options.TokenRotationInterval = null);
        var browser = await SignInAsync(app);
        for (var i = 0; i < 50; i++)
        {
            app.Clock.Advance(Interval);
            await browser.ReadAsync("/me");
            Assert.Empty(browser.LastSetCookies);
        }
    }

    // The test holds a call for as long as it takes.
    private static void Patient(SessionManagerOptions options) => options.IOTimeout = TimeSpan.FromSeconds(30);

    private static async Task<Browser> SignInAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        return browser;
    }

    private static Task<App> StartAsync(
        Action<IServiceCollection>? services = null,
        FaultCache? cache = null,
        Action<SessionManagerOptions>? session = null,
        FakeTimeProvider? clock = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapGet("/read-only", (ISessionManager session) => session.GetUserId())
                .WithSession(SessionMode.ReadOnly);
            app.MapGet("/authenticated", (ISessionManager session) => $"{session.Info!.AuthenticatedAt:O}");
        },
        new AppOptions
        {
            Cache = cache,
            Clock = clock ?? new AppOptions().Clock,
            Services = services,
            Session = options =>
            {
                (options.TokenRotationInterval, options.IOTimeout) = (Interval, TimeSpan.FromMilliseconds(200));
                session?.Invoke(options);
            },
        });
}
