using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;
using SessionManager.AspNetCore.Tests.Infrastructure;
using static SessionManager.AspNetCore.Tests.Stores.CacheStores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>What a plain cache knows of a user, on two nodes that share the cache and nothing else.</summary>
public sealed class CacheOnTwoNodesTests
{
    private readonly FaultCache _cache = new() { IncludesUsers = true };
    private readonly CacheSessionStore _here;
    private readonly CacheSessionStore _there;

    public CacheOnTwoNodesTests() => (_here, _there) = (Create(_cache), Create(_cache));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_sessions_of_a_user_are_found_on_both_nodes_oldest_first()
    {
        Guid[] ids = [.. Enumerable.Range(0, 40).Select(_ => Guid.NewGuid())];
        for (var i = ids.Length - 1; i >= 0; i--)
        {
            await WriteAsync(i % 2 == 0 ? _here : _there, NewWrite(ids[i], 0, 1, "alice", minutes: i));
        }

        Assert.Equal(ids, await FindAsync(_here, "alice"));
        Assert.Equal(ids, await FindAsync(_there, "alice"));
        Assert.Empty(await FindAsync(_there, "bob"));
    }

    [Fact]
    public async Task A_session_is_in_the_list_before_it_is_stored()
    {
        var id = Guid.NewGuid();
        _cache.Plan(CacheOperation.Set, CacheFault.Fail);
        await Assert.ThrowsAsync<SessionStoreException>(() => WriteAsync(_here, NewWrite(id, 0, 1, "alice")));
        Assert.Empty(_cache.Entries);

        _cache.Plan(CacheOperation.Set, CacheFault.Fail, after: 1);
        await Assert.ThrowsAsync<SessionStoreException>(() => WriteAsync(_here, NewWrite(id, 0, 1, "alice")));
        Assert.Equal([IndexKeyOf("alice")], _cache.Entries.Keys);
        Assert.Empty(await FindAsync(_there, "alice"));
    }

    [Fact]
    public async Task A_list_that_another_node_has_overwritten_is_mended_at_once()
    {
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        var overwriting = _cache.Hold(CacheOperation.Set);
        var there = WriteAsync(_there, NewWrite(b, 0, 1, "alice", minutes: 1));
        await overwriting.Reached;
        var written = _cache.Hold(CacheOperation.Set, after: true);
        var here = WriteAsync(_here, NewWrite(a, 0, 1, "alice"));
        await written.Reached;

        overwriting.Open();
        await there;
        Assert.Equal([b], ListOf("alice"));
        written.Open();
        await here;

        Assert.Equal([a, b], await FindAsync(_there, "alice"));
    }

    [Fact]
    public async Task A_session_that_was_lost_from_the_list_is_back_with_its_next_touch()
    {
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        var overwriting = _cache.Hold(CacheOperation.Set);
        var there = WriteAsync(_there, NewWrite(b, 0, 1, "alice", minutes: 1));
        await overwriting.Reached;
        await WriteAsync(_here, NewWrite(a, 0, 1, "alice"));
        overwriting.Open();
        await there;
        Assert.Equal([b], await FindAsync(_here, "alice"));

        Assert.True(await _here.TouchAsync(NewTouch(a, 2, 5, "alice"), Cancellation));

        Assert.Equal([a, b], await FindAsync(_there, "alice"));
    }

    [Fact]
    public async Task A_session_that_ends_leaves_the_list_and_takes_no_other_along()
    {
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        await WriteAsync(_here, NewWrite(a, 0, 1, "alice"));
        await WriteAsync(_there, NewWrite(b, 0, 1, "alice"));

        // Whatever the user that the tombstone names.
        await WriteAsync(_there, NewWrite(a, 1, 2, user: null, isTombstone: true));
        Assert.Equal([b], ListOf("alice"));
        await WriteAsync(_here, NewWrite(b, 1, 2, "alice", isTombstone: true));
        Assert.Empty(ListOf("alice"));
        var options = _cache.Entries[IndexKeyOf("alice")].Options;
        Assert.Equal(TimeSpan.FromSeconds(1), options.AbsoluteExpirationRelativeToNow);
    }

    [Theory]
    [InlineData(nameof(CacheOperation.Get))]
    [InlineData(nameof(CacheOperation.Set))]
    public async Task A_session_has_ended_also_where_the_list_can_not_be_changed(string operation)
    {
        var id = Guid.NewGuid();
        await WriteAsync(_here, NewWrite(id, 0, 1, "alice"));
        _cache.Plan(Enum.Parse<CacheOperation>(operation), CacheFault.Fail, after: 1);

        Assert.True((await WriteAsync(_here, NewWrite(id, 1, 2, "alice", isTombstone: true))).IsSwapped);

        _cache.Heal();
        Assert.Equal([id], ListOf("alice"));
        Assert.Empty(await FindAsync(_there, "alice"));
    }

