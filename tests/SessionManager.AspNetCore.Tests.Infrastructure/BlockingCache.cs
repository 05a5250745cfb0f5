using Microsoft.Extensions.Caching.Distributed;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>A cache whose calls of an operation block before they return their task, until they are cancelled.</summary>
internal sealed class BlockingCache : IDistributedCache
{
    private readonly FaultCache _inner = new();
    private int _blocked;

    /// <summary>What blocks.</summary>
    public CacheOperation? Blocks { get; set; }

    /// <summary>How many calls were cancelled.</summary>
    public int Cancelled => _blocked;

    public Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        Block(CacheOperation.Get, token);
        return _inner.GetAsync(key, token);
    }

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        Block(CacheOperation.Set, token);
        return _inner.SetAsync(key, value, options, token);
    }

    public Task RemoveAsync(string key, CancellationToken token = default)
    {
        Block(CacheOperation.Remove, token);
        return _inner.RemoveAsync(key, token);
    }

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException("The store never refreshes.");

    public byte[]? Get(string key) => throw new NotSupportedException("No synchronous I/O.");

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException("No synchronous I/O.");

    public void Remove(string key) => throw new NotSupportedException("No synchronous I/O.");

    public void Refresh(string key) => throw new NotSupportedException("No synchronous I/O.");

    private void Block(CacheOperation operation, CancellationToken token)
    {
        if (operation == Blocks)
        {
            Assert.True(token.WaitHandle.WaitOne(TimeSpan.FromSeconds(30)), "The call was not cancelled.");
            Interlocked.Increment(ref _blocked);
            token.ThrowIfCancellationRequested();
        }
    }
}
