using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Caching.Distributed;
using SessionManager.AspNetCore.StoreConformance;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>Any cache, with the times to live of its entries kept, and faults on demand.</summary>
/// <param name="inner">The cache.</param>
internal sealed class CacheMedium(IDistributedCache inner) : IDistributedCache, IMediumFaults, IMediumTimes
{
    private readonly ConcurrentDictionary<string, TimeSpan?> _times = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<Task> _hanging = [];
    private TaskCompletionSource? _gate;
    private bool _fails;
    private int _acknowledgementsToLose;

    public Task FailAsync()
    {
        _fails = true;
        return Task.CompletedTask;
    }

    public Task HangAsync()
    {
        _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Task.CompletedTask;
    }

    public Task LoseNextAcknowledgementAsync()
    {
        _acknowledgementsToLose = 1;
        return Task.CompletedTask;
    }

    public async Task HealAsync()
    {
        _fails = false;
        _acknowledgementsToLose = 0;
        Interlocked.Exchange(ref _gate, null)?.TrySetResult();
        await Task.WhenAll(_hanging);
    }

    public Task<TimeSpan?> ReadRecordAsync(Guid id) => Task.FromResult(_times[CacheStores.RecordKeyOf(id)]);

    public Task<TimeSpan?> ReadIndexAsync(string userId) => Task.FromResult(_times[CacheStores.IndexKeyOf(userId)]);

    public async Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        await SufferAsync(key);
        return await inner.GetAsync(key, token);
    }

    public async Task SetAsync(
        string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        await SufferAsync(key);
        await inner.SetAsync(key, value, options, token);
        _times[key] = options.AbsoluteExpirationRelativeToNow;

        // A record: what was done to a list is done again with the write.
        if (!key.Contains("sessions:", StringComparison.Ordinal)
            && Interlocked.Exchange(ref _acknowledgementsToLose, 0) == 1)
        {
            throw new IOException(
                $"The connection broke after SET {key} {Convert.ToHexString(value)} {Encoding.UTF8.GetString(value)}.");
        }
    }

    public async Task RemoveAsync(string key, CancellationToken token = default)
    {
        if (!key.Contains("probe:", StringComparison.Ordinal))
        {
            throw new NotSupportedException("The store never removes an entry.");
        }

        await SufferAsync(key);
        await inner.RemoveAsync(key, token);
    }

    public Task RefreshAsync(string key, CancellationToken token = default) =>
        throw new NotSupportedException("The store never refreshes.");

    public byte[]? Get(string key) => throw new NotSupportedException("No synchronous I/O.");

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) =>
        throw new NotSupportedException("No synchronous I/O.");

    public void Remove(string key) => throw new NotSupportedException("No synchronous I/O.");

    public void Refresh(string key) => throw new NotSupportedException("No synchronous I/O.");

    private async Task SufferAsync(string key)
    {
        if (_fails)
        {
            throw new IOException($"The cache is down: {key}", new InvalidOperationException($"No route to {key}."));
        }

        if (_gate is { } gate)
        {
            _hanging.Add(gate.Task);
            await gate.Task;
        }
    }
}
