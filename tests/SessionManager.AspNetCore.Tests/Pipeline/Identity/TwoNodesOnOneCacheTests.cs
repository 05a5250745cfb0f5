using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>Two nodes on one plain cache, which can't list: each finds the sessions of a user that the other has made,
/// and a revocation holds on both, also for what the cache has lost the list of.</summary>
public sealed class TwoNodesOnOneCacheTests : IAsyncLifetime
{
    private readonly FaultCache _cache = new();
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private App _a = null!;
    private App _b = null!;

    private ISessionDirectory OnA => _a.Services.GetRequiredService<ISessionDirectory>();

    public async ValueTask InitializeAsync() => (_a, _b) = (await StartAsync(), await StartAsync());

    public async ValueTask DisposeAsync()
    {
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task A_session_that_only_the_other_node_knows_is_revoked()
    {
        var browser = await SignInAsync(_b);

        await OnA.RevokeUserAsync("alice");

        Assert.Equal("Revoked", await browser.ReadAsync("/end"));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
        var again = await SignInAsync(_b);
        Assert.Equal(("alice", "alice"), (await again.ReadAsync("/me"), await On(_a, again).ReadAsync("/me")));
    }

    [Fact]
    public async Task A_request_in_flight_on_the_other_node_cannot_write_any_more()
    {
        var browser = await SignInAsync(_b);
        var gate = _cache.Hold(CacheOperation.Get, after: true);
        var write = browser.PostAsync("/values/a/late");
        await gate.Reached;
        var commit = _cache.Hold(CacheOperation.Get);
        gate.Open();
        await commit.Reached;

        await OnA.RevokeUserAsync("alice");
        commit.Open();

        Assert.Equal(HttpStatusCode.Conflict, (await write).StatusCode);
        Assert.Equal("Revoked", await browser.ReadAsync("/end"));
    }

    [Fact]
    public async Task One_is_spared_twice_in_a_row_and_all_others_end()
    {
        var (spared, second) = (await SignInAsync(_b), await SignInAsync(_b));
        var id = await spared.ReadAsync("/id");

        await OnA.RevokeUserAsync("alice", id);
        Assert.Equal(("none", "Revoked"), (await spared.ReadAsync("/end"), await second.ReadAsync("/end")));
        var third = await SignInAsync(_b);
        await OnA.RevokeUserAsync("alice", id);

        Assert.Equal(("alice", "Revoked"), (await spared.ReadAsync("/me"), await third.ReadAsync("/end")));
        await spared.DoAsync("/values/a/1");
        await spared.DoAsync("/sign-in/alice");
        await OnA.RevokeUserAsync("alice");
        Assert.Equal("Revoked", await spared.ReadAsync("/end"));
    }

    [Fact]
    public async Task One_that_is_revoked_already_is_not_brought_back_by_being_spared()
    {
        var browser = await SignInAsync(_b);
        var id = await browser.ReadAsync("/id");
        await OnA.RevokeUserAsync("alice");

        await OnA.RevokeUserAsync("alice", id);

        Assert.Equal("Revoked", await browser.ReadAsync("/end"));
    }

    [Fact]
    public async Task A_session_is_ended_by_its_id_on_both_nodes()
    {
        var browser = await SignInAsync(_b);

        Assert.True(await OnA.RevokeAsync(await browser.ReadAsync("/id")));

        Assert.Equal(
            ("Revoked", "Revoked"), (await browser.ReadAsync("/end"), await On(_a, browser).ReadAsync("/end")));
    }

    [Theory]
    [InlineData("/sign-out", "Replaced")]
    [InlineData("/sign-in/alice", "Replaced")]
    [InlineData("/sign-in/bob", "Replaced")]
    [InlineData("/rotate", "Replaced")]
    [InlineData("/destroy", "SignedOut")]
    [InlineData("wait", "Expired")]
    public async Task An_old_token_is_dead_on_both_nodes_at_once(string end, string reason)
    {
        var browser = await SignInAsync(_b);
        var old = browser.Clone();
        Assert.Equal("alice", await On(_a, old).ReadAsync("/me"));

        if (end == "wait")
        {
            _clock.Advance(TimeSpan.FromMinutes(21));
        }
        else
        {
            await browser.DoAsync(end);
        }

        foreach (var node in (App[])[_a, _b])
        {
            Assert.Equal(
                ("nobody", reason), (await On(node, old).ReadAsync("/me"), await On(node, old).ReadAsync("/end")));
        }
    }

    [Theory]
    [InlineData("/destroy")]
    [InlineData("/sign-out")]
    public async Task A_request_in_flight_across_an_end_on_the_other_node_is_refused_and_brings_nothing_back(string end)
    {
        var browser = await SignInAsync(_b);
        var slow = On(_a, browser);
        var loaded = _cache.Hold(CacheOperation.Get, after: true);
        var write = slow.PostAsync("/values/a/late");
        await loaded.Reached;
        var ended = browser.Clone();
        await ended.DoAsync(end);
        loaded.Open();

        Assert.Equal(HttpStatusCode.Conflict, (await write).StatusCode);
        foreach (var node in (App[])[_a, _b])
        {
            Assert.Equal(
                ("nobody", "nothing"), (
                    await On(node, browser).ReadAsync("/me"), await On(node, browser).ReadAsync("/values/a")));
            Assert.Equal(
                ("nobody", "nothing"), (
                    await On(node, ended).ReadAsync("/me"), await On(node, ended).ReadAsync("/values/a")));
        }
    }

    [Fact]
    public async Task The_limit_of_sessions_is_held_by_all_nodes_together()
    {
        await using var a = await StartAsync(limit: 1);
        await using var b = await StartAsync(limit: 1);
        var (onA, onB) = (await SignInAsync(a), await SignInAsync(b));
        Assert.Equal(("Revoked", "alice"), (await onA.ReadAsync("/end"), await onB.ReadAsync("/me")));

        await SignInAsync(a);

        Assert.Equal("Revoked", await onB.ReadAsync("/end"));
    }

    [Theory]
    [InlineData(-10)]
    [InlineData(10)]
    public async Task A_sign_in_on_a_node_whose_clock_is_off_is_the_newest_all_the_same(int minutes)
    {
        await using var a = await StartAsync(limit: 1);
        await using var off = await StartAsync(
            new FakeTimeProvider(_clock.GetUtcNow() + TimeSpan.FromMinutes(minutes)), limit: 1);

        foreach (var node in (App[])[a, off, a, off])
        {
            var browser = await SignInAsync(node);
            Assert.Equal(
                ("alice", "alice"), (await On(a, browser).ReadAsync("/me"), await On(off, browser).ReadAsync("/me")));
        }

        Assert.Single(await a.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice"));
    }

    [Fact]
    public async Task A_node_that_has_not_seen_a_revoked_session_tells_of_its_end_when_its_token_is_brought()
    {
        var told = new ConcurrentQueue<string>();
        await using var b = await StartAsync(
            ended: context => told.Enqueue($"{context.Session.UserId} {context.Reason}"));
        var browser = await SignInAsync(b);
        LoseIndex();

        await OnA.RevokeUserAsync("alice");
        Assert.Empty(told);

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => browser.Clone().ReadAsync("/me")));
        Assert.Equal(["alice Revoked"], told);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(-10)]
    public async Task A_node_whose_clock_is_10_minutes_off_ends_sessions_by_so_much_too_early_or_too_late(int minutes)
    {
        var clock = new FakeTimeProvider(_clock.GetUtcNow() + TimeSpan.FromMinutes(minutes));
        await using var off = await StartAsync(clock);
        var browser = await SignInAsync(_a);
        Assert.Equal("alice", await On(off, browser).ReadAsync("/me"));
        await On(off, browser).DoAsync("/values/a/1");
        Assert.Equal(("alice", "1"), (await browser.ReadAsync("/me"), await browser.ReadAsync("/values/a")));
        await On(off, browser).DoAsync("/values/a/2");

        // Last used at the later of the two times, which no node sets back.
        var lives = TimeSpan.FromMinutes(20 + Math.Max(0, minutes));
        _clock.Advance(lives - TimeSpan.FromSeconds(1));
        Assert.NotNull(await LiveAsync(_a));
        _clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(await LiveAsync(_a));
        clock.Advance(TimeSpan.FromMinutes(20 - Math.Min(0, minutes)) + TimeSpan.FromSeconds(1));
        Assert.Equal("nobody", await On(off, browser).ReadAsync("/me"));
    }

