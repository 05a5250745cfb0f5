using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>Records that somebody else has overwritten are damaged, never an error, and are replaced by the next write
/// that expects none.</summary>
public sealed class RecordDamageTests(Servers servers) : IAsyncLifetime
{
    private readonly Dictionary<ServerKind, RecordStore> _stores = [];

    public static TheoryData<ServerKind> Kinds { get; } = [ServerKind.Garnet, ServerKind.Redis];

    public async ValueTask InitializeAsync()
    {
        foreach (var kind in Enum.GetValues<ServerKind>())
        {
            if (kind == ServerKind.Garnet || RedisServer.RedisPath is not null)
            {
                _stores[kind] = await RecordStore.ConnectAsync(await servers.GetAsync(kind));
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores.Values)
        {
            await store.DisposeAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public async Task A_key_of_another_type_is_a_damaged_record(ServerKind kind, RedisType type)
    {
        var records = await GetAsync(kind);
        var session = await records.BeginAsync("ann", ("a", [1]));
        await OverwriteAsync(records, records.KeyOf(session.Id), type);

        await AssertDamagedAsync(records, session);
    }

    [Theory]
    [MemberData(nameof(Fields))]
    public async Task A_record_with_a_field_missing_or_spoiled_is_damaged(ServerKind kind, string field, string? value)
    {
        var records = await GetAsync(kind);
        var write = records.Write(Guid.NewGuid(), 0, "ann", records.Now, [("a", [1])], headerBytes: 150);
        await records.Store.WriteAsync(write);
        var session = (await records.Store.LoadAsync(write.Id))!;
        _ = value is null
            ? await records.Database.HashDeleteAsync(records.KeyOf(session.Id), field)
            : await records.Database.HashSetAsync(records.KeyOf(session.Id), field, value);

        // The scripts read these two fields alone, and compare the version. A write writes all else again, so it makes the
        // record whole.
        var isUnreadableTime = field == "l" && (value is null or "" or "yesterday");
        await AssertDamagedAsync(
            records,
            session,
            refusesTouch: isUnreadableTime || (field == "v" && value is null),
            refusesWrite: field == "v");
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_hash_of_somebody_else_is_a_damaged_record(ServerKind kind)
    {
        var records = await GetAsync(kind);
        var session = await records.BeginAsync("ann");
        await records.Database.KeyDeleteAsync(records.KeyOf(session.Id));
        await records.Database.HashSetAsync(
            records.KeyOf(session.Id), [new HashEntry("name", "theirs"), new HashEntry(":theirs", "1")]);

        await AssertDamagedAsync(records, session);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_value_under_a_name_that_is_no_text_is_left_out(ServerKind kind)
    {
        var records = await GetAsync(kind);
        var session = await records.BeginAsync(null, ("a", [1]));
        byte[] first = [(byte)':', 0xFF], second = [(byte)':', 0xFE];
        await records.Database.HashSetAsync(
            records.KeyOf(session.Id), [new HashEntry(first, "1"), new HashEntry(second, "2")]);

        var loaded = await records.Store.LoadAsync(session.Id);

        Assert.Equal(StoredSessionStatus.Whole, loaded!.Status);
        Assert.Equal(["a"], loaded.Values.Keys);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task An_index_of_another_type_is_replaced_and_one_with_garbage_is_read(ServerKind kind)
    {
        var records = await GetAsync(kind);
        var first = await records.BeginAsync("ann");
        var index = (await records.KeysAsync()).Where(static key => key.Contains(":user:", StringComparison.Ordinal)
            || key.Contains(":list", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, index.Count);
        foreach (var key in index)
        {
            await records.Database.SortedSetAddAsync(
                key, [new SortedSetEntry("garbage", 1e300), new SortedSetEntry(new byte[24], 1e300)]);
        }

        Assert.Equal(first.Id, Assert.Single(await records.Store.FindByUserAsync("ann")).Id);
        Assert.Equal(first.Id, Assert.Single(await records.Store.ListAsync(after: null, count: 10)).Id);

        foreach (var key in index)
        {
            await records.Database.StringSetAsync(key, "something else");
        }

        Assert.Empty(await records.Store.FindByUserAsync("ann"));
        Assert.Empty(await records.Store.ListAsync(after: null, count: 10));
        records.Advance(TimeSpan.FromMinutes(1));
        var again = records.Write(first.Id, first.Version, "ann", first.StartedAt);
        Assert.True((await records.Store.WriteAsync(again)).IsSwapped);
        Assert.Equal(first.Id, Assert.Single(await records.Store.FindByUserAsync("ann")).Id);
        Assert.Equal(first.Id, Assert.Single(await records.Store.ListAsync(after: null, count: 10)).Id);
    }

    public static MatrixTheoryData<ServerKind, RedisType> Types() => new MatrixTheoryData<ServerKind, RedisType>(
        [ServerKind.Garnet, ServerKind.Redis], [RedisType.String, RedisType.List, RedisType.Set, RedisType.SortedSet]);

    public static TheoryData<ServerKind, string, string?> Fields()
    {
        (string Field, string? Value)[] spoiled =
        [
            ("v", null), ("v", ""), ("v", "0"), ("v", "one"), ("v", "1.5"), ("v", "99999999999999999999"),
            ("l", null), ("l", ""), ("l", "yesterday"), ("l", "nan"), ("l", "-9223372036854775808"),
            ("0", null), ("0", ""), ("0", "short"), ("0", new string('\0', 64)),
            ("1", null), ("1", new string('x', 65)), ("2", null),
        ];
        var data = new TheoryData<ServerKind, string, string?>();
        foreach (var (field, value) in spoiled)
        {
            data.Add(ServerKind.Garnet, field, value);
            data.Add(ServerKind.Redis, field, value);
        }

        return data;
    }

    private static async Task AssertDamagedAsync(
        RecordStore records, StoredSession session, bool refusesTouch = true, bool refusesWrite = true)
    {
        var loaded = await records.Store.LoadAsync(session.Id);
        Assert.Equal((StoredSessionStatus.Damaged, 0L), (loaded!.Status, loaded.Version));
        Assert.Empty(await records.Store.FindByUserAsync("ann"));
        Assert.Empty(await records.Store.ListAsync(after: null, count: 10));
        records.Advance(TimeSpan.FromMinutes(1));
        if (refusesTouch)
        {
            Assert.False(await records.Store.TouchAsync(records.Touch(session)));
        }

        if (refusesWrite)
        {
            var refused = await records.Store.WriteAsync(records.Change(session, null, ("a", [2])));
            Assert.Equal((false, StoredSessionStatus.Damaged), (refused.IsSwapped, refused.Current!.Status));
        }

        var write = records.Begin("ann", session.Id, ("b", [3]));
        Assert.True((await records.Store.WriteAsync(write)).IsSwapped);

        var replaced = (await records.Store.LoadAsync(session.Id))!;
        Assert.Equal((StoredSessionStatus.Whole, write.NewVersion), (replaced.Status, replaced.Version));
        Assert.Equal(["b"], replaced.Values.Keys);
        Assert.Equal(write.Header.ToArray(), replaced.Header.ToArray());
        Assert.Equal(session.Id, Assert.Single(await records.Store.FindByUserAsync("ann")).Id);
    }

    private static async Task OverwriteAsync(RecordStore records, RedisKey key, RedisType type)
    {
        await records.Database.KeyDeleteAsync(key);
        await (type switch
        {
            RedisType.String => (Task)records.Database.StringSetAsync(key, "something else"),
            RedisType.List => records.Database.ListLeftPushAsync(key, "something else"),
            RedisType.Set => records.Database.SetAddAsync(key, "something else"),
            _ => records.Database.SortedSetAddAsync(key, "something else", 1),
        });
    }

    private async Task<RecordStore> GetAsync(ServerKind kind)
    {
        await servers.GetAsync(kind);
        return _stores[kind];
    }
}
