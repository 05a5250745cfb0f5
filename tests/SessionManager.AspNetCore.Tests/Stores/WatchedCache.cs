using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using SessionManager.AspNetCore.StoreConformance;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>Any cache, with its keys listed, its times to live kept, and faults on demand.</summary>
internal sealed class WatchedCache(IDistributedCache inner) : IDistributedCache, ISessionStoreFaults
{
    private readonly ConcurrentDictionary<string, DistributedCacheEntryOptions> _options = new(StringComparer.Ordinal);
    private TaskCompletionSource? _hanging;
    private bool _failing;
    private int _acknowledgementsToLose;

    public IReadOnlyCollection<string> Keys => [.. _options.Keys];

    public TimeSpan? TimeToLiveOf(string key) => _options[key].AbsoluteExpirationRelativeToNow;

    public void Fail() => _failing = true;

    public void Hang() => _hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LoseNextAcknowledgement() => _acknowledgementsToLose = 1;

    public void Heal()
    {
        _failing = false;
        Interlocked.Exchange(ref _hanging, null)?.TrySetResult();
    }

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        await SufferAsync(key);
        return await inner.GetAsync(key, token);
    }

    public async Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        await SufferAsync(key);
        await inner.SetAsync(key, value, options, token);
        _options[key] = options;
        if (Interlocked.Exchange(ref _acknowledgementsToLose, 0) == 1)
        {
            throw new IOException($"The connection broke after SET {key} {Convert.ToHexString(value)} {Encoding.UTF8.GetString(value)}.");
        }
    }

    public async Task RemoveAsync(string key, CancellationToken token = default)
    {
        if (!key.Contains(":probe:", StringComparison.Ordinal))
        {
            throw new NotSupportedException("The store never removes a session.");
        }

        await SufferAsync(key);
        await inner.RemoveAsync(key, token);
        _options.TryRemove(key, out _);
    }

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException("The store never refreshes.");

    public byte[]? Get(string key) => throw new NotSupportedException("No synchronous I/O.");

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException("No synchronous I/O.");

    public void Remove(string key) => throw new NotSupportedException("No synchronous I/O.");

    public void Refresh(string key) => throw new NotSupportedException("No synchronous I/O.");

    private async Task SufferAsync(string key)
    {
        if (_failing)
        {
            throw new IOException($"The cache is down: {key}", new InvalidOperationException($"No route to {key}."));
        }

        if (_hanging is { } hanging)
        {
            await hanging.Task;
            throw new IOException($"The connection that hung was closed: {key}");
        }
    }
}
