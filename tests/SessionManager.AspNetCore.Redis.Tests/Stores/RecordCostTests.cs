using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>What each member of the store costs in commands and bytes, counted by a redis-server itself.</summary>
public sealed class RecordCostTests : IAsyncLifetime
{
    private RedisServer _server = null!;
    private RedisMonitor _monitor = null!;
    private RecordStore _records = null!;
    private StoredSession _session = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await Servers.StartRedisAsync();
        _monitor = await RedisMonitor.StartAsync(_server);
        _records = await RecordStore.ConnectAsync(_server, "session:");
        // The first call of a script costs its text, once.
        _session = await _records.BeginAsync("ann", Small());
        await _records.Store.WriteAsync(_records.Change(_session, "ann", ("warm", [1])));
        _session = (await _records.Store.LoadAsync(_session.Id))!;
        await _records.Store.WriteAsync(_records.Change(_session, "ann", ("warm", null)));
        _session = (await _records.Store.LoadAsync(_session.Id))!;
        await _records.Store.TouchAsync(_records.Touch(_session));
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _records.DisposeAsync();
            await _monitor.DisposeAsync();
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_load_is_one_command()
    {
        var commands = await _monitor.CommandsOfAsync(async () => await _records.Store.LoadAsync(_session.Id));
        Assert.StartsWith("\"HGETALL\"", Assert.Single(commands), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_write_is_one_script_and_sends_what_changes()
    {
        var session = await _records.BeginAsync(
            null, [.. Enumerable.Range(0, 64).Select(i => ($"value-{i}", RecordStore.Bytes(4096)))!]);
        var write = _records.Change(session, null, ("value-7", RecordStore.Bytes(100)));
        IReadOnlyList<string> commands = [];
        var bytes = await _monitor.BytesOfAsync(async () =>
            commands = await _monitor.CommandsOfAsync(
                async () => Assert.True((await _records.Store.WriteAsync(write)).IsSwapped)));

        Assert.StartsWith("\"EVALSHA\"", Assert.Single(commands), StringComparison.Ordinal);
        Assert.InRange(bytes, 100, 700);
    }

    [Fact]
    public async Task A_write_that_is_refused_brings_what_is_stored_with_the_same_command()
    {
        var write = _records.Write(_session.Id, _session.Version + 1, "ann", _session.StartedAt, movesIndex: false);
        SessionWriteResult result = default;
        var commands = await _monitor.CommandsOfAsync(async () => result = await _records.Store.WriteAsync(write));

        Assert.Single(commands);
        Assert.Equal((false, 8), (result.IsSwapped, result.Current!.Values.Count));
    }

    [Fact]
    public async Task A_touch_is_one_script_and_with_a_user_a_second_one_in_the_same_pipeline()
    {
        _records.Advance(TimeSpan.FromMinutes(5));
        Assert.Single(
            await _monitor.CommandsOfAsync(
                async () => Assert.True(await _records.Store.TouchAsync(_records.Touch(_session)))));

        _records.Advance(TimeSpan.FromMinutes(5));
        var commands = await _monitor.CommandsOfAsync(
            async () => Assert.True(await _records.Store.TouchAsync(_records.Touch(_session, "ann"))));
        Assert.Equal(2, commands.Count);
        Assert.Contains(":user:", commands[1], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 2)]
    [InlineData("bob", 3)]
    public async Task A_session_that_begins_writes_its_entries_and_itself(string? user, int count)
    {
        var commands = await _monitor.CommandsOfAsync(
            async () => await _records.Store.WriteAsync(_records.Begin(user, null, Small())));
        Assert.Equal(count, commands.Count);
        Assert.All(commands.SkipLast(1), command => Assert.Matches(":(user|list):", command));
        Assert.DoesNotMatch(":(user|list):", commands[^1]);
    }

    [Theory]
    [InlineData(70, 1)]
    [InlineData(600, 2)]
    [InlineData(20_000, 4)]
    public async Task The_sessions_of_a_user_are_found_without_their_values(int headerBytes, int commandsEach)
    {
        for (var i = 0; i < 20; i++)
        {
            await _records.Store.WriteAsync(_records.Write(
                Guid.NewGuid(), 0, "bob", _records.Now, [("large", RecordStore.Bytes(250_000))], headerBytes: headerBytes));
        }

        IReadOnlyList<StoredSession> found = [];
        IReadOnlyList<string> commands = [];
        var bytes = await _monitor.BytesFromAsync(async () => commands = await _monitor.CommandsOfAsync(
            async () => found = await _records.Store.FindByUserAsync("bob")));

        Assert.Equal(20, found.Count);
        Assert.StartsWith("\"ZRANGE\"", commands[0], StringComparison.Ordinal);
        Assert.All(commands.Skip(1), static command => Assert.StartsWith("\"HMGET\"", command, StringComparison.Ordinal));
        Assert.Equal(1 + (20 * commandsEach), commands.Count);
        Assert.All(found, session => Assert.Equal((headerBytes, 0), (session.Header.Length, session.Values.Count)));
        Assert.InRange(bytes, 20 * headerBytes, 250_000 + (20 * headerBytes * commandsEach));
    }

    [Fact]
    public async Task A_page_costs_a_pages_worth_with_10_000_sessions_in_the_store()
    {
        for (var i = 0; i < 20; i++)
        {
            await Task.WhenAll(
                Enumerable.Range(0, 500).Select(_ => _records.Store.WriteAsync(_records.Begin()).AsTask()));
        }

        IReadOnlyList<StoredSession> page = [];

        var commands = await _monitor.CommandsOfAsync(
            async () => page = await _records.Store.ListAsync(after: null, count: 50));

        Assert.Equal(50, page.Count);
        Assert.InRange(
            commands.Count(static command => command.StartsWith("\"HMGET\"", StringComparison.Ordinal)), 50, 60);
        Assert.InRange(commands.Count, 0, 200);
    }

    [Fact]
    public async Task Nothing_walks_the_keys_or_asks_for_more_than_the_documented_commands()
    {
        var commands = await _monitor.CommandsOfAsync(async () =>
        {
            var session = await _records.BeginAsync("ann", Small());
            await _records.Store.TouchAsync(_records.Touch(session, "ann"));
            await _records.Store.FindByUserAsync("ann");
            await _records.Store.ListAsync(after: null, count: 50);
            await ((ISessionStoreProbe)_records.Store).ProbeAsync();
            await _records.Store.WriteAsync(
                _records.Write(session.Id, session.Version, "ann", session.StartedAt, isTombstone: true));
        });
        Assert.NotEmpty(commands);
        Assert.All(
            commands,
            command => Assert.Matches("^\"(HGETALL|HMGET|EVALSHA|EVAL|SCRIPT|ZRANGE|ZREVRANGEBYLEX|ZREM)\"", command));
    }

    [Theory]
    [InlineData(64)]
    [InlineData(150)]
    [InlineData(2_000)]
    public async Task A_header_of_any_size_keeps_a_small_record_compact(int headerBytes)
    {
        var write = _records.Write(Guid.NewGuid(), 0, "ann", _records.Now, Small(), headerBytes: headerBytes);
        await _records.Store.WriteAsync(write);

        Assert.Equal(
            "listpack", (string?)await _records.Database.ExecuteAsync("OBJECT", "ENCODING", _records.KeyOf(write.Id)));
        Assert.Equal(write.Header.ToArray(), (await _records.Store.LoadAsync(write.Id))!.Header.ToArray());
        Assert.Equal(
            write.Header.ToArray(),
            (await _records.Store.FindByUserAsync("ann")).Single(it => it.Id == write.Id).Header.ToArray());
    }

    private static (string Key, byte[]? Value)[] Small() =>
        [.. Enumerable.Range(0, 8).Select(i => ($"value-{i}", RecordStore.Bytes(26)))!];
}
