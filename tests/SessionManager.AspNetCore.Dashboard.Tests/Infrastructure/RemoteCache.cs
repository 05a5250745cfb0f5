using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

/// <summary>A plain cache that is not the framework's memory cache, as one on another machine.</summary>
internal sealed class RemoteCache : IDistributedCache
{
    private readonly MemoryDistributedCache _entries = new(Options.Create(new MemoryDistributedCacheOptions()));

    public byte[]? Get(string key) => _entries.Get(key);

    public Task<byte[]?> GetAsync(string key, CancellationToken token = default) => _entries.GetAsync(key, token);

    public void Refresh(string key) => _entries.Refresh(key);

    public Task RefreshAsync(string key, CancellationToken token = default) => _entries.RefreshAsync(key, token);

    public void Remove(string key) => _entries.Remove(key);

    public Task RemoveAsync(string key, CancellationToken token = default) => _entries.RemoveAsync(key, token);

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) =>
        _entries.Set(key, value, options);

    public Task SetAsync(
        string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default) =>
        _entries.SetAsync(key, value, options, token);
}