    [Fact]
    public async Task A_session_that_belongs_to_somebody_else_now_is_found_under_that_user_only()
    {
        var id = Guid.NewGuid();
        await WriteAsync(_here, NewWrite(id, 0, 1, "alice"));
        await WriteAsync(_there, NewWrite(id, 1, 2, "\uD800bob"));

        Assert.Equal([id], ListOf("alice"));
        Assert.Empty(await FindAsync(_here, "alice"));
        Assert.Equal([id], await FindAsync(_here, "\uD800bob"));
        Assert.Empty(await FindAsync(_here, "\uFFFDbob"));
    }

    [Fact]
    public async Task A_write_that_leaves_the_index_calls_the_cache_twice()
    {
        var id = Guid.NewGuid();
        await WriteAsync(_here, NewWrite(id, 0, 1, "alice"));
        var (gets, sets) = (_cache.Gets, _cache.Sets);

        await WriteAsync(_here, NewWrite(id, 1, 2, "alice", movesIndex: false, values: ("a", "1")));

        Assert.Equal((gets + 1, sets + 1), (_cache.Gets, _cache.Sets));
    }

    [Fact]
    public async Task The_epoch_of_a_user_is_read_on_every_node_and_is_no_part_of_the_list()
    {
        byte[] epoch = [1, 2, 3];
        Assert.Null(await _there.LoadEpochAsync("alice", Cancellation));
        await WriteAsync(_here, NewWrite(Guid.NewGuid(), 0, 1, "alice"));

        await _here.SaveEpochAsync("alice", epoch, TimeSpan.FromHours(5), Cancellation);

        Assert.Equal(epoch, await _there.LoadEpochAsync("alice", Cancellation));
        Assert.Null(await _there.LoadEpochAsync("Alice", Cancellation));
        Assert.Single(await FindAsync(_there, "alice"));
        var key = new UserKeys(Prefix).Of("alice").Epoch;
        Assert.Equal(TimeSpan.FromHours(5), _cache.Entries[key].Options.AbsoluteExpirationRelativeToNow);
    }

    [Fact]
    public async Task A_node_lists_and_counts_what_it_has_made_or_loaded()
    {
        var (a, b) = (Guid.NewGuid(), Guid.NewGuid());
        await WriteAsync(_here, NewWrite(a, 0, 1, "alice"));
        await WriteAsync(_there, NewWrite(b, 0, 1, minutes: 1));
        Assert.Equal([a], await ListAsync(_here));
        await _here.LoadAsync(b, Cancellation);
        Assert.Equal([b, a], await ListAsync(_here));
        // The headers of these records say nothing, so nobody is signed in.
        Assert.Equal((2, 0), _here.Count(Start.AddMinutes(2)));
        Assert.Equal((1, 0), _there.Count(Start.AddMinutes(2)));

        // The other node may have moved a session, ended it, or seen it evicted. One that has moved forwards is passed
        // by once.
        await WriteAsync(_there, NewWrite(a, 1, 2, "alice", minutes: 5));
        Assert.Equal([b], await ListAsync(_here));
        Assert.Equal([a, b], await ListAsync(_here));
        await WriteAsync(_there, NewWrite(a, 2, 3, "alice", isTombstone: true));
        await _here.LoadAsync(a, Cancellation);
        _cache.Entries.TryRemove(RecordKeyOf(b), out _);
        Assert.Empty(await ListAsync(_here));
        Assert.Equal((0, 0), _here.Count(Start.AddMinutes(2)));
    }

    [Fact]
    public async Task A_session_that_another_node_may_still_use_is_not_told_to_have_expired()
    {
        var id = Guid.NewGuid();
        await WriteAsync(_here, NewWrite(id, 0, 1));
        var grace = (Lifetime.RecordTimeToLive - Lifetime.IdleTimeout) / 2;

        Assert.Empty(_here.ListExpired(Start + Lifetime.IdleTimeout + grace - TimeSpan.FromSeconds(1)));
        Assert.Equal([id], _here.ListExpired(Start + Lifetime.IdleTimeout + grace + TimeSpan.FromSeconds(10)));
    }

    private static Task<SessionWriteResult> WriteAsync(CacheSessionStore store, SessionWrite write) =>
        store.WriteAsync(write, Cancellation).AsTask();

    private static async Task<IEnumerable<Guid>> FindAsync(CacheSessionStore store, string user) =>
        (await store.FindByUserAsync(user, Cancellation)).Select(session => session.Id);

    private static async Task<IEnumerable<Guid>> ListAsync(CacheSessionStore store) =>
        (await store.ListAsync(after: null, 10, Cancellation)).Select(session => session.Id);

    private IEnumerable<Guid> ListOf(string user) =>
        UserIndexCodec.Read(_cache.Entries[IndexKeyOf(user)].Value).Select(session => session.Id);
}
