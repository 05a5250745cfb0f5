using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Identity;

/// <summary>Two nodes on one plain cache, which can't list or search: a revocation on one holds on the other all the same.</summary>
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

        Assert.Equal(("Revoked", "Revoked"), (await browser.ReadAsync("/end"), await On(_a, browser).ReadAsync("/end")));
    }

    [Fact]
    public async Task A_node_finds_what_it_has_made_or_loaded()
    {
        var browser = await SignInAsync(_b);
        Assert.Empty(await OnA.FindByUserAsync("alice"));

        await On(_a, browser).ReadAsync("/me");

        Assert.Single(await OnA.FindByUserAsync("alice"));
    }

    [Fact]
    public async Task What_is_kept_of_a_user_stays_as_long_as_a_session_can_that_it_is_about()
    {
        await OnA.RevokeUserAsync("alice");

        var (key, entry) = Assert.Single(_cache.Entries);

        Assert.Equal($"session:user:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("alice")))}", key);
        Assert.Equal(TimeSpan.FromHours(24) + TimeSpan.FromMinutes(40), entry.Options.AbsoluteExpirationRelativeToNow);
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

    private Task<App> StartAsync() => App.StartAsync(app => app.MapSession(), new AppOptions { Cache = _cache, Clock = _clock });
}
