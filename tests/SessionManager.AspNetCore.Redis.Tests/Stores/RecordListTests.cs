using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>The list of all sessions is in order, over shelves and parts, goes with its sessions, and holds none of
/// them up.</summary>
public sealed class RecordListTests(Servers servers) : IAsyncLifetime
{
    private RecordStore _records = null!;

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
    public async Task A_list_is_in_order_although_one_part_of_an_hour_has_most_of_it()
    {
        var expected = new List<SessionPosition>();
        for (var i = 0; i < 60; i++)
        {
            var id = Guid.NewGuid().ToByteArray(bigEndian: true);
            id[^1] = i % 10 == 0 ? (byte)1 : (byte)0;
            var write = _records.Begin(id: new Guid(id, bigEndian: true));
            Assert.True((await _records.Store.WriteAsync(write)).IsSwapped);
            expected.Insert(0, new SessionPosition(write.StartedAt, write.Id));
            _records.Advance(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal(
            expected.Take(20), (await _records.Store.ListAsync(after: null, count: 20)).Select(SessionPosition.Of));
    }

    [Fact]
    public async Task A_list_spans_shelves_and_many_sessions_of_one_moment()
    {
        _records.Kept = TimeSpan.FromHours(8);
        var expected = new List<SessionPosition>();
        for (var shelf = 0; shelf < 3; shelf++)
        {
            for (var i = 0; i < 400; i++)
            {
                expected.Add(SessionPosition.Of(await _records.BeginAsync()));
            }

            _records.Advance(TimeSpan.FromHours(4));
        }

        Assert.Equal(expected.OrderDescending(), await ListAsync(20));
    }

    [Fact]
    public async Task A_page_is_found_behind_thousands_of_sessions_that_are_gone()
    {
        var oldest = await _records.BeginAsync();
        _records.Advance(TimeSpan.FromMilliseconds(1));
        var gone = Enumerable.Range(0, 5_000).Select(_ => _records.Begin()).ToList();
        await Task.WhenAll(gone.Select(write => _records.Store.WriteAsync(write).AsTask()));
        await _records.Database.KeyDeleteAsync([.. gone.Select(write => _records.KeyOf(write.Id))]);

        Assert.Equal(oldest.Id, Assert.Single(await _records.Store.ListAsync(after: null, count: 10)).Id);
    }

    [Fact]
    public async Task Entries_are_kept_little_longer_than_their_records_and_parts_go_one_after_another()
    {
        await Task.WhenAll(Enumerable.Range(0, 500).Select(_ => _records.BeginAsync()));

        var times = new List<TimeSpan>();
        foreach (var key in await PartsAsync())
        {
            times.Add((await _records.Database.KeyTimeToLiveAsync(key))!.Value);
        }

        // The record's 40 minutes; up to 20 for the end of the shelf, and up to 10 for the part.
        Assert.InRange(times.Min(), _records.Kept - TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(61));
        Assert.InRange(times.Max(), _records.Kept, TimeSpan.FromMinutes(70));
        Assert.InRange(times.Select(static time => (int)time.TotalSeconds).Distinct().Count(), 50, 64);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_in_use_moves_on_and_leaves_nothing_behind(bool writes)
    {
        var (idle, used) = (await _records.BeginAsync(), await _records.BeginAsync());
        var first = Assert.Single((await PartsAsync()).Select(ShelfOf).Distinct());
        _records.Advance(TimeSpan.FromMinutes(15));
        var touch = _records.Touch(used);
        Assert.True(await _records.Store.TouchAsync(touch));
        Assert.Equal(first, Assert.Single((await PartsAsync()).Select(ShelfOf).Distinct()));

        _records.Advance(TimeSpan.FromMinutes(10));
        var write = _records.Write(used.Id, touch.NewVersion, null, used.StartedAt, [("a", [1])], movesIndex: false);
        Assert.True(writes
            ? (await _records.Store.WriteAsync(write)).IsSwapped
            : await _records.Store.TouchAsync(_records.Touch(used)));

        Assert.Equal([first, first + 1_200_000], (await PartsAsync()).Select(ShelfOf).Distinct().Order());
        Assert.Equal(2, (await EntriesAsync()).Count);
        Assert.Equal(
            new[] { idle.Id, used.Id }.Order(), (await ListAsync(1)).Select(static position => position.Id).Order());
        var version = (await _records.Store.LoadAsync(used.Id))!.Version;
        await _records.Store.WriteAsync(
            _records.Write(used.Id, version, null, used.StartedAt, isTombstone: true));
        Assert.Single(await EntriesAsync());
    }

    [Fact]
    public async Task A_session_begins_without_the_list_and_is_listed_once_it_was_used_for_a_while()
    {
        _records.Faults.IsAffected = static what => what.Contains(":list:", StringComparison.Ordinal);
        await _records.Faults.FailAsync();
        var session = await _records.BeginAsync("ann");
        await _records.Faults.HealAsync();
        Assert.Empty(await _records.Store.ListAsync(after: null, count: 10));

        _records.Advance(TimeSpan.FromMinutes(25));
        Assert.True(await _records.Store.TouchAsync(_records.Touch(session, "ann")));

        Assert.Equal(session.Id, Assert.Single(await _records.Store.ListAsync(after: null, count: 10)).Id);
    }

    [Fact]
    public async Task A_session_does_not_wait_for_the_list()
    {
        await _records.BeginAsync();
        _records.Faults.IsAffected = static what => what.Contains(":list:", StringComparison.Ordinal);
        await _records.Faults.HangAsync();

        var session = await _records.BeginAsync("ann").WaitAsync(Node.Patience);

        Assert.NotNull(session);
        await _records.Faults.HealAsync();
        Assert.Equal(2, (await _records.Store.ListAsync(after: null, count: 10)).Count);
    }

    [Fact]
    public async Task A_shelf_that_can_not_be_noted_in_one_set_is_noted_in_another()
    {
        _records.Faults.IsAffected = static what => what.Contains(":list:0 ", StringComparison.Ordinal)
            || what.Contains(":list:1 ", StringComparison.Ordinal);
        await _records.Faults.FailAsync();
        for (var i = 0; i < 3; i++)
        {
            await _records.BeginAsync();
        }

        await _records.Faults.HealAsync();

        Assert.Equal(3, (await _records.Store.ListAsync(after: null, count: 10)).Count);
    }

    [Fact]
    public async Task The_list_is_found_again_a_minute_after_the_server_lost_its_shelves()
    {
        await _records.BeginAsync();
        await _records.Database.KeyDeleteAsync($"{_records.Prefix}list:0");
        Assert.Empty(await _records.Store.ListAsync(after: null, count: 10));

        _records.Advance(TimeSpan.FromSeconds(59));
        await _records.BeginAsync();
        Assert.Empty(await _records.Store.ListAsync(after: null, count: 10));
        _records.Advance(TimeSpan.FromSeconds(1));
        await _records.BeginAsync();

        Assert.Equal(3, (await _records.Store.ListAsync(after: null, count: 10)).Count);
    }

    [Fact]
    public async Task Without_a_list_no_entry_is_written_and_the_sessions_of_a_user_are_found()
    {
        await using var unlisted = _records.Another(configure: static options => options.ListSessions = false);
        var session = await unlisted.BeginAsync("ann");
        unlisted.Advance(TimeSpan.FromMinutes(25));
        var touch = unlisted.Touch(session, "ann");
        Assert.True(await unlisted.Store.TouchAsync(touch));

        Assert.Empty(await PartsAsync());
        Assert.Equal(2, (await _records.KeysAsync()).Count);
        Assert.Empty(await unlisted.Store.ListAsync(after: null, count: 10));
        Assert.Equal(session.Id, Assert.Single(await unlisted.Store.FindByUserAsync("ann")).Id);
        Assert.True((await unlisted.Store.WriteAsync(unlisted.Write(
            session.Id, touch.NewVersion, "ann", session.StartedAt, isTombstone: true))).IsSwapped);
        Assert.Empty(await unlisted.Store.FindByUserAsync("ann"));
    }

    private static long ShelfOf(string key) => long.Parse(key.Split(':')[^2]);

    private async Task<List<string>> PartsAsync() =>
        [.. (await _records.KeysAsync()).Where(static key => key.Split(':') is [.., "list", _, _])];

    private async Task<List<RedisValue>> EntriesAsync()
    {
        var entries = new List<RedisValue>();
        foreach (var key in await PartsAsync())
        {
            entries.AddRange(await _records.Database.SortedSetRangeByRankAsync(key));
        }

        return entries;
    }

    private async Task<List<SessionPosition>> ListAsync(int count)
    {
        var listed = new List<SessionPosition>();
        while (await _records.Store.ListAsync(listed.LastOrDefault(), count) is { Count: > 0 } page)
        {
            Assert.InRange(page.Count, 1, count);
            listed.AddRange(page.Select(SessionPosition.Of));
        }

        return listed;
    }
}
