using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>Records and their index entries lie on different machines of a cluster.</summary>
public sealed class RecordClusterTests : IAsyncLifetime
{
    private RedisCluster _cluster = null!;
    private RecordStore _records = null!;

    public async ValueTask InitializeAsync()
    {
        _cluster = await RedisCluster.StartAsync();
        _records = await RecordStore.ConnectAsync(_cluster.Configuration, timeout: TimeSpan.FromSeconds(1));
    }

    public async ValueTask DisposeAsync()
    {
        if (_records is not null)
        {
            await _records.DisposeAsync();
        }

        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    [Fact]
    public async Task Sessions_are_spread_and_each_is_found_listed_changed_and_ended()
    {
        var sessions = new List<StoredSession>();
        for (var i = 0; i < 60; i++)
        {
            sessions.Add(await _records.BeginAsync(i % 2 == 0 ? "ann" : $"user-{i}", ("a", [1])));
        }

        Assert.Equal(30, (await _records.Store.FindByUserAsync("ann")).Count);
        Assert.Equal(60, (await _records.Store.ListAsync(after: null, count: 100)).Count);
        foreach (var node in _cluster.Nodes)
        {
            await using var alone = await RecordStore.ConnectAsync(node);
            Assert.InRange((long)await alone.Database.ExecuteAsync("DBSIZE"), 10, 130);
        }

        _records.Advance(TimeSpan.FromMinutes(5));
        foreach (var session in sessions)
        {
            var touch = _records.Touch(session, "ann");
            Assert.True(await _records.Store.TouchAsync(touch));
            var end = _records.Write(session.Id, touch.NewVersion, "ann", session.StartedAt, isTombstone: true);
            Assert.True((await _records.Store.WriteAsync(end)).IsSwapped);
        }

        Assert.Empty(await _records.Store.FindByUserAsync("ann"));
        Assert.Empty(await _records.Store.ListAsync(after: null, count: 100));
        await ((ISessionStoreProbe)_records.Store).ProbeAsync();
    }

    [Fact]
    public async Task With_a_machine_down_what_is_refused_is_not_half_done_and_the_rest_goes_on()
    {
        var sessions = new List<StoredSession>();
        for (var i = 0; i < 60; i++)
        {
            sessions.Add(await _records.BeginAsync(values: ("a", [1])));
        }

        await _cluster.Nodes[2].KillAsync();

        var (signedIn, refused) = (0, 0);
        foreach (var session in sessions.TakeWhile(_ => signedIn < 3 || refused < 3))
        {
            var write = _records.Write(session.Id, session.Version, $"user-{session.Id}", session.StartedAt);
            if (await Record.ExceptionAsync(() => _records.Store.WriteAsync(write).AsTask()) is not { } fault)
            {
                signedIn++;
                Assert.Equal(session.Id, Assert.Single(await _records.Store.FindByUserAsync($"user-{session.Id}")).Id);
                continue;
            }

            refused++;
            Assert.IsType<SessionStoreException>(fault);
            // Refused by the machine of the record itself, or by that of an entry: then the record is as it was.
            if (await Record.ExceptionAsync(() => _records.Store.LoadAsync(session.Id).AsTask()) is null)
            {
                Assert.Equal(session.Version, (await _records.Store.LoadAsync(session.Id))!.Version);
            }
        }

        Assert.True(signedIn > 0 && refused > 0, $"{signedIn} signed in, {refused} were refused.");
    }
}
