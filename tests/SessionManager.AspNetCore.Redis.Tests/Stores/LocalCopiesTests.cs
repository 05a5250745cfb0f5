using SessionManager.AspNetCore.Redis.Stores;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>Two nodes that keep copies of records: a load of what the node has brings a few bytes, and never what was
/// stored before.</summary>
public sealed class LocalCopiesTests : IAsyncLifetime
{
    private const int Size = 100_000;

    private RedisServer _server = null!;
    private RedisMonitor _monitor = null!;
    private RecordStore _a = null!;
    private RecordStore _b = null!;
    private RecordStore _plain = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await Servers.StartRedisAsync();
        _monitor = await RedisMonitor.StartAsync(_server);
        _plain = await RecordStore.ConnectAsync(_server);
        _a = _plain.Another(configure: static options => options.LocalCopies = 1_000_000);
        _b = _plain.Another(configure: static options => options.LocalCopies = 1_000_000);
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _a.DisposeAsync();
            await _b.DisposeAsync();
            await _plain.DisposeAsync();
            await _monitor.DisposeAsync();
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_load_of_a_record_that_the_node_has_brings_a_few_bytes_in_one_command()
    {
        var session = await BeginAsync();
        await AssertHitAsync(_a, session.Id);

        var commands = await _monitor.CommandsOfAsync(async () => await _a.Store.LoadAsync(session.Id));
        Assert.StartsWith("\"EVALSHA\"", Assert.Single(commands), StringComparison.Ordinal);
        Assert.Equal(session.Values["large"].ToArray(), (await _a.Store.LoadAsync(session.Id))!.Values["large"].ToArray());
    }

    [Fact]
    public async Task What_another_node_has_written_is_read_in_the_same_command()
    {
        var session = await BeginAsync();
        await _b.Store.LoadAsync(session.Id);
        Assert.True((await _a.Store.WriteAsync(_a.Change(session, "ann", ("small", [2])))).IsSwapped);

        StoredSession? seen = null;
        var commands = await _monitor.CommandsOfAsync(async () => seen = await _b.Store.LoadAsync(session.Id));

        Assert.Single(commands);
        Assert.Equal((2, Size), (seen!.Values["small"].Span[0], seen.Values["large"].Length));
        await AssertHitAsync(_b, session.Id);
    }

