using Microsoft.Extensions.Caching.Distributed;
using SessionManager.AspNetCore.Storage;


namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The entries of a cache, each call bounded by the I/O timeout. The framework's memory cache never waits, so it is
/// called directly: that spares each call a token source and a task, together 120 bytes.
/// </summary>
/// <param name="cache">The cache.</param>
/// <param name="prefix">What all keys begin with.</param>
/// <param name="reads">Bounds the calls that may be forgotten when they are given up on.</param>
/// <param name="writes">Bounds the writes of records, which may still arrive then.</param>
/// <param name="mayDrop">Whether the cache may drop what it is given without saying so. Each write is read back
/// then.</param>
internal sealed class CacheEntries(
    IDistributedCache cache, string prefix, StoreCall reads, StoreCall writes, bool mayDrop)
{
    private const string Dropped =
        "The memory cache did not keep what was written: it is full. "
        + "Raise MemoryDistributedCacheOptions.SizeLimit, or set it to null.";

    // A cache that counts in whole seconds, or refuses what has expired already, gets at least this.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private readonly MemoryDistributedCache? _memory =
        cache.GetType() == typeof(MemoryDistributedCache) ? (MemoryDistributedCache)cache : null;

    private DistributedCacheEntryOptions _lastOptions = new() { AbsoluteExpirationRelativeToNow = Shortest };

    /// <summary>Whether the cache is the framework's memory cache, so that <see cref="Get"/> and <see cref="Set"/> may
    /// be called.</summary>
    public bool IsInProcess => _memory is not null;

    /// <summary>Whether the cache may lose an entry that it has acknowledged.</summary>
    public bool MayLose => _memory is null || mayDrop;

    /// <summary>The key of a session's record.</summary>
    public string KeyOf(Guid id) => string.Create(prefix.Length + 32, (prefix, id), static (key, parts) =>
    {
        parts.prefix.CopyTo(key);
        parts.id.TryFormat(key[parts.prefix.Length..], out _, "N");
    });

    public DistributedCacheEntryOptions OptionsFor(TimeSpan timeToLive)
    {
        timeToLive = timeToLive > Shortest ? timeToLive : Shortest;

        // Nearly all records are kept for the same time.
        var last = _lastOptions;
        return last.AbsoluteExpirationRelativeToNow == timeToLive
            ? last
            : _lastOptions = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = timeToLive };
    }

    public ValueTask<byte[]?> GetAsync(string key, Guid id, CancellationToken cancellationToken)
    {
        if (_memory is null)
        {
            return reads.RunAsync(
                static (read, token) => read.cache.GetAsync(read.key, token), (cache, key), id, cancellationToken);
        }

        return new ValueTask<byte[]?>(Get(key, id, cancellationToken));
    }

    /// <summary>Reads an entry of the memory cache.</summary>
    public byte[]? Get(string key, Guid id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return mayDrop ? GetWhole(_memory!, key) : _memory!.Get(key);
        }
        catch (Exception exception)
        {
            throw reads.Failed(exception, id);
        }
    }

    public ValueTask SetAsync(
        string key, Guid id, byte[] record, DistributedCacheEntryOptions entry, CancellationToken cancellationToken) =>
        SetAsync(writes, key, id, record, entry, cancellationToken);

    public ValueTask SetUserAsync(
        string key, byte[] user, DistributedCacheEntryOptions entry, CancellationToken cancellationToken) =>
        SetAsync(reads, key, Guid.Empty, user, entry, cancellationToken);

    public ValueTask ProbeAsync(string storeName, CancellationToken cancellationToken) =>
        CacheProbe.RunAsync(cache, reads, prefix, storeName, cancellationToken);

    /// <summary>Writes an entry, bounded by a call of the caller's.</summary>
    public ValueTask SetAsync(
        StoreCall call,
        string key,
        Guid id,
        byte[] value,
        DistributedCacheEntryOptions entry,
        CancellationToken cancellationToken)
    {
        if (_memory is null)
        {
            return mayDrop
                ? call.RunAsync(
                    static (write, token) =>
                        SetAndReadBackAsync(write.cache, write.key, write.value, write.entry, token),
                    (cache, key, value, entry),
                    id,
                    cancellationToken)
                : call.RunAsync(
                    static (write, token) => write.cache.SetAsync(write.key, write.value, write.entry, token),
                    (cache, key, value, entry),
                    id,
                    cancellationToken);
        }

        Set(key, id, value, entry, cancellationToken);
        return ValueTask.CompletedTask;
    }

    /// <summary>Writes an entry of the memory cache.</summary>
    public void Set(
        string key, Guid id, byte[] value, DistributedCacheEntryOptions entry, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (mayDrop)
            {
                SetWhole(_memory!, key, value, entry);
            }
            else
            {
                _memory!.Set(key, value, entry);
            }
        }
        catch (Exception exception)
        {
            throw writes.Failed(exception, id);
        }
    }

    // A full cache that refuses an entry removes the one in its place as well. It is put back before anybody can miss
    // it.
    private static void SetWhole(
        MemoryDistributedCache memory, string key, byte[] value, DistributedCacheEntryOptions entry)
    {
        lock (memory)
        {
            var before = memory.Get(key);
            memory.Set(key, value, entry);
            if (!IsKept(value, memory.Get(key)))
            {
                if (before is not null)
                {
                    memory.Set(key, before, entry);
                }

                throw new InvalidOperationException(Dropped);
            }
        }
    }

    private static byte[]? GetWhole(MemoryDistributedCache memory, string key)
    {
        lock (memory)
        {
            return memory.Get(key);
        }
    }

    private static async Task SetAndReadBackAsync(
        IDistributedCache cache,
        string key,
        byte[] value,
        DistributedCacheEntryOptions entry,
        CancellationToken cancellationToken)
    {
        await cache.SetAsync(key, value, entry, cancellationToken);
        if (!IsKept(value, await cache.GetAsync(key, cancellationToken)))
        {
            throw new InvalidOperationException(Dropped);
        }
    }

    private static bool IsKept(byte[] written, byte[]? read) =>
        ReferenceEquals(written, read) || written.AsSpan().SequenceEqual(read);
}
