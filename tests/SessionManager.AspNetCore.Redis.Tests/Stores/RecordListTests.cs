using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>The list of all sessions is in order, over hours and parts, and is found again where the server lost
/// it.</summary>
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
    public async Task A_list_spans_hours_and_many_sessions_of_one_moment()
    {
        var expected = new List<SessionPosition>();
        for (var hour = 0; hour < 5; hour++)
        {
            for (var i = 0; i < 400; i++)
            {
                expected.Add(SessionPosition.Of(await _records.BeginAsync()));
            }

            _records.Advance(TimeSpan.FromHours(1));
        }

        var listed = new List<SessionPosition>();
        IReadOnlyList<StoredSession> page;
        while ((page = await _records.Store.ListAsync(listed.LastOrDefault(), count: 20)).Count > 0)
        {
            Assert.InRange(page.Count, 1, 20);
            listed.AddRange(page.Select(SessionPosition.Of));
        }

        Assert.Equal(expected.OrderDescending(), listed);
    }

    [Fact]
    public async Task The_list_is_found_again_a_minute_after_the_server_lost_its_hours()
    {
        await _records.BeginAsync();
        await _records.Database.KeyDeleteAsync($"{_records.Prefix}list");
        Assert.Empty(await _records.Store.ListAsync(after: null, count: 10));

        _records.Advance(TimeSpan.FromSeconds(59));
        await _records.BeginAsync();
        _records.Advance(TimeSpan.FromSeconds(1));
        await _records.BeginAsync();

        // Two when the minute ends an hour: it is that hour alone which was written again.
        Assert.InRange((await _records.Store.ListAsync(after: null, count: 10)).Count, 1, 3);
    }
}
