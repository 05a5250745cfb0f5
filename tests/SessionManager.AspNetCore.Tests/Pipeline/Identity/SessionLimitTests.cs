using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>MaxSessionsPerUser on one node: never more, also when sign-ins race.</summary>
public sealed class SessionLimitTests
{
    private FaultStore? _store;

    [Fact]
    public async Task The_oldest_session_is_revoked_and_its_browser_is_told()
    {
        await using var app = await StartAsync(2, SessionLimitBehavior.RevokeOldest);
        var browsers = await SignInAsync(app, "alice", 3);

        Assert.Equal("Revoked", await browsers[0].ReadAsync("/end"));
        Assert.Equal(("alice", "alice"), (await browsers[1].ReadAsync("/me"), await browsers[2].ReadAsync("/me")));
    }

    [Fact]
    public async Task A_sign_in_too_many_is_409_and_sets_no_cookie()
    {
        await using var app = await StartAsync(2, SessionLimitBehavior.RejectNew);
        var browsers = await SignInAsync(app, "alice", 2);
        var late = app.NewBrowser();

        using var refused = await late.PostAsync("/sign-in/alice");

        Assert.Equal(
            (HttpStatusCode.Conflict, "application/problem+json"), (
                refused.StatusCode, refused.Content.Headers.ContentType!.MediaType));
        Assert.Empty(late.LastSetCookies);
        Assert.Equal("nobody", await late.ReadAsync("/me"));
        Assert.Equal(("alice", "alice"), (await browsers[0].ReadAsync("/me"), await browsers[1].ReadAsync("/me")));
        Assert.Equal(1, app.Logs.CountOf(28));
    }

    [Fact]
    public async Task A_refused_sign_in_leaves_the_anonymous_session_as_it_was_and_a_sign_out_before_it_stands()
    {
        await using var app = await StartAsync(1, SessionLimitBehavior.RejectNew);
        await SignInAsync(app, "alice", 1);
        var shopper = app.NewBrowser();
        await shopper.DoAsync("/values/cart/three");
        using var refused = await shopper.PostAsync("/sign-in/alice");
        Assert.Equal((HttpStatusCode.Conflict, "three"), (refused.StatusCode, await shopper.ReadAsync("/values/cart")));

        var bob = (await SignInAsync(app, "bob", 1))[0];
        using var switched = await bob.PostAsync("/switch/alice");

        Assert.Equal((HttpStatusCode.Conflict, "nobody"), (switched.StatusCode, await bob.ReadAsync("/me")));
    }

    [Theory]
    [InlineData("/destroy")]
    [InlineData("/sign-out")]
    [InlineData("/sign-in/bob")]
    [InlineData("wait")]
    public async Task A_session_that_ends_frees_its_place_at_once(string end)
    {
        await using var app = await StartAsync(1, SessionLimitBehavior.RejectNew);
        var browser = (await SignInAsync(app, "alice", 1))[0];
        if (end == "wait")
        {
            app.Clock.Advance(TimeSpan.FromMinutes(21));
        }
        else
        {
            await browser.DoAsync(end);
        }

        await SignInAsync(app, "alice", 1);
    }

    [Fact]
    public async Task Signing_in_again_is_not_one_more_and_nobody_else_counts()
    {
        await using var app = await StartAsync(1, SessionLimitBehavior.RejectNew);
        var browser = (await SignInAsync(app, "alice", 1))[0];

        await browser.DoAsync("/sign-in/alice");
        foreach (var user in (string[])["Alice", "alice%20", "alic", "al*", "аlice"])
        {
            await SignInAsync(app, user, 1);
        }

        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData(SessionLimitBehavior.RevokeOldest)]
    [InlineData(SessionLimitBehavior.RejectNew)]
    public async Task Of_ten_sign_ins_at_once_no_more_than_two_tokens_that_open_a_session_are_given_out(
        SessionLimitBehavior mode)
    {
        await using var app = await StartAsync(2, mode);
        var browsers = Enumerable.Range(0, 10).Select(_ => app.NewBrowser()).ToList();

        // All have looked around before the first is saved.
        var gates = Enumerable.Range(0, 10).Select(_ => _store!.Hold(StoreOperation.Commit, StoreGatePoint.Before))
            .ToList();
        var signIns = browsers.Select(browser => browser.PostAsync("/sign-in/alice")).ToList();
        await Task.WhenAll(gates.Select(gate => gate.Reached));
        gates.ForEach(gate => gate.Open());
        var statuses = (await Task.WhenAll(signIns)).Select(answer => answer.StatusCode).ToList();

        // A sign-in that is itself beyond the limit is refused, however the others are made room for.
        Assert.All(statuses, status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Conflict));
        Assert.All(
            browsers.Zip(statuses), signIn =>
                Assert.Equal(signIn.Second == HttpStatusCode.OK, signIn.First.LastSetCookies.Count > 0));
        var alive = (await Task.WhenAll(browsers.Select(browser => browser.ReadAsync("/me"))))
            .Count(user => user == "alice");
        Assert.InRange(alive, mode == SessionLimitBehavior.RejectNew ? 0 : 2, 2);
        Assert.Equal(alive, (await FindAsync(app)).Count);
        if (mode == SessionLimitBehavior.RejectNew)
        {
            Assert.Equal(alive, statuses.Count(status => status == HttpStatusCode.OK));
        }

