using SessionManager.AspNetCore.Redis.Stores;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>Index entries precede their records, outlive faults and evictions, and are removed for tombstones
/// alone.</summary>
public sealed class RecordIndexTests(Servers servers) : IAsyncLifetime
{
    private RecordStore _records = null!;

    private string UserKey => $"{_records.Prefix}user:{UserTag.Of("ann"):x16}";

    public async ValueTask InitializeAsync() =>
        _records = await RecordStore.ConnectAsync(await servers.GetAsync(ServerKind.Redis));

    public async ValueTask DisposeAsync()
    {
        if (_records is not null)
        {
            await _records.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_record_is_not_written_when_the_entry_of_its_user_was_not()
    {
        var write = _records.Begin("ann");
        _records.Faults.IsAffected = static what => what.Contains(":user:", StringComparison.Ordinal);
        await _records.Faults.FailAsync();

        await Assert.ThrowsAsync<SessionStoreException>(() => _records.Store.WriteAsync(write).AsTask());
        await _records.Faults.HealAsync();

        Assert.Null(await _records.Store.LoadAsync(write.Id));
        Assert.True((await _records.Store.WriteAsync(write)).IsSwapped);
        Assert.Equal(write.Id, Assert.Single(await _records.Store.FindByUserAsync("ann")).Id);
    }

    [Fact]
    public async Task A_record_that_was_not_written_is_not_found_and_its_entry_waits_for_it()
    {
        var write = _records.Begin("ann");
        _records.Faults.IsAffected = what => what.Contains($":{write.Id:N}", StringComparison.Ordinal);
        await _records.Faults.FailAsync();
        await Assert.ThrowsAsync<SessionStoreException>(() => _records.Store.WriteAsync(write).AsTask());
        await _records.Faults.HealAsync();

        Assert.Empty(await _records.Store.FindByUserAsync("ann"));
        Assert.Empty(await _records.Store.ListAsync(after: null, count: 10));
        // The record comes late, without another look at the index.
        Assert.True((await _records.Store.WriteAsync(Unindexed(write))).IsSwapped);
        Assert.Equal(write.Id, Assert.Single(await _records.Store.FindByUserAsync("ann")).Id);
        Assert.Equal(write.Id, Assert.Single(await _records.Store.ListAsync(after: null, count: 10)).Id);
    }

    [Fact]
    public async Task A_write_that_is_refused_after_its_entries_hides_the_session_from_nobody()
    {
        var session = await _records.BeginAsync("ann");
        var refused = _records.Write(session.Id, session.Version + 1, "bob", session.StartedAt.AddHours(2));

        Assert.False((await _records.Store.WriteAsync(refused)).IsSwapped);

        Assert.Equal(session.Id, Assert.Single(await _records.Store.FindByUserAsync("ann")).Id);
        Assert.Empty(await _records.Store.FindByUserAsync("bob"));
        Assert.Equal(session.Id, Assert.Single(await _records.Store.ListAsync(after: null, count: 10)).Id);
    }

    [Fact]
    public async Task A_sign_out_leaves_the_entry_for_the_sign_in_that_may_be_on_its_way()
    {
        var session = await _records.BeginAsync("ann");
        var signOut = _records.Write(session.Id, session.Version, user: null, session.StartedAt);
        await _records.Store.WriteAsync(signOut);
        Assert.Empty(await _records.Store.FindByUserAsync("ann"));

        await _records.Store.WriteAsync(
            _records.Write(session.Id, signOut.NewVersion, "ann", session.StartedAt, movesIndex: false));

        Assert.Equal(session.Id, Assert.Single(await _records.Store.FindByUserAsync("ann")).Id);
    }

    [Fact]
    public async Task A_touch_writes_the_entry_of_its_user_again()
    {
        var session = await _records.BeginAsync("ann");
        await _records.Database.KeyDeleteAsync(UserKey);
        Assert.Empty(await _records.Store.FindByUserAsync("ann"));

        _records.Advance(TimeSpan.FromMinutes(5));
        Assert.True(await _records.Store.TouchAsync(_records.Touch(session, "ann")));

        Assert.Equal(session.Id, Assert.Single(await _records.Store.FindByUserAsync("ann")).Id);
        Assert.InRange(
            (await _records.Database.KeyTimeToLiveAsync(UserKey))!.Value,
            TimeSpan.FromHours(24),
            TimeSpan.FromHours(25));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(5, true)]
    public async Task A_write_of_values_writes_the_entry_of_its_user_again_when_a_touch_would(int minutes, bool isAgain)
    {
        var session = await _records.BeginAsync("ann");
        await _records.Database.KeyDeleteAsync(UserKey);

        _records.Advance(TimeSpan.FromMinutes(minutes) - TimeSpan.FromSeconds(1));
        Assert.True((await _records.Store.WriteAsync(_records.Change(session, "ann", ("a", [1])))).IsSwapped);

        Assert.Equal(isAgain ? 1 : 0, (await _records.Store.FindByUserAsync("ann")).Count);
    }

    [Fact]
    public async Task A_touch_counts_although_the_entry_of_its_user_can_not_be_written()
    {
        var session = await _records.BeginAsync("ann");
        _records.Faults.IsAffected = static what => what.Contains(":user:", StringComparison.Ordinal);
        await _records.Faults.FailAsync();
        _records.Advance(TimeSpan.FromMinutes(5));

        Assert.True(await _records.Store.TouchAsync(_records.Touch(session, "ann")));
        Assert.Equal(_records.Now, (await _records.Store.LoadAsync(session.Id))!.LastSeenAt);
    }

    [Fact]
    public async Task The_entries_of_a_tombstone_are_removed()
    {
        var session = await _records.BeginAsync("ann");
        await _records.Store.WriteAsync(
            _records.Write(session.Id, session.Version, "ann", session.StartedAt, isTombstone: true));

        // The command is sent without waiting, in front of this one.
        Assert.Equal(
            ["list:0"], (await _records.KeysAsync()).Select(key => key[_records.Prefix.Length..])
                .Where(key => key != $"{session.Id:N}"));
    }

    [Fact]
    public async Task A_reader_removes_the_entry_of_a_tombstone_that_named_nobody()
    {
        var session = await _records.BeginAsync("ann");
        await _records.Store.WriteAsync(
            _records.Write(session.Id, session.Version, user: null, _records.Now.AddHours(1), isTombstone: true));
        Assert.Equal(1, await _records.Database.SortedSetLengthAsync(UserKey));

        Assert.Empty(await _records.Store.FindByUserAsync("ann"));
        Assert.Empty(await _records.Store.ListAsync(after: null, count: 10));

        Assert.False(await _records.Database.KeyExistsAsync(UserKey));
    }

    [Fact]
    public async Task An_entry_is_kept_until_its_time_and_removed_by_the_next_one_of_its_set()
    {
        var session = await _records.BeginAsync("ann");
        await _records.Database.KeyDeleteAsync(_records.KeyOf(session.Id));
        var key = UserKey;

        _records.Advance(TimeSpan.FromHours(25));
        await _records.BeginAsync("ann");
        Assert.Equal(2, await _records.Database.SortedSetLengthAsync(key));

        // A day more, for the nodes whose clocks are behind.
        _records.Advance(TimeSpan.FromHours(25));
        await _records.BeginAsync("ann");
        Assert.Equal(2, await _records.Database.SortedSetLengthAsync(key));
    }

    [Fact]
    public async Task The_time_of_an_entry_is_only_raised()
    {
        var session = await _records.BeginAsync("ann");
        var key = UserKey;
        var before = Assert.Single(await _records.Database.SortedSetRangeByRankWithScoresAsync(key));
        _records.Advance(TimeSpan.FromMinutes(5));
        var touch = _records.Touch(session, "ann");
        await _records.Store.TouchAsync(new SessionTouch
        {
            Id = touch.Id,
            NewVersion = touch.NewVersion,
            LastSeenAt = touch.LastSeenAt,
            KeepUntil = touch.KeepUntil,
            UserId = "ann",
            StartedAt = touch.StartedAt,
            IndexUntil = touch.StartedAt.AddMinutes(1),
        });

        Assert.Equal(before, Assert.Single(await _records.Database.SortedSetRangeByRankWithScoresAsync(key)));
        Assert.InRange(
            (await _records.Database.KeyTimeToLiveAsync(key))!.Value, TimeSpan.FromHours(24), TimeSpan.FromHours(25));
    }

    [Fact]
    public async Task Users_that_share_a_set_or_look_alike_are_kept_apart()
    {
        string[] users =
            ["ann", "Ann", "ann\0", "", "\ud800", "\udc00", .. Enumerable.Range(0, 300).Select(static i => $"user-{i}")];
        var ids = new Dictionary<string, Guid>(StringComparer.Ordinal);
        foreach (var user in users)
        {
            ids[user] = (await _records.BeginAsync(user)).Id;
        }

        foreach (var user in users)
        {
            Assert.Equal(ids[user], Assert.Single(await _records.Store.FindByUserAsync(user)).Id);
        }
    }

    private static SessionWrite Unindexed(SessionWrite write) => new()
    {
        Id = write.Id,
        ExpectedVersion = write.ExpectedVersion,
        NewVersion = write.NewVersion,
        Header = write.Header,
        LastSeenAt = write.LastSeenAt,
        UserId = write.UserId,
        StartedAt = write.StartedAt,
        MovesIndex = false,
        Now = write.Now,
        KeepUntil = write.KeepUntil,
        IndexUntil = write.IndexUntil,
    };
}
