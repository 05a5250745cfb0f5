using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>An account is deleted: nothing that its user left in sessions stays.</summary>
public sealed class EraseUserTests
{
    private readonly FaultCache _cache = new();
    private readonly ConcurrentQueue<string> _told = new();
    private FaultStore? _store;

    [Fact]
    public async Task All_sessions_are_erased_signed_in_signed_out_with_values_kept_and_expired_and_nobody_elses()
    {
        await using var app = await StartAsync();
        var expired = await SignInAsync(app, "alice");
        var old = await SignedOutAsync(app, "alice");
        app.Clock.Advance(TimeSpan.FromMinutes(21));
        var (signedIn, signedOut) = (await SignInAsync(app, "alice"), await SignedOutAsync(app, "alice"));
        var (bob, bobsLeft) = (await SignInAsync(app, "bob"), await SignedOutAsync(app, "bob"));
        Assert.Equal(6, _cache.Entries.Count(entry => Holds(entry.Value.Value, "secret-")));

        Assert.Equal(4, await DirectoryOf(app).EraseUserAsync("alice"));

        Assert.DoesNotContain(_cache.Entries, entry => Holds(entry.Value.Value, "secret-alice") || Holds(entry.Value.Value, "alice"));
        Assert.Equal(
            ["Expired", "Expired", "Revoked", "Revoked", "none", "none"],
            await Task.WhenAll(new[] { expired, old, signedIn, signedOut, bob, bobsLeft }.Select(browser => browser.ReadAsync("/end"))));
        Assert.Equal(("bob", "secret-bob", "secret-bob"), (await bob.ReadAsync("/me"), await bob.ReadAsync("/values/left"), await bobsLeft.ReadAsync("/values/left")));
        Assert.Equal("nothing", await signedOut.ReadAsync("/values/left"));
        Assert.Equal(["alice Expired", "alice Revoked", "nobody Expired", "nobody Revoked"], _told.Order(StringComparer.Ordinal));
        Assert.Equal(0, await DirectoryOf(app).EraseUserAsync("alice"));
    }

    [Fact]
    public async Task The_log_says_how_many_and_not_who()
    {
        await using var app = await StartAsync();
        await SignedOutAsync(app, "alice");

        await DirectoryOf(app).EraseUserAsync("alice");

        var entry = Assert.Single(app.Logs.Entries, entry => entry.EventId == 48);
        Assert.Contains("1 sessions", entry.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(app.Logs.Entries, entry => entry.Message.Contains("alice", StringComparison.Ordinal) && entry.EventId is 25 or 48);
    }

    [Fact]
    public async Task A_session_that_was_destroyed_or_emptied_by_its_sign_out_is_not_counted_twice()
    {
        await using var app = await StartAsync(options => options.ClearSessionScope = ClearSessionScope.Everything);
        var (destroyed, emptied) = (await SignInAsync(app, "alice"), await SignedOutAsync(app, "alice"));
        var before = destroyed.Clone();
        await destroyed.DoAsync("/destroy");

        // What was signed out of is still there, as the user's, with nothing in it.
        Assert.Equal(1, await DirectoryOf(app).EraseUserAsync("alice"));
        Assert.Equal(("SignedOut", "Revoked"), (await before.ReadAsync("/end"), await emptied.ReadAsync("/end")));
    }

    [Fact]
    public async Task Nobody_has_nothing_to_erase()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/a/1");

        Assert.Equal(0, await DirectoryOf(app).EraseUserAsync<string?>(null));
        Assert.Equal(0, await DirectoryOf(app).EraseUserAsync(""));
        Assert.Equal(0, await DirectoryOf(app).EraseUserAsync(0));
        Assert.Equal(0, await DirectoryOf(app).EraseUserAsync("nobody"));
        Assert.Equal("1", await browser.ReadAsync("/values/a"));
    }

    [Fact]
    public async Task A_session_that_changes_hands_between_the_search_and_the_end_is_left_alone()
    {
        await using var app = await StartAsync();
        var browser = await SignedOutAsync(app, "alice");
        var ends = _store!.Hold(StoreOperation.End, StoreGatePoint.Before);
        var erasing = DirectoryOf(app).EraseUserAsync("alice");
        await ends.Reached;

        // The store refuses what begins now on the old values: so bob gets a session of his own.
        await browser.DoAsync("/sign-in/bob");
        ends.Open();

        await erasing;
        Assert.Equal(("bob", "nothing"), (await browser.ReadAsync("/me"), await browser.ReadAsync("/values/left")));
        Assert.DoesNotContain(_cache.Entries, entry => Holds(entry.Value.Value, "secret-alice"));
    }

    [Fact]
    public async Task A_session_that_is_somebody_elses_by_now_lives()
    {
        await using var app = await StartAsync();
        var browser = await SignedOutAsync(app, "alice");
        await browser.DoAsync("/sign-in/bob");
        await browser.DoAsync("/values/a/1");

        Assert.Equal(0, await DirectoryOf(app).EraseUserAsync("alice"));

        Assert.Equal(("bob", "1"), (await browser.ReadAsync("/me"), await browser.ReadAsync("/values/a")));
    }

