using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>A server that forgets scripts, is out of memory or lacks a command.</summary>
public sealed class RecordServerTests(Servers servers)
{
    [Fact]
    public async Task Scripts_that_the_server_has_forgotten_are_sent_again()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var records = await RecordStore.ConnectAsync(server);
        var id = Guid.NewGuid();
        foreach (var act in EveryMember(records, id))
        {
            await records.Database.ExecuteAsync("SCRIPT", "FLUSH");
            await act();
        }
    }

    [Fact]
    public async Task Out_of_memory_nothing_begins_and_nothing_grows()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var records = await RecordStore.ConnectAsync(server);
        var session = await records.BeginAsync("ann", ("a", [1]));
        await records.Database.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");

        await AssertRefusedAsync(records, records.Begin());
        await AssertRefusedAsync(records, records.Begin("bob"));
        await AssertRefusedAsync(records, records.Write(Guid.NewGuid(), 0, null, records.Now, dropsValues: true));
        await AssertRefusedAsync(records, records.Change(session, "ann", ("a", [2])));

        var loaded = await records.Store.LoadAsync(session.Id);
        Assert.Equal((session.Version, 1), (loaded!.Version, loaded.Values["a"].Span[0]));
        Assert.Equal(4, (await records.KeysAsync()).Count);
    }

    [Fact]
    public async Task Out_of_memory_what_stores_no_value_gets_through()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var records = await RecordStore.ConnectAsync(server);
        var session = await records.BeginAsync("ann", ("a", [1]), ("b", [1]));
        await records.Database.ExecuteAsync("CONFIG", "SET", "maxmemory", "1");
        records.Advance(TimeSpan.FromMinutes(5));

        Assert.True(await records.Store.TouchAsync(records.Touch(session, "ann")));
        var version = (await records.Store.LoadAsync(session.Id))!.Version;
        version = await SwapAsync(records.Write(session.Id, version, user: null, session.StartedAt, [("a", null)]));
        version = await SwapAsync(records.Write(session.Id, version, "bob", records.Now));
        Assert.Equal(session.Id, Assert.Single(await records.Store.FindByUserAsync("bob")).Id);
        Assert.Equal(session.Id, Assert.Single(await records.Store.ListAsync(after: null, count: 10)).Id);
        await SwapAsync(records.Write(session.Id, version, "bob", records.Now, isTombstone: true));
        await SwapAsync(records.Write(Guid.NewGuid(), 0, user: null, records.Now, isTombstone: true));

        async Task<long> SwapAsync(SessionWrite write)
        {
            Assert.True((await records.Store.WriteAsync(write)).IsSwapped);
            return write.NewVersion;
        }
    }

    [Fact]
    public async Task The_documented_rights_suffice()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var admin = await RecordStore.ConnectAsync(server);
        await admin.Database.ExecuteAsync("ACL", ["SETUSER", .. DocumentedRights.OfServer()]);
        await using var records = await RecordStore.ConnectAsync(
            $"{server.Configuration},user=app,password=password", "session:");

        foreach (var act in EveryMember(records, Guid.NewGuid()))
        {
            await act();
        }
    }

    [Theory]
    [InlineData("evalsha")]
    [InlineData("hgetall")]
    [InlineData("hmget")]
    [InlineData("hset")]
    [InlineData("hdel")]
    [InlineData("pexpire")]
    [InlineData("pttl")]
    [InlineData("zadd")]
    [InlineData("zscore")]
    [InlineData("zrange")]
    [InlineData("zrevrangebylex")]
    [InlineData("zremrangebyscore")]
    public async Task A_server_without_a_command_is_told_what_it_lacks_and_keeps_nothing_for_ever(string command)
    {
        await using var server = await Servers.StartRedisAsync("--rename-command", command, "");
        await using var records = await RecordStore.ConnectAsync(server);
        var faults = new List<Exception>();
        foreach (var act in EveryMember(records, Guid.NewGuid()))
        {
            if (await Record.ExceptionAsync(act) is { } fault)
            {
                faults.Add(fault);
            }
        }

        Assert.Contains(
            faults,
            fault => fault is SessionStoreException
                && fault.Message.Contains("Allow EVALSHA", StringComparison.Ordinal)
                && fault.Message.Contains(command, StringComparison.OrdinalIgnoreCase));
        foreach (var key in await records.KeysAsync())
        {
            Assert.True(
                (long)await records.Database.ExecuteAsync("EXPIRETIME", key) > 0, $"The key {key} stays for ever.");
        }
    }

    [Fact]
    public async Task A_right_that_is_taken_away_while_sessions_live_leaves_them_as_they_are_and_nothing_for_ever()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var admin = await RecordStore.ConnectAsync(server);
        await admin.Database.ExecuteAsync("ACL", ["SETUSER", .. DocumentedRights.OfServer()]);
        await using var records = await RecordStore.ConnectAsync(
            $"{server.Configuration},user=app,password=password", "session:");
        var session = await records.BeginAsync("ann", ("a", [1]));
        await admin.Database.ExecuteAsync("ACL", "SETUSER", "app", "-pexpire");

        SessionWrite[] writes =
        [
            records.Write(session.Id, session.Version, "ann", session.StartedAt, isTombstone: true),
            records.Write(session.Id, session.Version, null, session.StartedAt, movesIndex: false),
            records.Begin("bob"),
        ];
        foreach (var write in writes)
        {
            await Assert.ThrowsAsync<SessionStoreException>(() => records.Store.WriteAsync(write).AsTask());
        }

        Assert.Equal(session.Version, (await records.Store.LoadAsync(session.Id))!.Version);
        await foreach (var key in admin.Database.Multiplexer.GetServers()[0].KeysAsync())
        {
            Assert.NotNull(await admin.Database.KeyTimeToLiveAsync(key));
        }
    }

    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task A_session_of_10_000_values_is_written_changed_and_dropped(ServerKind kind)
    {
        await using var records = await RecordStore.ConnectAsync(await servers.GetAsync(kind));
        var values = Enumerable.Range(0, 10_000).Select(static i => ($"value-{i}", (byte[]?)[(byte)i])).ToArray();
        var session = await records.BeginAsync(null, values);
        Assert.Equal((10_000, (byte)15), (session.Values.Count, session.Values["value-9999"].Span[0]));

        var removal = records.Change(
            session, null, [.. values[..9_000].Select(static value => (value.Item1, (byte[]?)null))]);
        Assert.True((await records.Store.WriteAsync(removal)).IsSwapped);
        Assert.Equal(1_000, (await records.Store.LoadAsync(session.Id))!.Values.Count);
    }

    internal static IEnumerable<Func<Task>> EveryMember(RecordStore records, Guid id)
    {
        var write = records.Begin("ann", id, ("a", [1]), ("b", [2]));
        yield return async () => Assert.True((await records.Store.WriteAsync(write)).IsSwapped);
        yield return async () => Assert.NotNull(await records.Store.LoadAsync(id));
        yield return async () =>
        {
            records.Advance(TimeSpan.FromMinutes(5));
            Assert.True(await records.Store.TouchAsync(records.Touch(write.ApplyTo(before: null), "ann")));
        };
        yield return async () => Assert.Single(await records.Store.FindByUserAsync("ann"));
        yield return async () => Assert.Single(await records.Store.ListAsync(after: null, count: 10));
        yield return async () =>
        {
            await records.Database.HashDeleteAsync(records.KeyOf(id), "l");
            Assert.True((await records.Store.WriteAsync(records.Begin("ann", id, ("a", [1])))).IsSwapped);
        };
        yield return async () =>
        {
            var session = (await records.Store.LoadAsync(id))!;
            Assert.True((await records.Store.WriteAsync(records.Change(session, "ann", ("a", null)))).IsSwapped);
        };
        yield return async () =>
        {
            var session = (await records.Store.LoadAsync(id))!;
            Assert.True(
                (await records.Store.WriteAsync(
                    records.Write(id, session.Version, "ann", records.Now, isTombstone: true))).IsSwapped);
        };
        yield return () => ((ISessionStoreProbe)records.Store).ProbeAsync().AsTask();
    }

    private static async Task AssertRefusedAsync(RecordStore records, SessionWrite write)
    {
        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => records.Store.WriteAsync(write).AsTask());
        Assert.Contains("OOM", fault.Message, StringComparison.Ordinal);
    }
}
