using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;
using SessionManager.AspNetCore.Tests.Infrastructure;
using static SessionManager.AspNetCore.Tests.Stores.CacheStores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The store over caches that hang, block, come late, damage or drop what they are given.</summary>
public sealed class CacheFaultTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(300);

    private readonly Guid _id = Guid.NewGuid();
    private readonly FaultCache _cache = new() { IncludesUsers = true };
    private readonly FakeLogger<CacheSessionStore> _logger = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_that_was_given_up_on_is_waited_for_by_the_next_change(bool touches)
    {
        var store = Create(_cache, Short);
        await store.WriteAsync(NewWrite(_id, 0, 1), Cancellation);
        var gate = _cache.Hold(CacheOperation.Set);
        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => WriteAsync(store, NewWrite(_id, 1, 2)));
        Assert.True(fault.IsTimeout);

        Task next = touches
            ? store.TouchAsync(NewTouch(_id, 3, 5), Cancellation).AsTask()
            : WriteAsync(store, NewWrite(_id, 2, 3));
        Assert.False(next.IsCompleted);
        gate.Open();
        await next;

        Assert.Equal(3, (await store.LoadAsync(_id, Cancellation))!.Version);
    }

    [Fact]
    public async Task A_write_that_does_not_end_in_time_is_logged_and_holds_nobody_up_for_ever()
    {
        var store = Create(_cache, Short, logger: _logger);
        _cache.Plan(CacheOperation.Set, CacheFault.Hang);
        await Assert.ThrowsAsync<SessionStoreException>(() => WriteAsync(store, NewWrite(_id, 0, 1)));

        Assert.True((await WriteAsync(store, NewWrite(_id, 0, 2))).IsSwapped);

        var entry = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal(33, entry.Id.Id);
        Assert.Contains(_id.ToString(), entry.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_that_was_given_up_on_is_waited_for_and_no_log_has_its_key()
    {
        var store = Create(_cache, Short, logger: _logger);
        _cache.Plan(CacheOperation.Set, CacheFault.Hang);
        await Assert.ThrowsAsync<SessionStoreException>(() => WriteAsync(store, NewWrite(_id, 0, 1, "alice")));

        Assert.True((await WriteAsync(store, NewWrite(_id, 0, 2, "alice"))).IsSwapped);
        Assert.Empty(_logger.Collector.GetSnapshot());

        // One that ends in time is waited for, and what it wrote is kept.
        var (first, second) = (Guid.NewGuid(), Guid.NewGuid());
        var gate = _cache.Hold(CacheOperation.Set);
        await Assert.ThrowsAsync<SessionStoreException>(() => WriteAsync(store, NewWrite(first, 0, 1, "bob")));
        var next = WriteAsync(store, NewWrite(second, 0, 1, "bob"));
        Assert.False(next.IsCompleted);
        gate.Open();
        await next;
        var list = UserIndexCodec.Read(_cache.Entries[IndexKeyOf("bob")].Value);
        Assert.Equal([first, second], list.Select(session => session.Id));
    }

    [Theory]
    [InlineData(nameof(CacheOperation.Get))]
    [InlineData(nameof(CacheOperation.Set))]
    public async Task A_call_that_hangs_fails_those_who_wait_behind_it_and_no_other_session(string operation)
    {
        var store = Create(_cache, Short);
        await WriteAsync(store, NewWrite(_id, 0, 1));
        _cache.Hold(Enum.Parse<CacheOperation>(operation));
        var first = WriteAsync(store, NewWrite(_id, 1, 2));
        var calls = _cache.Calls;
        var behind = WriteAsync(store, NewWrite(_id, 1, 3));
        var touch = store.TouchAsync(NewTouch(_id, 4, 5), Cancellation).AsTask();

        Assert.True((await WriteAsync(store, NewWrite(Guid.NewGuid(), 0, 1))).IsSwapped);
        Assert.True((await Assert.ThrowsAsync<SessionStoreException>(() => first)).IsTimeout);
        await Assert.ThrowsAsync<SessionStoreException>(() => behind);
        await Assert.ThrowsAsync<SessionStoreException>(() => touch);

        // The other session's two calls, and none of those who waited.
        Assert.Equal(calls + 2, _cache.Calls);
    }

    [Theory]
    [InlineData(nameof(CacheOperation.Get))]
    [InlineData(nameof(CacheOperation.Set))]
    public async Task A_cache_that_blocks_is_given_up_on(string operation)
    {
        var cache = new BlockingCache();
        var store = Create(cache, Short);
        await WriteAsync(store, NewWrite(_id, 0, 1));
        cache.Blocks = Enum.Parse<CacheOperation>(operation);

        var ofWrite = await Assert.ThrowsAsync<SessionStoreException>(
            () => WriteAsync(store, NewWrite(_id, 1, 2, "alice")));
        var ofTouch = await Assert.ThrowsAsync<SessionStoreException>(
            () => store.TouchAsync(NewTouch(_id, 3, 5), Cancellation).AsTask());
        Assert.Equal((true, true), (ofWrite.IsTimeout, ofTouch.IsTimeout));

        Assert.Equal(2, cache.Cancelled);
        cache.Blocks = null;
        Assert.True((await WriteAsync(store, NewWrite(_id, 1, 2, "alice"))).IsSwapped);
    }

    [Fact]
    public async Task A_value_that_was_damaged_is_absent_and_logged()
    {
        var store = Create(_cache, logger: _logger);
        await WriteAsync(store, NewWrite(_id, 0, 1, values: [("a", "1"), ("b", "2")]));
        _cache.Entries[RecordKeyOf(_id)].Value[^1] ^= 1;

        var session = await store.LoadAsync(_id, Cancellation);
        Assert.Equal((true, false), (session!.Values.ContainsKey("a"), session.Values.ContainsKey("b")));

        var entry = Assert.Single(_logger.Collector.GetSnapshot());
        Assert.Equal((16, true), (entry.Id.Id, entry.Message.Contains(_id.ToString(), StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_memory_cache_makes_nobody_wait()
    {
        var store = Create(new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions())));

        var write = store.WriteAsync(NewWrite(_id, 0, 1, "alice"), Cancellation);
        Assert.True(write.IsCompletedSuccessfully);
        Assert.True((await write).IsSwapped);
        var load = store.LoadAsync(_id, Cancellation);
        Assert.True(load.IsCompletedSuccessfully);
        Assert.Equal(1, (await load)!.Version);
        var touch = store.TouchAsync(NewTouch(_id, 2, 5, "alice"), Cancellation);
        Assert.True(touch.IsCompletedSuccessfully);
        Assert.True(await touch);
        Assert.True(store.FindByUserAsync("alice", Cancellation).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_full_memory_cache_refuses_a_write_and_keeps_what_it_has()
    {
        var cache = new MemoryDistributedCache(
            Options.Create(new MemoryDistributedCacheOptions { SizeLimit = 4000, CompactionPercentage = 0 }));
        var store = Create(cache);
        await WriteAsync(store, NewWrite(_id, 0, 1, "alice", values: ("a", "1")));
        for (var size = 2048; size > 0; size /= 2)
        {
            string key;
            do
            {
                key = Guid.NewGuid().ToString();
                await cache.SetAsync(key, new byte[size], new DistributedCacheEntryOptions(), Cancellation);
            }
            while (await cache.GetAsync(key, Cancellation) is not null);
        }

        var fault = await Assert.ThrowsAsync<SessionStoreException>(
            () => WriteAsync(store, NewWrite(_id, 1, 2, "alice", values: ("b", new string('b', 500)))));
        Assert.Contains(nameof(MemoryDistributedCacheOptions.SizeLimit), fault.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SessionStoreException>(
            () => WriteAsync(store, NewWrite(Guid.NewGuid(), 0, 1, "alice")));

        var session = await store.LoadAsync(_id, Cancellation);
        Assert.Equal((1L, "a"), (session!.Version, Assert.Single(session.Values).Key));
        Assert.Equal(_id, Assert.Single(await store.FindByUserAsync("alice", Cancellation)).Id);

        // An end takes less.
        Assert.True((await WriteAsync(store, NewWrite(_id, 1, 3, "alice", isTombstone: true))).IsSwapped);
        Assert.Empty(await store.FindByUserAsync("alice", Cancellation));
    }

    private static Task<SessionWriteResult> WriteAsync(CacheSessionStore store, SessionWrite write) =>
        store.WriteAsync(write, Cancellation).AsTask();
}