    [Fact]
    public async Task A_nodes_own_write_leaves_a_copy()
    {
        var session = await BeginAsync();
        var write = _a.Change(session, "ann", ("small", [2]), ("gone", null));
        Assert.True((await _a.Store.WriteAsync(write)).IsSwapped);

        var seen = await AssertHitAsync(_a, session.Id);
        Assert.Equal((write.NewVersion, 2), (seen.Version, seen.Values["small"].Span[0]));
        await AssertEqualAsync(seen);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_touch_leaves_the_copies_of_all_nodes_good(bool byOther)
    {
        var session = await BeginAsync();
        await _b.Store.LoadAsync(session.Id);
        for (var i = 0; i < 3; i++)
        {
            Advance();
            Assert.True(await (byOther ? _b : _a).Store.TouchAsync(_a.Touch(session, "ann")));

            var seen = await AssertHitAsync(_a, session.Id);
            Assert.Equal(_a.Now, seen.LastSeenAt);
            await AssertEqualAsync(seen);
            await AssertHitAsync(_b, session.Id);
        }
    }

    [Fact]
    public async Task A_touch_or_a_write_by_a_node_without_copies_is_seen()
    {
        var session = await BeginAsync();
        Advance();
        Assert.True(await _a.Store.TouchAsync(_a.Touch(session, "ann")));
        await AssertHitAsync(_a, session.Id);
        Advance();
        Assert.True(await _plain.Store.TouchAsync(_a.Touch(session, "ann")));
        await AssertEqualAsync((await _a.Store.LoadAsync(session.Id))!);

        // What the touches have noted of the content before is of no more use.
        session = (await _a.Store.LoadAsync(session.Id))!;
        Advance();
        Assert.True(await _a.Store.TouchAsync(_a.Touch(session, "ann")));
        session = (await _plain.Store.LoadAsync(session.Id))!;
        Assert.True((await _plain.Store.WriteAsync(_plain.Change(session, "ann", ("small", [9])))).IsSwapped);
        Advance();
        Assert.True(await _a.Store.TouchAsync(_a.Touch(session, "ann")));

        var seen = (await _a.Store.LoadAsync(session.Id))!;
        Assert.Equal(9, seen.Values["small"].Span[0]);
        await AssertEqualAsync(seen);
    }

    [Fact]
    public async Task A_write_that_came_between_is_not_overlooked_by_a_nodes_own_write()
    {
        var session = await BeginAsync();
        Assert.True((await _b.Store.WriteAsync(_b.Change(session, "ann", ("other", [7])))).IsSwapped);
        var moved = await _a.Store.WriteAsync(_a.Change(session, "ann", ("small", [2])));
        Assert.Equal((false, 7), (moved.IsSwapped, moved.Current!.Values["other"].Span[0]));

        Assert.True((await _a.Store.WriteAsync(_a.Change(moved.Current, "ann", ("small", [2])))).IsSwapped);

        var seen = await AssertHitAsync(_a, session.Id);
        Assert.Equal((7, 2), (seen.Values["other"].Span[0], seen.Values["small"].Span[0]));
        await AssertEqualAsync(seen);
    }

    [Fact]
    public async Task Two_nodes_that_write_touch_and_read_at_once_read_what_is_stored()
    {
        var id = (await BeginAsync()).Id;
        var acknowledged = 0;
        await Task.WhenAll(
            WriteAsync(_a), ReadAsync(_a), ReadAsync(_b), ReadAsync(_b), TouchAsync(_a), TouchAsync(_b));

        foreach (var node in (RecordStore[])[_a, _b])
        {
            await AssertEqualAsync((await node.Store.LoadAsync(id))!);
        }

        async Task WriteAsync(RecordStore node)
        {
            for (var i = 1; i <= 200; i++)
            {
                SessionWriteResult result;
                do
                {
                    var session = (await node.Store.LoadAsync(id))!;
                    result = await node.Store.WriteAsync(
                        node.Change(session, null, ("count", BitConverter.GetBytes(i))));
                }
                while (!result.IsSwapped);
                Volatile.Write(ref acknowledged, i);
            }
        }

        async Task ReadAsync(RecordStore node)
        {
            while (Volatile.Read(ref acknowledged) is var least && least < 200)
            {
                var values = (await node.Store.LoadAsync(id))!.Values;
                var count = values.TryGetValue("count", out var bytes) ? BitConverter.ToInt32(bytes.Span) : 0;
                Assert.True(count >= least, $"{count} was read after {least} had been acknowledged.");
            }
        }

        async Task TouchAsync(RecordStore node)
        {
            for (var seen = node.Now; Volatile.Read(ref acknowledged) < 200;)
            {
                seen += TimeSpan.FromMilliseconds(Random.Shared.Next(1, 5));
                await node.Store.TouchAsync(new SessionTouch
                {
                    Id = id,
                    NewVersion = Random.Shared.NextInt64(1, long.MaxValue),
                    LastSeenAt = seen,
                    KeepUntil = seen + node.Kept,
                    StartedAt = node.Now,
                    IndexUntil = seen + node.Kept,
                });
            }
        }
    }

    [Fact]
    public async Task What_has_ended_is_gone_or_can_not_be_read_is_no_copy()
    {
        var (ended, gone, other, newer) =
            (await BeginAsync(), await BeginAsync(), await BeginAsync(), await BeginAsync());
        await _b.Store.WriteAsync(
            _b.Write(ended.Id, ended.Version, "ann", ended.StartedAt, isTombstone: true));
        await _plain.Database.KeyDeleteAsync([_plain.KeyOf(gone.Id), _plain.KeyOf(other.Id)]);
        await _plain.Database.StringSetAsync(_plain.KeyOf(other.Id), "something else");
        var field = (byte[])(await _plain.Database.HashGetAsync(_plain.KeyOf(newer.Id), "0"))!;
        field[0]++;
        await _plain.Database.HashSetAsync(_plain.KeyOf(newer.Id), "0", field);
        await _plain.Database.HashSetAsync(_plain.KeyOf(newer.Id), "v", 7);

        Assert.Empty((await _a.Store.LoadAsync(ended.Id))!.Values);
        Assert.Null(await _a.Store.LoadAsync(gone.Id));
        Assert.Equal(StoredSessionStatus.Damaged, (await _a.Store.LoadAsync(other.Id))!.Status);
        Assert.Equal(StoredSessionStatus.Newer, (await _a.Store.LoadAsync(newer.Id))!.Status);
        foreach (var session in (StoredSession[])[ended, gone, newer])
        {
            var commands = await _monitor.CommandsOfAsync(async () => await _a.Store.LoadAsync(session.Id));
            Assert.StartsWith("\"HGETALL\"", Assert.Single(commands), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_callers_bytes_are_its_own()
    {
        var session = await BeginAsync();
        var bytes = RecordStore.Bytes(2_000);
        var expected = bytes.ToArray();
        Assert.True((await _a.Store.WriteAsync(_a.Change(session, "ann", ("own", bytes)))).IsSwapped);
        Array.Clear(bytes);

        Assert.Equal(expected, (await AssertHitAsync(_a, session.Id)).Values["own"].ToArray());
    }

    [Fact]
    public void Copies_take_no_more_bytes_than_they_may_and_the_one_used_last_stays()
    {
        var copies = new LocalCopies(50_000, leastBytes: 1_024);
        var ids = Enumerable.Range(0, 100).Select(static _ => Guid.NewGuid()).ToList();
        foreach (var id in ids)
        {
            copies.Keep(id, Record(id, 2_000), content: 1);
            Assert.NotNull(copies.Find(ids[0]));
            Assert.InRange(copies.Bytes, 1, 50_000);
        }

        Assert.Null(copies.Find(ids[1]));
        Assert.NotNull(copies.Find(ids[99]));
        copies.Keep(ids[0], Record(ids[0], 60_000), content: 2);
        copies.Keep(ids[99], Record(ids[99], 100), content: 2);
        Assert.Null(copies.Find(ids[0]));
        Assert.Null(copies.Find(ids[99]));
        foreach (var id in ids)
        {
            copies.Keep(id, default, content: 0);
        }

        Assert.Equal(0, copies.Bytes);
    }

    internal static void CopyAll(RedisStoreOptions options) =>
        (options.LocalCopies, options.LeastCopiedBytes) = (64 << 20, 0);

    private static StoredRecord Record(Guid id, int size) => new(new StoredSession
    {
        Id = id,
        Version = 1,
        Values = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { ["a"] = new byte[size] },
    });

    private void Advance()
    {
        _a.Advance(TimeSpan.FromMinutes(1));
        _b.Advance(TimeSpan.FromMinutes(1));
        _plain.Advance(TimeSpan.FromMinutes(1));
    }

    private Task<StoredSession> BeginAsync() =>
        _a.BeginAsync("ann", ("small", [1]), ("gone", [1]), ("large", RecordStore.Bytes(Size)));

    private async Task<StoredSession> AssertHitAsync(RecordStore node, Guid id)
    {
        StoredSession? seen = null;
        var bytes = await _monitor.BytesFromAsync(async () => seen = await node.Store.LoadAsync(id));
        Assert.InRange(bytes, 1, 1_000);
        return seen!;
    }

    private async Task AssertEqualAsync(StoredSession seen)
    {
        var stored = (await _plain.Store.LoadAsync(seen.Id))!;
        Assert.Equal((stored.Version, stored.LastSeenAt), (seen.Version, seen.LastSeenAt));
        Assert.Equal((stored.StartedAt, stored.ValueBytes), (seen.StartedAt, seen.ValueBytes));
        Assert.Equal(stored.Header.ToArray(), seen.Header.ToArray());
        Assert.Equal(
            stored.Values.OrderBy(static it => it.Key).Select(static it => (it.Key, Convert.ToHexString(it.Value.Span))),
            seen.Values.OrderBy(static it => it.Key).Select(static it => (it.Key, Convert.ToHexString(it.Value.Span))));
    }
}