    [Fact]
    public async Task A_node_finds_the_sessions_of_a_user_that_any_node_has_made_and_lists_those_it_has_made_or_loaded()
    {
        var browser = await SignInAsync(_b);
        Assert.Equal(0, await OnA.ListAsync().CountAsync());
        Assert.Single(await OnA.FindByUserAsync("alice"));

        await On(_a, browser).ReadAsync("/me");

        Assert.Single(await OnA.FindByUserAsync("alice"));
        Assert.Equal(1, await OnA.ListAsync().CountAsync());
    }

    [Fact]
    public async Task Sessions_whose_list_the_cache_has_lost_are_revoked_all_the_same_and_found_again_after_their_next_touch()
    {
        var (revoked, lost) = (await SignInAsync(_b), await SignInAsync(_b));
        LoseIndex();
        Assert.Empty(await OnA.FindByUserAsync("alice"));

        _clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("alice", await lost.ReadAsync("/me"));
        Assert.Equal(
            [await lost.ReadAsync("/id")], (await OnA.FindByUserAsync("alice")).Select(session => session.SessionId));

        Assert.Equal(1, await OnA.RevokeUserAsync("alice"));
        Assert.Equal(("Revoked", "Revoked"), (await revoked.ReadAsync("/end"), await lost.ReadAsync("/end")));
    }

