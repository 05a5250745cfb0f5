using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>What the directory tells of one session that may have ended, of the store, and of how many sessions there
/// are.</summary>
public sealed class DirectoryDetailsTests
{
    [Fact]
    public async Task A_living_session_has_its_info_and_the_number_and_size_of_its_values()
    {
        await using var app = await DirectoryApp.StartAsync(new AppOptions());
        var alice = (await app.BeginAsync(1, "alice"))[0];
        var id = await alice.ReadAsync("/id");
        Assert.Equal((0, 0), await SizeAsync(app, id));
        await alice.DoAsync("/values/a/1");
        var small = await SizeAsync(app, id);
        await alice.DoAsync($"/values/{Uri.EscapeDataString("é")}/1");

        var details = await app.Directory.GetDetailsAsync(id);

        Assert.Equal(SessionStatus.Living, details.Status);
        Assert.Equal(await app.Directory.FindAsync(id), details.Session);
        Assert.Null(details.EndReason);
        Assert.Equal((1, 2), (small.Count, details.ValueCount));
        Assert.True(small.Bytes > 1, "A key of one byte and its value take more than a byte.");
        Assert.Equal((2 * small.Bytes) + 1, details.ValueBytes);
    }

    [Theory]
    [InlineData("/sign-out", null)]
    [InlineData("/destroy", SessionEndReason.SignedOut)]
    public async Task A_session_that_its_user_destroyed_says_so_and_one_that_was_signed_out_lives(
        string path, SessionEndReason? reason)
    {
        await using var app = await DirectoryApp.StartAsync(new AppOptions());
        var alice = (await app.BeginAsync(1, "alice"))[0];
        var id = await alice.ReadAsync("/id");

        await alice.DoAsync(path);

        var details = await app.Directory.GetDetailsAsync(id);
        var status = reason is null ? SessionStatus.Living : SessionStatus.Ended;
        Assert.Equal((status, reason), (details.Status, details.EndReason));
        Assert.Null(details.Session?.UserId);
    }

    [Fact]
    public async Task A_revoked_session_says_so_and_has_nothing_else()
    {
        await using var app = await DirectoryApp.StartAsync(new AppOptions());
        var alice = (await app.BeginAsync(1, "alice"))[0];
        var id = await alice.ReadAsync("/id");
        await alice.DoAsync("/values/a/1");

        await app.Directory.RevokeUserAsync("alice");

        var details = await app.Directory.GetDetailsAsync(id);
        Assert.Equal((SessionStatus.Ended, SessionEndReason.Revoked), (details.Status, details.EndReason));
        Assert.Equal((null, 0, 0), (details.Session, details.ValueCount, details.ValueBytes));
    }