    [Theory]
    [InlineData("/values/late/1", false)]
    [InlineData("/values/late/1", true)]
    [InlineData("/sign-out", false)]
    public async Task A_request_in_flight_brings_nothing_back(string path, bool signedOut)
    {
        await using var app = await StartAsync();
        var browser = signedOut ? await SignedOutAsync(app, "alice") : await SignInAsync(app, "alice");
        var commit = _store!.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var running = browser.PostAsync(path);
        await commit.Reached;

        Assert.Equal(1, await DirectoryOf(app).EraseUserAsync("alice"));
        commit.Open();

        Assert.Equal(path == "/sign-out" ? HttpStatusCode.OK : HttpStatusCode.Conflict, (await running).StatusCode);
        Assert.DoesNotContain(_cache.Entries, entry => Holds(entry.Value.Value, "alice") || Holds(entry.Value.Value, "late"));
    }

    [Fact]
    public async Task A_store_that_fails_on_the_way_is_told_and_the_next_call_goes_on_with_what_is_left()
    {
        await using var app = await StartAsync();
        await SignedOutAsync(app, "alice");
        await SignInAsync(app, "alice");
        _store!.Plan(StoreOperation.End, StoreFaultKind.Fail, times: 1, after: 1);

        await Assert.ThrowsAsync<SessionStoreException>(() => DirectoryOf(app).EraseUserAsync("alice"));

        Assert.Equal(1, await DirectoryOf(app).EraseUserAsync("alice"));
        Assert.DoesNotContain(_cache.Entries, entry => Holds(entry.Value.Value, "alice"));
    }

    [Fact]
    public async Task What_was_signed_out_of_is_no_device_of_the_users_and_counts_for_no_limit()
    {
        await using var app = await StartAsync(options => (options.MaxSessionsPerUser, options.SessionLimitBehavior) = (1, SessionLimitBehavior.RejectNew));
        await SignedOutAsync(app, "alice");
        await SignedOutAsync(app, "alice");

        Assert.Empty(await DirectoryOf(app).FindByUserAsync("alice"));
        Assert.Equal(0, await DirectoryOf(app).RevokeUserAsync("alice"));
        await SignInAsync(app, "alice");
        Assert.Equal(3, await DirectoryOf(app).EraseUserAsync("alice"));
    }

    [Fact]
    public async Task On_a_plain_cache_what_only_another_node_knows_is_erased_for_every_request()
    {
        await using var a = await StartAsync();
        await using var b = await StartAsync();
        var (signedIn, signedOut, unread) = (await SignInAsync(b, "alice"), await SignedOutAsync(b, "alice"), await SignedOutAsync(b, "alice"));
        var bobs = await SignedOutAsync(b, "bob");
        await DirectoryOf(a).RevokeUserAsync("alice");
        Assert.Equal("secret-alice", await signedOut.ReadAsync("/values/left"));

        await DirectoryOf(a).EraseUserAsync("alice");

        Assert.Equal(HttpStatusCode.OK, (await unread.PostAsync("/values/more/1")).StatusCode);
        Assert.Equal(("Revoked", "Revoked"), (await signedIn.ReadAsync("/end"), await signedOut.ReadAsync("/end")));
        Assert.Equal(("nothing", "nothing", "secret-bob"), (await signedOut.ReadAsync("/values/left"), await unread.ReadAsync("/values/left"), await bobs.ReadAsync("/values/left")));
        var again = await SignedOutAsync(b, "alice");
        Assert.Equal("secret-alice", await again.ReadAsync("/values/left"));
    }

    [Fact]
    public async Task On_a_plain_cache_a_session_nobody_ever_signed_in_to_costs_no_read_more_and_one_that_has_an_owner_one()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/a/1");
        await browser.ReadAsync("/values/a");
        Assert.Equal(0, _cache.UserGets);

        var signedOut = await SignedOutAsync(app, "alice");
        var before = _cache.UserGets;
        await signedOut.ReadAsync("/values/left");
        Assert.Equal(before + 1, _cache.UserGets);
    }

    private static bool Holds(byte[] stored, string text) => stored.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;

    private static ISessionDirectory DirectoryOf(App app) => app.Services.GetRequiredService<ISessionDirectory>();

    private static async Task<Browser> SignInAsync(App app, string user)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync($"/sign-in/{user}");
        await browser.DoAsync($"/values/left/secret-{user}");
        return browser;
    }

    private static async Task<Browser> SignedOutAsync(App app, string user)
    {
        var browser = await SignInAsync(app, user);
        await browser.DoAsync("/sign-out");
        return browser;
    }

    private Task<App> StartAsync(Action<SessionManagerOptions>? session = null) => App.StartAsync(
        app => app.MapSession(),
        new AppOptions
        {
            Cache = _cache,
            Session = options =>
            {
                options.ClearSessionScope = ClearSessionScope.UserId;
                options.Events.OnEnded = ended =>
                {
                    _told.Enqueue($"{ended.Session.UserId ?? "nobody"} {ended.Reason}");
                    return Task.CompletedTask;
                };
                session?.Invoke(options);
            },
            Services = services => FaultStore.AddTo(services, made => _store = made),
        });
}