        await SignInAsync(app, "alice", mode == SessionLimitBehavior.RejectNew ? 2 - alive : 2);
        Assert.Equal(2, (await FindAsync(app)).Count);
    }

    [Fact]
    public async Task A_sign_in_that_later_ones_have_pushed_beyond_the_limit_is_409_and_gives_out_no_token()
    {
        await using var app = await StartAsync(1, SessionLimitBehavior.RevokeOldest);
        var (slow, fast) = (app.NewBrowser(), app.NewBrowser());
        var gate = _store!.Hold(StoreOperation.Commit, StoreGatePoint.After);
        var losing = slow.PostAsync("/sign-in/alice");
        await gate.Reached;
        await fast.DoAsync("/sign-in/alice");
        gate.Open();
        using var refused = await losing;

        Assert.Equal((HttpStatusCode.Conflict, 0), (refused.StatusCode, slow.LastSetCookies.Count));
        Assert.Equal("alice", await fast.ReadAsync("/me"));
        Assert.Single(await FindAsync(app));
    }

    [Fact]
    public async Task A_claim_that_a_crash_has_left_takes_nobodys_place()
    {
        await using var app = await StartAsync(1, SessionLimitBehavior.RejectNew);
        var shopper = app.NewBrowser();
        await shopper.DoAsync("/values/cart/three");

        // Saved with its claim, and then nothing more is heard of the sign-in.
        _store!.Plan(StoreOperation.Commit, StoreFaultKind.Fail, after: 1);
        using var crashed = await shopper.PostAsync("/sign-in/alice");
        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "nobody", "three"), (
                crashed.StatusCode, await shopper.ReadAsync("/me"), await shopper.ReadAsync("/values/cart")));

        var alice = (await SignInAsync(app, "alice", 1))[0];

        Assert.Equal("alice", await alice.ReadAsync("/me"));
        using var late = await shopper.PostAsync("/sign-in/alice");
        Assert.Equal((HttpStatusCode.Conflict, "three"), (late.StatusCode, await shopper.ReadAsync("/values/cart")));
        await alice.DoAsync("/sign-out");
        await shopper.DoAsync("/sign-in/alice");
        Assert.Equal("three", await shopper.ReadAsync("/values/cart"));
    }

    [Fact]
    public async Task A_sign_in_whose_claim_another_one_has_taken_away_is_refused()
    {
        var cache = new FaultCache();
        await using var other = await StartAsync(1, SessionLimitBehavior.RejectNew, cache: cache);
        await using var app = await StartAsync(
            1, SessionLimitBehavior.RejectNew, options => options.IOTimeout = TimeSpan.FromSeconds(30), cache);
        var (slow, fast) = (app.NewBrowser(), other.NewBrowser());
        await slow.DoAsync("/values/cart/three");
        var claim = _store!.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var signIn = _store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var losing = slow.PostAsync("/sign-in/alice");
        await claim.Reached;
        claim.Open();
        await signIn.Reached;
        await fast.DoAsync("/sign-in/alice");
        signIn.Open();
        using var refused = await losing;

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal(
            ("nobody", "three", "alice"), (
                await slow.ReadAsync("/me"), await slow.ReadAsync("/values/cart"), await fast.ReadAsync("/me")));
    }

    [Fact]
    public async Task A_sign_in_that_was_not_saved_takes_no_place()
    {
        await using var app = await StartAsync(1, SessionLimitBehavior.RejectNew);
        _store!.Plan(StoreOperation.Commit, StoreFaultKind.Fail);
        using var failed = await app.NewBrowser().PostAsync("/sign-in/alice");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);

        await SignInAsync(app, "alice", 1);
    }

    [Theory]
    [InlineData(SessionLimitBehavior.RevokeOldest)]
    [InlineData(SessionLimitBehavior.RejectNew)]
    public async Task A_limit_set_over_a_user_with_many_sessions_is_applied_in_one_review(SessionLimitBehavior mode)
    {
        const int Sessions = 100;
        var ended = new List<string>();
        await using var app = await StartAsync(null, mode, options => options.Events.OnEnded = context =>
        {
            ended.Add(context.Session.SessionId);
            return Task.CompletedTask;
        });
        await SignInAsync(app, "alice", Sessions);
        var before = await FindAsync(app);
        app.Services.GetRequiredService<IOptions<SessionManagerOptions>>().Value.MaxSessionsPerUser = 3;
        var (finds, calls) = (_store!.CallsOf(StoreOperation.FindByUser), CallsOfAll());

        using var answer = await app.NewBrowser().PostAsync("/sign-in/alice");

        (finds, calls) = (_store.CallsOf(StoreOperation.FindByUser) - finds, CallsOfAll() - calls);
        var after = await FindAsync(app);
        if (mode == SessionLimitBehavior.RejectNew)
        {
            Assert.Equal((HttpStatusCode.Conflict, 1), (answer.StatusCode, finds));
            Assert.InRange(calls, 1, Sessions + 1);
            Assert.Equal(before, after);
            Assert.Empty(ended);
            return;
        }

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(2, finds);
        Assert.InRange(calls, 0, 3 * (Sessions + 1));
        Assert.Equal(before[^2..], after[..^1]);
        Assert.Equal(before[..^2], ended);

        int CallsOfAll() => Enum.GetValues<StoreOperation>().Sum(_store!.CallsOf);
    }

    [Fact]
    public async Task The_ends_of_a_surplus_are_told_one_after_another_and_also_when_the_store_fails_meanwhile()
    {
        var (ended, telling) = (0, 0);
        await using var app = await StartAsync(
            null, SessionLimitBehavior.RevokeOldest, options => options.Events.OnEnded = async _ =>
        {
            Assert.Equal(1, Interlocked.Increment(ref telling));
            await Task.Yield();
            (ended, telling) = (ended + 1, 0);
        });
        await SignInAsync(app, "alice", 10);
        app.Services.GetRequiredService<IOptions<SessionManagerOptions>>().Value.MaxSessionsPerUser = 1;
        _store!.Delay = TimeSpan.FromMilliseconds(1);
        _store.Plan(StoreOperation.End, StoreFaultKind.Fail, after: 4);

        using var failed = await app.NewBrowser().PostAsync("/sign-in/alice");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, 9), (failed.StatusCode, ended));

        // The one that was not ended, and the session of the sign-in that failed: nobody has its token.
        using var again = await app.NewBrowser().PostAsync("/sign-in/alice");
        Assert.Equal((HttpStatusCode.OK, 11, 0), (again.StatusCode, ended, app.Logs.CountOf(29)));
    }

    [Fact]
    public async Task A_sign_in_that_is_refused_for_the_limit_takes_no_place()
    {
        await using var app = await StartAsync(1, SessionLimitBehavior.RejectNew);
        var browser = (await SignInAsync(app, "alice", 1))[0];
        using var refused = await app.NewBrowser().PostAsync("/sign-in/alice");
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        await browser.DoAsync("/sign-out");

        await SignInAsync(app, "alice", 1);
    }

    [Fact]
    public async Task A_sign_in_that_lost_its_session_to_another_user_takes_no_place_with_it()
    {
        var cache = new FaultCache();
        await using var other = await StartAsync(1, SessionLimitBehavior.RejectNew, cache: cache);
        await using var app = await StartAsync(
            1, SessionLimitBehavior.RejectNew, options => options.IOTimeout = TimeSpan.FromSeconds(30), cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var (alice, bob) = (browser.Clone(), other.NewBrowser());
        bob.Token = browser.Token;
        var commit = _store!.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var losing = alice.PostAsync("/sign-in/alice");
        await commit.Reached;
        await bob.DoAsync("/sign-in/bob");

        // Refused, and begun anew in a session of its own, for which alice has one place.
        commit.Open();
        using var begun = await losing;

        Assert.Equal(HttpStatusCode.OK, begun.StatusCode);
        Assert.Equal(("alice", "bob"), (await alice.ReadAsync("/me"), await bob.ReadAsync("/me")));
    }

    /// <summary>The sessions of a user, the oldest in front.</summary>
    private static async Task<List<string>> FindAsync(App app) =>
        [.. (await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice")).Reverse()
            .Select(info => info.SessionId)];

    private static async Task<List<Browser>> SignInAsync(App app, string user, int times)
    {
        var browsers = new List<Browser>();
        for (var i = 0; i < times; i++)
        {
            var browser = app.NewBrowser();
            await browser.DoAsync($"/sign-in/{user}");
            browsers.Add(browser);
            app.Clock.Advance(TimeSpan.FromMilliseconds(10));
        }

        return browsers;
    }

    private Task<App> StartAsync(
        int? limit, SessionLimitBehavior mode, Action<SessionManagerOptions>? configure = null,
            FaultCache? cache = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapPost("/switch/{user}", (ISessionManager session, string user) =>
            {
                session.ClearSession();
                session.SetUserId(user);
            });
            _ = app.Services.GetRequiredService<ISessionRecordStore>();
        },
        new AppOptions
        {
            Cache = cache,
            Session = options =>
            {
                (options.MaxSessionsPerUser, options.SessionLimitBehavior) = (limit, mode);
                options.IOTimeout = TimeSpan.FromSeconds(1);
                configure?.Invoke(options);
            },
            Services = services => FaultStore.AddTo(services, made => _store = made),
        });
}
