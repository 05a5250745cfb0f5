using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Distributed;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>
/// A cache that fails on command. It keeps entries as a remote cache would (bytes are copied in and out), counts its calls, and
/// can be looked into. Faults are taken in the order they were planned, one a call.
/// What is kept of users passes by unless a test asks for it.
/// </summary>
internal sealed class FaultCache : IDistributedCache
{
    private readonly Lock _lock = new();
    private readonly List<PlannedFault> _faults = [];
    private readonly List<(CacheOperation Operation, Gate Gate, bool After)> _gates = [];
    private int _gets;
    private int _sets;
    private int _userGets;

    /// <summary>What is stored, with the options it was stored with.</summary>
    public ConcurrentDictionary<string, (byte[] Value, DistributedCacheEntryOptions Options)> Entries { get; } = new();

    /// <summary>The sessions among what is stored, without what is kept of users.</summary>
    public IEnumerable<KeyValuePair<string, (byte[] Value, DistributedCacheEntryOptions Options)>> Records =>
        Entries.Where(entry => !IsOfUser(entry.Key));

    /// <summary>Every call takes this long. Zero by default, then it completes at once.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Whether the entries of users are counted, held and failed like those of sessions.</summary>
    public bool IncludesUsers { get; set; }

    /// <summary>Whether a call that was cancelled while it was held does nothing, as with a client that honours cancellation.</summary>
    public bool HonoursCancellation { get; init; }

    /// <summary>How often the entry of a user was read.</summary>
    public int UserGets => _userGets;

    public int Gets => _gets;

    public int Sets => _sets;

    public int Calls => _gets + _sets;

    /// <summary>Plans a fault for the next calls of an operation.</summary>
    public void Plan(CacheOperation operation, CacheFault fault, int times = 1, int after = 0)
    {
        lock (_lock)
        {
            _faults.Add(new PlannedFault(operation, fault, times, after));
        }
    }

    /// <summary>Forgets all planned faults: the cache is back.</summary>
    public void Heal()
    {
        lock (_lock)
        {
            _faults.Clear();
        }
    }

    /// <summary>Holds the next call of an operation: before it does its work, or after, before it answers.</summary>
    public Gate Hold(CacheOperation operation, bool after = false)
    {
        var gate = new Gate();
        lock (_lock)
        {
            _gates.Add((operation, gate, after));
        }

        return gate;
    }

    public Task<byte[]?> GetAsync(string key, CancellationToken token = default)
    {
        if (PassesBy(key))
        {
            Interlocked.Increment(ref _userGets);
            return Task.FromResult(Read());
        }

        Interlocked.Increment(ref _gets);
        return RunAsync(CacheOperation.Get, key, Read, token);

        byte[]? Read() => Entries.TryGetValue(key, out var entry) ? (byte[])entry.Value.Clone() : null;
    }

    public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
    {
        if (PassesBy(key))
        {
            Entries[key] = ((byte[])value.Clone(), options);
            return Task.CompletedTask;
        }

        Interlocked.Increment(ref _sets);
        return RunAsync(
            CacheOperation.Set,
            key,
            () =>
            {
                Entries[key] = ((byte[])value.Clone(), options);
                return null;
            },
            token);
    }

    public Task RemoveAsync(string key, CancellationToken token = default) =>
        key.Contains(":probe:", StringComparison.Ordinal)
            ? RunAsync(CacheOperation.Remove, key, () => Entries.TryRemove(key, out var removed) ? removed.Value : null, token)
            : throw new NotSupportedException("The store never removes a session.");

    public Task RefreshAsync(string key, CancellationToken token = default) => throw new NotSupportedException("The store never refreshes.");

    public byte[]? Get(string key) => throw new NotSupportedException("No synchronous I/O.");

    public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => throw new NotSupportedException("No synchronous I/O.");

    public void Remove(string key) => throw new NotSupportedException("No synchronous I/O.");

    public void Refresh(string key) => throw new NotSupportedException("No synchronous I/O.");

    private async Task<byte[]?> RunAsync(CacheOperation operation, string key, Func<byte[]?> work, CancellationToken token)
    {
        await PassGateAsync(operation, after: false);
        if (HonoursCancellation)
        {
            token.ThrowIfCancellationRequested();
        }

        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay, token);
        }

        byte[]? result;
        switch (TakeFault(operation))
        {
            case CacheFault.Fail:
                throw new IOException($"The cache is down (key {key}).");
            case CacheFault.Hang:
                await new TaskCompletionSource().Task;
                throw new InvalidOperationException("Unreachable.");
            case CacheFault.HangUntilCancelled:
                await Task.Delay(Timeout.Infinite, token);
                throw new InvalidOperationException("Unreachable.");
            case CacheFault.Corrupt:
                result = work();
                if (result is { Length: > 20 })
                {
                    result[20] ^= 0x40;
                }

                break;
            case CacheFault.Evict:
                Entries.TryRemove(key, out _);
                result = work();
                break;
            case CacheFault.LoseAcknowledgement:
                work();
                throw new IOException($"The connection broke (key {key}).");
            default:
                result = work();
                break;
        }

        await PassGateAsync(operation, after: true);
        return result;
    }

    private static bool IsOfUser(string key) =>
        key.Contains(":user:", StringComparison.Ordinal) || key.Contains(":sessions:", StringComparison.Ordinal);

    private bool PassesBy(string key) => !IncludesUsers && IsOfUser(key);

    private CacheFault? TakeFault(CacheOperation operation)
    {
        lock (_lock)
        {
            var planned = _faults.FirstOrDefault(fault => fault.Operation == operation && fault.Times > 0);
            if (planned is null)
            {
                return null;
            }

            if (planned.After > 0)
            {
                planned.After--;
                return null;
            }

            planned.Times--;
            return planned.Fault;
        }
    }

    private Task PassGateAsync(CacheOperation operation, bool after)
    {
        Gate? gate;
        lock (_lock)
        {
            var index = _gates.FindIndex(held => held.Operation == operation && held.After == after);
            gate = index < 0 ? null : _gates[index].Gate;
            if (gate is not null)
            {
                _gates.RemoveAt(index);
            }
        }

        return gate?.PassAsync() ?? Task.CompletedTask;
    }

    private sealed class PlannedFault(CacheOperation operation, CacheFault fault, int times, int after)
    {
        public CacheOperation Operation { get; } = operation;

        public CacheFault Fault { get; } = fault;

        public int Times { get; set; } = times;

        public int After { get; set; } = after;
    }
}
