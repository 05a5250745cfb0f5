using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>Listing, finding and ending sessions, from anywhere.</summary>
public sealed class DirectoryTests
{
    private FaultStore? _store;

    [Fact]
    public async Task All_sessions_of_a_user_are_ended_and_nobody_elses()
    {
        await using var app = await StartAsync();
        var (alices, bob) = (await SignInAsync(app, "alice", 3), (await SignInAsync(app, "bob", 1))[0]);

        Assert.Equal(3, await DirectoryOf(app).RevokeUserAsync("alice"));

        Assert.All(await EndsAsync(alices), end => Assert.Equal("Revoked", end));
        Assert.Equal("bob", await bob.ReadAsync("/me"));
        Assert.Equal(0, await DirectoryOf(app).RevokeUserAsync("alice"));
    }

    [Fact]
    public async Task All_but_one_are_ended()
    {
        await using var app = await StartAsync();
        var alices = await SignInAsync(app, "alice", 3);

        Assert.Equal(2, await DirectoryOf(app).RevokeUserAsync("alice", await alices[1].ReadAsync("/id")));

        Assert.Equal(["Revoked", "none", "Revoked"], await EndsAsync(alices));
        Assert.Equal("alice", await alices[1].ReadAsync("/me"));
    }

    [Fact]
    public async Task One_session_is_ended_by_its_public_id()
    {
        await using var app = await StartAsync();
        var alices = await SignInAsync(app, "alice", 2);
        var id = await alices[0].ReadAsync("/id");

        Assert.True(await DirectoryOf(app).RevokeAsync(id));
        Assert.False(await DirectoryOf(app).RevokeAsync(id));

        Assert.Equal(["Revoked", "none"], await EndsAsync(alices));
    }

    [Fact]
    public async Task A_living_session_is_found_by_its_public_id_and_that_is_no_use_of_it()
    {
        await using var app = await StartAsync();
        var alice = (await SignInAsync(app, "alice", 1))[0];
        var id = await alice.ReadAsync("/id");
        app.Clock.Advance(TimeSpan.FromMinutes(15));

        var found = await DirectoryOf(app).FindAsync(id);
        Assert.Equal(("alice", id), (found?.UserId, found?.SessionId));

        app.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Null(await DirectoryOf(app).FindAsync(id));
        Assert.Equal("Expired", await alice.ReadAsync("/end"));
    }

