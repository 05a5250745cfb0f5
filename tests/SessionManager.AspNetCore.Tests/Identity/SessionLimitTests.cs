using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.StoreConformance;
using SessionManager.AspNetCore.Stores;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Identity;

/// <summary>MaxSessionsPerUser on one node: never more, also when sign-ins race.</summary>
public sealed class SessionLimitTests
{
    private FaultStore? _store;

    [Fact]
    public async Task The_oldest_session_is_revoked_and_its_browser_is_told()
    {
        await using var app = await StartAsync(2, OnSessionLimit.RevokeOldest);
        var browsers = await SignInAsync(app, "alice", 3);

        Assert.Equal("Revoked", await browsers[0].ReadAsync("/end"));
        Assert.Equal(("alice", "alice"), (await browsers[1].ReadAsync("/me"), await browsers[2].ReadAsync("/me")));
    }

    [Fact]
    public async Task A_sign_in_too_many_is_409_and_sets_no_cookie()
    {
        await using var app = await StartAsync(2, OnSessionLimit.RejectNew);
        var browsers = await SignInAsync(app, "alice", 2);
        var late = app.NewBrowser();

        using var refused = await late.PostAsync("/sign-in/alice");

        Assert.Equal((HttpStatusCode.Conflict, "application/problem+json"), (refused.StatusCode, refused.Content.Headers.ContentType!.MediaType));
        Assert.Empty(late.LastSetCookies);
        Assert.Equal("nobody", await late.ReadAsync("/me"));
        Assert.Equal(("alice", "alice"), (await browsers[0].ReadAsync("/me"), await browsers[1].ReadAsync("/me")));
        Assert.Equal(1, app.Logs.CountOf(28));
    }

    [Fact]
    public async Task A_refused_sign_in_leaves_the_anonymous_session_as_it_was_and_a_sign_out_before_it_stands()
    {
        await using var app = await StartAsync(1, OnSessionLimit.RejectNew);
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
        await using var app = await StartAsync(1, OnSessionLimit.RejectNew);
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
        await using var app = await StartAsync(1, OnSessionLimit.RejectNew);
        var browser = (await SignInAsync(app, "alice", 1))[0];

        await browser.DoAsync("/sign-in/alice");
        foreach (var user in (string[])["Alice", "alice%20", "alic", "al*", "аlice"])
        {
            await SignInAsync(app, user, 1);
        }

        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData(OnSessionLimit.RevokeOldest)]
    [InlineData(OnSessionLimit.RejectNew)]
    public async Task Of_ten_sign_ins_at_once_at_most_two_live_at_any_time(OnSessionLimit mode)
    {
        await using var app = await StartAsync(2, mode);
        var gates = Enumerable.Range(0, 2).Select(_ => _store!.Hold(StoreOperation.Commit, StoreGatePoint.Before)).ToList();
        var browsers = Enumerable.Range(0, 10).Select(_ => app.NewBrowser()).ToList();
        var signIns = browsers.Select(browser => browser.PostAsync("/sign-in/alice")).ToList();

        // Two have been admitted, and the others know it.
        await Task.WhenAll(gates.Select(gate => gate.Reached));
        gates.ForEach(gate => gate.Open());
        var directory = app.Services.GetRequiredService<ISessionDirectory>();
        var all = Task.WhenAll(signIns);
        while (!all.IsCompleted)
        {
            Assert.InRange((await directory.FindByUserAsync("alice")).Count, 0, 2);
            await Task.Yield();
        }

        var statuses = (await all).Select(answer => answer.StatusCode).ToList();
        Assert.Equal(mode == OnSessionLimit.RejectNew ? 2 : 10, statuses.Count(status => status == HttpStatusCode.OK));
        Assert.All(statuses, status => Assert.True(status is HttpStatusCode.OK or HttpStatusCode.Conflict));
        var alive = await Task.WhenAll(browsers.Select(browser => browser.ReadAsync("/me")));
        Assert.Equal(2, alive.Count(user => user == "alice"));
    }

    [Fact]
    public async Task A_note_left_behind_by_an_ended_session_costs_no_living_one_its_place()
    {
        await using var app = await StartAsync(2, OnSessionLimit.RevokeOldest);
        var browsers = await SignInAsync(app, "alice", 2);
        var store = app.Services.GetRequiredService<ISessionRecords>();
        var directory = app.Services.GetRequiredService<ISessionDirectory>();
        var newest = (await directory.FindByUserAsync("alice")).MaxBy(info => info.AuthenticatedAt)!;

        // As when a request loaded it the moment before it was ended, and noted it the moment after.
        await directory.RevokeAsync(newest.SessionId);
        await store.AdmitAsync("alice", new SessionMember(Guid.Parse(newest.SessionId), newest.AuthenticatedAt!.Value), limit: null);
        var third = (await SignInAsync(app, "alice", 1))[0];

        Assert.Equal(("alice", "nobody", "alice"), (await browsers[0].ReadAsync("/me"), await browsers[1].ReadAsync("/me"), await third.ReadAsync("/me")));
    }

