using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
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
        var store = app.Services.GetRequiredService<ISessionRecordStore>();
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

    private Task<App> StartAsync(int limit, OnSessionLimit mode) => App.StartAsync(
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
            Session = options =>
            {
                (options.MaxSessionsPerUser, options.OnSessionLimit) = (limit, mode);
                options.IOTimeout = TimeSpan.FromSeconds(1);
            },
            Services = services => services.AddSingleton<ISessionRecordStore>(provider =>
                _store = new FaultStore(ActivatorUtilities.CreateInstance<DistributedCacheSessionStore>(provider))),
        });
}