    [Fact]
    public async Task Reading_the_details_is_no_use_of_the_session_and_an_expired_one_says_so()
    {
        await using var app = await DirectoryApp.StartAsync(new AppOptions());
        var id = await (await app.BeginAsync(1, "alice"))[0].ReadAsync("/id");
        app.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(SessionStatus.Living, (await app.Directory.GetDetailsAsync(id)).Status);
        app.Clock.Advance(TimeSpan.FromMinutes(6));

        var details = await app.Directory.GetDetailsAsync(id);

        Assert.Equal((SessionStatus.Ended, SessionEndReason.Expired), (details.Status, details.EndReason));
        Assert.Null(details.Session);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    public async Task Text_that_is_no_id_and_an_id_of_no_session_are_not_found(string id)
    {
        await using var app = await DirectoryApp.StartAsync(new AppOptions());
        Assert.Equal(SessionStatus.NotFound, (await app.Directory.GetDetailsAsync(id)).Status);
        Assert.Equal(SessionStatus.NotFound, (await app.Directory.GetDetailsAsync(null!)).Status);
    }

    [Theory]
    [InlineData(true, SessionStatus.Newer)]
    [InlineData(false, SessionStatus.Unreadable)]
    public async Task A_record_of_a_newer_version_and_a_damaged_one_are_told_apart(bool isNewer, SessionStatus status)
    {
        var cache = new FaultCache();
        await using var app = await DirectoryApp.StartAsync(new AppOptions { Cache = cache });
        var id = await (await app.BeginAsync(1, "alice"))[0].ReadAsync("/id");
        var records = cache.Entries.Where(entry => !entry.Key.Contains("user:", StringComparison.Ordinal));
        foreach (var (key, entry) in records)
        {
            byte[] bytes = isNewer ? [(byte)(entry.Value[0] + 1), .. entry.Value[1..]] : entry.Value[..20];
            cache.Entries[key] = (bytes, entry.Options);
        }

        var details = await app.Directory.GetDetailsAsync(id);

        Assert.Equal((status, null, null), (details.Status, details.Session, details.EndReason));
    }

    [Fact]
    public async Task A_store_that_is_down_is_an_exception()
    {
        var cache = new FaultCache();
        await using var app = await DirectoryApp.StartAsync(new AppOptions { Cache = cache });
        var id = await (await app.BeginAsync(1, "alice"))[0].ReadAsync("/id");
        cache.Plan(CacheOperation.Get, CacheFault.Fail);
        await Assert.ThrowsAsync<SessionStoreException>(() => app.Directory.GetDetailsAsync(id));
    }

    [Fact]
    public async Task Finding_the_sessions_of_a_user_reads_the_epoch_of_the_user_once()
    {
        FaultStore store = null!;
        await using var app = await DirectoryApp.StartAsync(new AppOptions
        {
            Services = services => FaultStore.AddTo(services, made => store = made),
        });
        await app.BeginAsync(5, "alice");
        var before = store.CallsOf(StoreOperation.LoadEpoch);

        Assert.Equal(5, (await app.Directory.FindByUserAsync("alice")).Count);
        Assert.Equal(1, store.CallsOf(StoreOperation.LoadEpoch) - before);
    }

    [Fact]
    public async Task Living_sessions_are_counted_without_a_call_of_the_store()
    {
        var cache = new FaultCache();
        await using var app = await DirectoryApp.StartAsync(new AppOptions { Cache = cache });
        Assert.Equal((0, 0, 0), CountOf(app));
        await app.BeginAsync(2, user: null);
        var alices = await app.BeginAsync(3, "alice");
        await alices[0].DoAsync("/destroy");
        var calls = cache.Calls;

        Assert.Equal((2, 2, 4), CountOf(app));
        Assert.Equal(calls, cache.Calls);

        app.Clock.Advance(TimeSpan.FromMinutes(15));
        await alices[1].DoAsync("/values/a/1");
        app.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal((0, 1, 1), CountOf(app));
    }

    [Fact]
    public async Task A_store_that_does_not_count_has_no_count()
    {
        await using var app = await DirectoryApp.StartAsync(new AppOptions
        {
            Services = services => services.AddSingleton<ISessionRecordStore>(provider =>
                new PassingStore(ActivatorUtilities.CreateInstance<CacheSessionStore>(provider))),
        });
        await app.BeginAsync(1, "alice");
        Assert.Null(app.Directory.Count());
    }

    [Fact]
    public async Task The_name_of_the_store_is_told_and_whether_it_can_list_all()
    {
        await using var memory = await DirectoryApp.StartAsync(new AppOptions());
        await using var cache = await DirectoryApp.StartAsync(new AppOptions { Cache = new FaultCache() });
        await using var other = await DirectoryApp.StartAsync(new AppOptions
        {
            Cache = new FaultCache(),
            Services = services => services.AddSingleton<ISessionRecordStore>(provider =>
                new PassingStore(ActivatorUtilities.CreateInstance<CacheSessionStore>(provider))),
        });

        Assert.Equal(("memory", true), (memory.Directory.StoreName, memory.Directory.ListsAllSessions));
        Assert.Equal(("FaultCache", false), (cache.Directory.StoreName, cache.Directory.ListsAllSessions));
        Assert.Equal(("FaultCache", true), (other.Directory.StoreName, other.Directory.ListsAllSessions));
    }

    private static (int, int, int)? CountOf(DirectoryApp app) =>
        app.Directory.Count() is { } count ? (count.Anonymous, count.SignedIn, count.Total) : null;

    private static async Task<(int Count, long Bytes)> SizeAsync(DirectoryApp app, string id)
    {
        var details = await app.Directory.GetDetailsAsync(id);
        return (details.ValueCount, details.ValueBytes);
    }
}
