using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.StoreConformance;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The store contract over a plain cache, which only has to be named.</summary>
public abstract class CacheStoreConformance : SessionRecordStoreConformance, ISessionStoreMedium
{
    private const string Prefix = "session:";

    private readonly WatchedCache _cache;

    protected CacheStoreConformance(IDistributedCache cache)
    {
        Cache = cache;
        _cache = new WatchedCache(cache);
    }

    // A plain cache has no compare-and-set.
    protected override bool IsExactAcrossInstances => false;

    protected override ISessionStoreMedium? Medium => this;

    protected override ISessionStoreFaults? Faults => _cache;

    protected IDistributedCache Cache { get; }

    public Task<IReadOnlyCollection<string>> ListKeysAsync() =>
        Task.FromResult<IReadOnlyCollection<string>>([.. _cache.Keys.Where(key => !IsNote(key))]);

    public Task<IReadOnlyCollection<string>> ListNoteKeysAsync() => Task.FromResult<IReadOnlyCollection<string>>([.. _cache.Keys.Where(IsNote)]);

    public virtual Task<TimeSpan?> ReadTimeToLiveAsync(string key) => Task.FromResult(_cache.TimeToLiveOf(key));

    public async Task<byte[]> ReadAsync(string key) => (await Cache.GetAsync(key, TestContext.Current.CancellationToken))!;

    public Task DamageAsync(Guid id) => ChangeAsync(id, record => record[..^1]);

    public Task MakeNewerAsync(Guid id) => ChangeAsync(id, record => [(byte)(record[0] + 1), .. record[1..]]);

    public Task EvictAsync(Guid id) => RemoveAsync(KeyOf(id));

    // What is noted of users is in the process.
    protected override bool CallsMedium(StoreOperation operation) =>
        operation is not (StoreOperation.Admit or StoreOperation.Dismiss or StoreOperation.FindMembers or StoreOperation.FindOwned);

    protected override ISessionRecords CreateStore(SessionLifetime lifetime, TimeSpan ioTimeout) =>
        new DistributedCacheSessionStore(
            _cache,
            Options.Create(new SessionManagerOptions { IOTimeout = ioTimeout, KeyPrefix = Prefix }),
            lifetime,
            NullLogger<DistributedCacheSessionStore>.Instance);

    protected virtual Task RemoveAsync(string key) => Cache.RemoveAsync(key, TestContext.Current.CancellationToken);

    private static string KeyOf(Guid id) => $"{Prefix}{id:N}";

    private async Task ChangeAsync(Guid id, Func<byte[], byte[]> change)
    {
        var record = await ReadAsync(KeyOf(id));
        await _cache.SetAsync(
            KeyOf(id),
            change(record),
            new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = Lifetime.RecordTimeToLive },
            TestContext.Current.CancellationToken);
    }

    private static bool IsNote(string key) => key.Contains("user:", StringComparison.Ordinal);
}
