using Microsoft.Extensions.Caching.Distributed;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The entries of a cache, each call bounded by the I/O timeout. The framework's memory cache never waits, so it is called directly: that
/// spares each call a token source and a task, together 120 bytes.
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="prefix">What all keys begin with.</param>
/// <param name="reads">Bounds the calls that may be forgotten when they are given up on.</param>
/// <param name="writes">Bounds the writes of records, which may still arrive then.</param>
internal sealed class CacheEntries(IDistributedCache cache, string prefix, StoreCall reads, StoreCall writes)
{
    private readonly MemoryDistributedCache? _memory =
        cache.GetType() == typeof(MemoryDistributedCache) ? (MemoryDistributedCache)cache : null;

    /// <summary>The key of a session's record.</summary>
    public string KeyOf(Guid id) => string.Create(prefix.Length + 32, (prefix, id), static (key, parts) =>
    {
        parts.prefix.CopyTo(key);
        parts.id.TryFormat(key[parts.prefix.Length..], out _, "N");
    });

    /// <summary>The key of what is kept about a user.</summary>
    public string KeyOf(string userId) => string.Concat(prefix, UserEpoch.KeyOf(userId));

    public ValueTask<byte[]?> GetAsync(string key, Guid id, CancellationToken cancellationToken)
    {
        if (_memory is null)
        {
            return reads.RunAsync(static (read, token) => read.cache.GetAsync(read.key, token), (cache, key), id, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return new ValueTask<byte[]?>(_memory.Get(key));
        }
        catch (Exception exception)
        {
            throw reads.Failed(exception, id);
        }
    }

    public ValueTask SetAsync(string key, Guid id, byte[] record, DistributedCacheEntryOptions entry, CancellationToken cancellationToken) =>
        SetAsync(writes, key, id, record, entry, cancellationToken);

    public ValueTask SetUserAsync(string key, byte[] user, DistributedCacheEntryOptions entry, CancellationToken cancellationToken) =>
        SetAsync(reads, key, Guid.Empty, user, entry, cancellationToken);

    public ValueTask ProbeAsync(string storeName, CancellationToken cancellationToken) =>
        CacheProbe.RunAsync(cache, reads, prefix, storeName, cancellationToken);

    private ValueTask SetAsync(
        StoreCall call, string key, Guid id, byte[] value, DistributedCacheEntryOptions entry, CancellationToken cancellationToken)
    {
        if (_memory is null)
        {
            return call.RunAsync(
                static (write, token) => write.cache.SetAsync(write.key, write.value, write.entry, token), (cache, key, value, entry), id, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            _memory.Set(key, value, entry);
            return ValueTask.CompletedTask;
        }
        catch (Exception exception)
        {
            throw call.Failed(exception, id);
        }
    }
}