    [Fact]
    public async Task A_session_that_has_ended_is_not_found()
    {
        await using var app = await StartAsync();
        var alice = (await SignInAsync(app, "alice", 1))[0];
        var id = await alice.ReadAsync("/id");

        await DirectoryOf(app).RevokeUserAsync("alice");

        Assert.Null(await DirectoryOf(app).FindAsync(id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("alice")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    public async Task What_is_no_id_or_of_no_session_finds_nothing(string id)
    {
        await using var app = await StartAsync();

        Assert.Null(await DirectoryOf(app).FindAsync(id));
    }

    [Theory]
    [InlineData("")]
    [InlineData("alice")]
    [InlineData("session:00000000000000000000000000000000")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("{00000000-0000-0000-0000-000000000000}")]
    [InlineData(" 00000000-0000-0000-0000-000000000000")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    public async Task What_is_no_id_or_of_no_session_ends_nothing(string id)
    {
        await using var app = await StartAsync();
        await SignInAsync(app, "alice", 1);

        Assert.False(await DirectoryOf(app).RevokeAsync(id));
        Assert.False(await DirectoryOf(app).RevokeAsync(null!));
    }

    [Fact]
    public async Task An_anonymous_and_an_expired_session()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/a/1");
        Assert.True(await DirectoryOf(app).RevokeAsync(await browser.ReadAsync("/id")));
        Assert.Equal("Revoked", await browser.ReadAsync("/end"));

        var alice = (await SignInAsync(app, "alice", 1))[0];
        var id = await alice.ReadAsync("/id");
        app.Clock.Advance(TimeSpan.FromMinutes(21));

        Assert.False(await DirectoryOf(app).RevokeAsync(id));
        Assert.Empty(await DirectoryOf(app).FindByUserAsync("alice"));
        Assert.Equal(0, await DirectoryOf(app).RevokeUserAsync("alice"));
        Assert.Equal("Expired", await alice.ReadAsync("/end"));
    }

    [Fact]
    public async Task A_user_is_found_exactly()
    {
        string[] users = ["x", "X", "x:y", "*", "х", "x ", "user:x", new('u', 1024), "😀", "{tag}"];
        await using var app = await StartAsync();
        foreach (var user in users)
        {
            await SignInAsync(app, Uri.EscapeDataString(user), 1);
        }

        foreach (var user in users)
        {
            Assert.Equal(user, Assert.Single(await DirectoryOf(app).FindByUserAsync(user)).UserId);
        }

        Assert.Equal(1, await DirectoryOf(app).RevokeUserAsync("x"));
        Assert.Single(await DirectoryOf(app).FindByUserAsync("x:y"));
        Assert.Empty(await DirectoryOf(app).FindByUserAsync("nobody"));
    }

    [Fact]
    public async Task Ids_of_any_type_find_what_they_signed_in_and_defaults_find_nobody()
    {
        await using var app = await StartAsync();
        await SignInAsync(app, "42", 2);

        Assert.Equal(2, (await DirectoryOf(app).FindByUserAsync(42)).Count);
        Assert.Empty(await DirectoryOf(app).FindByUserAsync(0));
        Assert.Empty(await DirectoryOf(app).FindByUserAsync<string?>(null));
        Assert.Equal(0, await DirectoryOf(app).RevokeUserAsync(Guid.Empty));
        Assert.Equal(2, await DirectoryOf(app).RevokeUserAsync(42L));
    }

    [Fact]
    public async Task An_exception_that_names_no_session_is_an_error_and_ends_nothing()
    {
        await using var app = await StartAsync();
        var alice = (await SignInAsync(app, "alice", 1))[0];

        await Assert.ThrowsAsync<ArgumentException>(() => DirectoryOf(app).RevokeUserAsync("alice", "this one"));

        Assert.Equal("alice", await alice.ReadAsync("/me"));
    }

    [Fact]
    public async Task What_is_shown_is_what_the_session_knows_of_itself()
    {
        await using var app = await StartAsync();
        var alice = (await SignInAsync(app, "alice", 1))[0];
        var info = Assert.Single(await DirectoryOf(app).FindByUserAsync("alice"));

        Assert.Equal(await alice.ReadAsync("/info"), System.Text.Json.JsonSerializer.Serialize(info, System.Text.Json.JsonSerializerOptions.Web));
        Assert.DoesNotContain(alice.Token!, info.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_shown_holds_no_token_no_secret_and_no_store_key()
    {
        await using var app = await StartAsync();
        var alice = (await SignInAsync(app, "alice", 1))[0];
        await alice.DoAsync("/values/diary/dear-diary");
        var listed = new List<SessionInfo>();
        await foreach (var info in DirectoryOf(app).ListAsync())
        {
            listed.Add(info);
        }

        var shown = string.Concat(
            System.Text.Json.JsonSerializer.Serialize(listed), System.Text.Json.JsonSerializer.Serialize(await DirectoryOf(app).FindByUserAsync("alice")), listed[0]);
        var secret = System.Buffers.Text.Base64Url.DecodeFromChars(alice.Token!)[16..];
        var hash = System.Security.Cryptography.SHA256.HashData(secret);

        Assert.Contains("alice", shown, StringComparison.Ordinal);
        foreach (var hidden in (string[])
        [
            alice.Token!, alice.Token![22..], "dear-diary", "diary", "session:", Guid.Parse(listed[0].SessionId).ToString("N"),
            .. new[] { secret, hash }.SelectMany(bytes => new[] { Convert.ToHexString(bytes), Convert.ToBase64String(bytes)[..20], string.Join(',', bytes) }),
        ])
        {
            Assert.DoesNotContain(hidden, shown, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task All_are_listed_once_the_newest_first_and_listing_keeps_none_alive()
    {
        await using var app = await StartAsync();
        var began = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        for (var i = 0; i < 200; i++)
        {
            var browser = app.NewBrowser();
            await browser.DoAsync(i % 3 == 0 ? "/values/a/1" : "/sign-in/alice");
            began.Add(await browser.ReadAsync("/id"), app.Clock.GetUtcNow());
            app.Clock.Advance(TimeSpan.FromMilliseconds(i % 2));
        }

        app.Clock.Advance(TimeSpan.FromMinutes(15));
        var listed = await ListAsync(app);
        Assert.Equal(began.Keys.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
        Assert.Equal(listed.OrderByDescending(id => began[id]), listed);
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Empty(await ListAsync(app));
    }

    [Fact]
    public async Task Sessions_that_end_while_they_are_listed_hide_no_other()
    {
        await using var app = await StartAsync();
        var browsers = await SignInAsync(app, "alice", 150);
        var ids = await Task.WhenAll(browsers.Select(browser => browser.ReadAsync("/id")));
        var listed = new List<string>();
        await foreach (var info in DirectoryOf(app).ListAsync())
        {
            listed.Add(info.SessionId);
            await DirectoryOf(app).RevokeAsync(info.SessionId);
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_request_in_flight_over_a_revocation_is_refused_and_brings_nothing_back()
    {
        await using var app = await StartAsync();
        var alice = (await SignInAsync(app, "alice", 1))[0];
        var gate = _store!.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var write = alice.PostAsync("/values/a/late");
        await gate.Reached;

        Assert.Equal(1, await DirectoryOf(app).RevokeUserAsync("alice"));
        gate.Open();

        Assert.Equal(409, (int)(await write).StatusCode);
        Assert.Equal("Revoked", await alice.ReadAsync("/end"));
    }

    [Fact]
    public async Task A_sign_in_that_races_the_revocation_comes_before_it_or_after_it()
    {
        foreach (var committed in (bool[])[false, true])
        {
            await using var app = await StartAsync();
            var gate = _store!.Hold(StoreOperation.Commit, committed ? StoreGatePoint.After : StoreGatePoint.Before);
            var browser = app.NewBrowser();
            var signIn = browser.PostAsync("/sign-in/alice");
            await gate.Reached;

            var ended = await DirectoryOf(app).RevokeUserAsync("alice");
            gate.Open();
            await signIn;

            // Saved before the revocation it is ended, and counted. A sign-in that the revocation finds on its way, on this store, is
            // revoked as well: it has seen the epoch of before.
            Assert.Equal((committed ? 1 : 0, "Revoked"), (ended, await browser.ReadAsync("/end")));
            Assert.Empty(await DirectoryOf(app).FindByUserAsync("alice"));
        }
    }

    [Fact]
    public async Task A_session_that_another_user_took_over_meanwhile_is_spared()
    {
        await using var app = await StartAsync();
        var browser = (await SignInAsync(app, "alice", 1))[0];
        var gate = _store!.Hold(StoreOperation.End, StoreGatePoint.Before);
        var revocation = DirectoryOf(app).RevokeUserAsync("alice");
        await gate.Reached;

        await browser.DoAsync("/take-over/bob");
        gate.Open();

        Assert.Equal((0, "bob"), (await revocation, await browser.ReadAsync("/me")));
    }

    [Fact]
    public async Task A_session_that_another_user_took_over_before_the_users_others_are_revoked_is_spared()
    {
        await using var app = await StartAsync();
        var (taken, alices) = ((await SignInAsync(app, "alice", 1))[0], (await SignInAsync(app, "alice", 1))[0]);
        var gate = _store!.Hold(StoreOperation.SaveEpoch, StoreGatePoint.Before);
        var revocation = DirectoryOf(app).RevokeUserAsync("alice");
        await gate.Reached;

        // It was found as alice's.
        await taken.DoAsync("/take-over/bob");
        gate.Open();

        Assert.Equal((1, "bob"), (await revocation, await taken.ReadAsync("/me")));
        Assert.Equal("Revoked", await alices.ReadAsync("/end"));
    }

    [Fact]
    public async Task A_session_that_a_newer_version_rewrote_is_revoked_and_counted()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var (one, two, three) = ((await SignInAsync(app, "alice", 1))[0], (await SignInAsync(app, "alice", 1))[0], (await SignInAsync(app, "alice", 1))[0]);
        var ids = await Task.WhenAll(new[] { one, two, three }.Select(browser => browser.ReadAsync("/id")));
        await MakeNewerAsync(app, cache);
        app.Clock.Advance(TimeSpan.FromMinutes(5));

        // It can't be shown, but is not forgotten for that.
        Assert.Empty(await DirectoryOf(app).FindByUserAsync("alice"));
        Assert.True(await DirectoryOf(app).RevokeAsync(ids[0]));
        Assert.False(await DirectoryOf(app).RevokeAsync(ids[0]));
        Assert.Equal(1, await DirectoryOf(app).RevokeUserAsync("alice", ids[1]));
        Assert.Equal(["Revoked", "Invalid", "Revoked"], await EndsAsync([one, two, three]));
        Assert.Equal(1, await DirectoryOf(app).RevokeUserAsync("alice"));
        Assert.Equal("Revoked", await two.ReadAsync("/end"));
        Assert.Equal(0, await DirectoryOf(app).RevokeUserAsync("alice"));
    }

    [Fact]
    public async Task A_session_that_a_newer_version_rewrites_while_a_request_destroys_it_is_ended()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var alice = (await SignInAsync(app, "alice", 1))[0];
        var gate = _store!.Hold(StoreOperation.End, StoreGatePoint.Before);
        var other = alice.Clone();
        var ending = other.PostAsync("/destroy");
        await gate.Reached;

        await MakeNewerAsync(app, cache);
        gate.Open();

        Assert.Equal(200, (int)(await ending).StatusCode);
        Assert.Equal("SignedOut", await alice.ReadAsync("/end"));
    }

    [Theory]
    [InlineData(SessionLimitBehavior.RevokeOldest)]
    [InlineData(SessionLimitBehavior.RejectNew)]
    public async Task Sessions_of_a_newer_version_count_against_the_limit(SessionLimitBehavior mode)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, options => (options.MaxSessionsPerUser, options.SessionLimitBehavior) = (2, mode));
        var first = (await SignInAsync(app, "alice", 1))[0];
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await MakeNewerAsync(app, cache);
        var second = (await SignInAsync(app, "alice", 1))[0];
        app.Clock.Advance(TimeSpan.FromMinutes(1));

        var third = app.NewBrowser();
        var status = (int)(await third.PostAsync("/sign-in/alice")).StatusCode;

        Assert.Equal(
            mode == SessionLimitBehavior.RejectNew ? (409, "Invalid", "none") : (200, "Revoked", "none"),
            (status, await first.ReadAsync("/end"), await second.ReadAsync("/end")));
    }

    // The first byte of a header is its version.
    private static async Task MakeNewerAsync(App app, FaultCache cache)
    {
        var store = app.Services.GetRequiredService<ISessionRecordStore>();
        foreach (var key in cache.Records.Select(entry => entry.Key).ToList())
        {
            var stored = await store.LoadAsync(Guid.ParseExact(key[^32..], "N"));
            var header = stored!.Header.ToArray();
            header[0]++;
            Assert.True((await store.WriteAsync(new SessionWrite
            {
                Id = stored.Id,
                ExpectedVersion = stored.Version,
                NewVersion = stored.Version + 1,
                Header = header,
                LastSeenAt = stored.LastSeenAt,
                UserId = "alice",
                StartedAt = stored.StartedAt,
                MovesIndex = false,
                Now = app.Clock.GetUtcNow(),
                KeepUntil = app.Clock.GetUtcNow().AddHours(1),
                IndexUntil = app.Clock.GetUtcNow().AddHours(1),
            })).IsSwapped);
        }
    }

    private static ISessionDirectory DirectoryOf(App app) => app.Services.GetRequiredService<ISessionDirectory>();

    private static async Task<List<string>> ListAsync(App app)
    {
        var ids = new List<string>();
        await foreach (var info in DirectoryOf(app).ListAsync())
        {
            ids.Add(info.SessionId);
        }

        return ids;
    }

    private static Task<string[]> EndsAsync(IEnumerable<Browser> browsers) => Task.WhenAll(browsers.Select(browser => browser.ReadAsync("/end")));

    private static async Task<List<Browser>> SignInAsync(App app, string user, int times)
    {
        var browsers = Enumerable.Range(0, times).Select(_ => app.NewBrowser()).ToList();
        foreach (var browser in browsers)
        {
            await browser.DoAsync($"/sign-in/{user}");
        }

        return browsers;
    }

    private Task<App> StartAsync(FaultCache? cache = null, Action<SessionManagerOptions>? session = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapPost("/take-over/{user}", (ISessionManager session, string user) => session.SetUserId(user));
        },
        new AppOptions
        {
            Cache = cache,
            Session = session,
            Services = services => FaultStore.AddTo(services, made => _store = made),
        });
}