    [Fact]
    public async Task What_is_kept_of_a_user_stays_as_long_as_a_session_can_that_it_is_about()
    {
        await OnA.RevokeUserAsync("alice");

        var (key, entry) = Assert.Single(_cache.Entries);

        Assert.Equal($"session:user:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("alice")))}", key);

        // A persistent session lives longest.
        Assert.Equal(TimeSpan.FromDays(30 + 14) + TimeSpan.FromMinutes(20), entry.Options.AbsoluteExpirationRelativeToNow);
    }

    [Fact]
    public async Task A_damaged_entry_of_a_user_revokes_and_a_new_sign_in_works()
    {
        var browser = await SignInAsync(_b);
        await OnA.RevokeUserAsync("alice", await browser.ReadAsync("/id"));
        var (key, entry) = Assert.Single(_cache.Entries, pair => pair.Key.Contains(":user:", StringComparison.Ordinal));
        _cache.Entries[key] = (entry.Value[..^1], entry.Options);

        Assert.Equal("Revoked", await browser.ReadAsync("/end"));
        Assert.Equal("alice", await (await SignInAsync(_a)).ReadAsync("/me"));
    }

    [Fact]
    public async Task An_entry_of_a_user_that_cannot_be_read_signs_nobody_in()
    {
        var browser = await SignInAsync(_b);
        _cache.IncludesUsers = true;
        _cache.Plan(CacheOperation.Get, CacheFault.Fail, after: 1);

        using var response = await browser.GetAsync("/me");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task An_anonymous_session_costs_no_read_of_a_user()
    {
        var browser = _a.NewBrowser();
        await browser.DoAsync("/values/a/1");
        await browser.ReadAsync("/values/a");
        Assert.Equal(0, _cache.UserGets);

        await browser.DoAsync("/sign-in/alice");
        var before = _cache.UserGets;
        await browser.ReadAsync("/values/a");
        Assert.Equal(before + 1, _cache.UserGets);
    }

    [Theory]
    [InlineData(false, 600, "1")]
    [InlineData(true, 4.9, "1")]
    [InlineData(true, 5.1, "nothing")]
    public async Task A_second_click_on_the_other_node_goes_on_in_the_session_of_the_first_until_five_seconds_after_its_token_is_seen(
        bool isSeen, double seconds, string cart)
    {
        await using var a = await StartAsync(limit: cart == "1" ? 1 : null);
        await using var b = await StartAsync(limit: cart == "1" ? 1 : null);
        var browser = a.NewBrowser();
        await browser.DoAsync("/values/cart/1");
        var (first, second) = (browser.Clone(), On(b, browser));
        await first.DoAsync("/sign-in/alice");
        if (isSeen)
        {
            await first.DoAsync("/values/seen/1");
        }

        _clock.Advance(TimeSpan.FromSeconds(seconds));

        await second.DoAsync("/sign-in/alice");

        Assert.Equal(("1", cart), (await first.ReadAsync("/values/cart"), await second.ReadAsync("/values/cart")));
        Assert.Equal(("alice", "alice"), (await first.ReadAsync("/me"), await On(a, second).ReadAsync("/me")));
    }

    /// <summary>The cache drops the list of the user's sessions, as it may.</summary>
    private void LoseIndex()
    {
        var key = Assert.Single(_cache.Entries.Keys, key => key.Contains(":sessions:", StringComparison.Ordinal));
        Assert.True(_cache.Entries.TryRemove(key, out _));
    }

    private static Browser On(App node, Browser browser)
    {
        var other = node.NewBrowser();
        other.Token = browser.Token;
        return other;
    }

    private static async Task<Browser> SignInAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        return browser;
    }

    /// <summary>The living session as an administrator sees it, which does not use it.</summary>
    private static async Task<SessionInfo?> LiveAsync(App node) =>
        (await node.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice")).SingleOrDefault();

    private Task<App> StartAsync(
        FakeTimeProvider? clock = null, int? limit = null, Action<SessionEndedContext>? ended = null) => App.StartAsync(
        app => app.MapSession(),
        new AppOptions
        {
            Cache = _cache,
            Clock = clock ?? _clock,
            Session = options =>
            {
                options.MaxSessionsPerUser = limit;
                options.Events.OnEnded = context =>
                {
                    ended?.Invoke(context);
                    return Task.CompletedTask;
                };
            },
        });
}