    [Fact]
    public async Task A_sign_in_that_was_not_saved_frees_its_place_after_a_while()
    {
        await using var app = await StartAsync(1, OnSessionLimit.RejectNew);
        _store!.Plan(StoreOperation.Commit, StoreFaultKind.Fail);
        using var failed = await app.NewBrowser().PostAsync("/sign-in/alice");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        using var early = await app.NewBrowser().PostAsync("/sign-in/alice");
        Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);

        // Twice the I/O timeout: by then it is known to have come to nothing.
        app.Clock.Advance(TimeSpan.FromSeconds(2));

        await SignInAsync(app, "alice", 1);
    }

    [Theory]
    [InlineData(OnSessionLimit.RevokeOldest)]
    [InlineData(OnSessionLimit.RejectNew)]
    public async Task A_limit_set_over_a_user_with_many_sessions_is_applied_in_one_review(OnSessionLimit mode)
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
        var (loads, calls) = (_store!.CallsOf(StoreOperation.Load), CallsOfAll());

        using var answer = await app.NewBrowser().PostAsync("/sign-in/alice");

        (loads, calls) = (_store.CallsOf(StoreOperation.Load) - loads, CallsOfAll() - calls);
        Assert.Equal(Sessions, loads);
        var after = await FindAsync(app);
        if (mode == OnSessionLimit.RejectNew)
        {
            Assert.Equal((HttpStatusCode.Conflict, Sessions + 1), (answer.StatusCode, calls));
            Assert.Equal(before, after);
            Assert.Empty(ended);
            return;
        }

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.InRange(calls, 0, 3 * (Sessions + 1));
        Assert.Equal(before[^2..], after[..^1]);
        Assert.Equal(before[..^2], ended);

        int CallsOfAll() => Enum.GetValues<StoreOperation>().Sum(_store!.CallsOf);

        static async Task<List<string>> FindAsync(App app) =>
            [.. (await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice")).Reverse().Select(info => info.SessionId)];
    }

    [Fact]
    public async Task The_ends_of_a_surplus_are_told_one_after_another_and_also_when_the_store_fails_meanwhile()
    {
        var (ended, telling) = (0, 0);
        await using var app = await StartAsync(null, OnSessionLimit.RevokeOldest, options => options.Events.OnEnded = async _ =>
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

        using var again = await app.NewBrowser().PostAsync("/sign-in/alice");
        Assert.Equal((HttpStatusCode.OK, 10, 0), (again.StatusCode, ended, app.Logs.CountOf(29)));
    }

    [Fact]
    public async Task A_sign_in_that_is_refused_for_the_limit_takes_no_place()
    {
        await using var app = await StartAsync(1, OnSessionLimit.RejectNew);
        var browser = (await SignInAsync(app, "alice", 1))[0];
        using var refused = await app.NewBrowser().PostAsync("/sign-in/alice");
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        await browser.DoAsync("/sign-out");

        await SignInAsync(app, "alice", 1);
    }

    [Fact]
    public async Task A_sign_in_that_lost_its_session_to_another_user_takes_no_place_with_it()
    {
        await using var app = await StartAsync(1, OnSessionLimit.RejectNew);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var (alice, bob) = (browser.Clone(), browser.Clone());
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

    private Task<App> StartAsync(int? limit, OnSessionLimit mode, Action<SessionManagerOptions>? configure = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapPost("/switch/{user}", (ISessionManager session, string user) =>
            {
                session.ClearSession();
                session.SetUserId(user);
            });
            _ = app.Services.GetRequiredService<ISessionRecords>();
        },
        new AppOptions
        {
            Session = options =>
            {
                (options.MaxSessionsPerUser, options.OnSessionLimit) = (limit, mode);
                options.IOTimeout = TimeSpan.FromSeconds(1);
                configure?.Invoke(options);
            },
            Services = services => services.AddSingleton<ISessionRecords>(provider =>
                _store = new FaultStore(ActivatorUtilities.CreateInstance<DistributedCacheSessionStore>(provider))),
        });
}
