using System.Collections.Concurrent;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Sessions in any <see cref="IDistributedCache"/>: one entry a session, changed by read, merge and write, one at a time for
/// each session in this process. A plain cache has no compare-and-set, so between processes the time from that read
/// to that write is unguarded: two nodes that commit to one session within it can lose one of the commits.
/// </summary>
internal sealed class DistributedCacheSessionStore : ISessionRecordStore
{
    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(1);

    private readonly IDistributedCache _cache;
    private readonly ILogger<DistributedCacheSessionStore> _logger;
    private readonly string _prefix;
    private readonly TimeSpan _settling;
    private readonly SessionLifetime _lifetime;
    private readonly DistributedCacheEntryOptions _recordEntry;
    private readonly DistributedCacheEntryOptions _tombstoneEntry;
    private readonly StoreCall _reads;
    private readonly StoreCall _writes;
    private readonly Action<Guid> _damaged;
    private readonly SessionQueue _queue = new();
    private readonly ConcurrentDictionary<Guid, Task> _unfinishedWrites = new();

    public DistributedCacheSessionStore(
        IDistributedCache cache, IOptions<SessionManagerOptions> options, SessionLifetime lifetime, ILogger<DistributedCacheSessionStore> logger)
    {
        (_cache, _lifetime, _logger) = (cache, lifetime, logger);
        _prefix = options.Value.KeyPrefix;
        Name = cache is MemoryDistributedCache ? "memory" : cache.GetType().Name;
        _recordEntry = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = lifetime.RecordTimeToLive };
        _tombstoneEntry = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = lifetime.TombstoneTimeToLive };
        _damaged = logger.ValueRejected;
        _reads = new StoreCall(options.Value.IOTimeout, Name);
        _writes = new StoreCall(options.Value.IOTimeout, Name, Abandon);
        _settling = options.Value.IOTimeout / 2 < LongestSettling ? options.Value.IOTimeout / 2 : LongestSettling;
    }

    public string Name { get; }

    public ValueTask<SessionLookup> LoadAsync(Guid id, SessionTouch touch, CancellationToken cancellationToken = default)
    {
        var read = ReadAsync(id, cancellationToken);
        return read.IsCompletedSuccessfully
            ? new ValueTask<SessionLookup>(Decode(id, read.Result))
            : AwaitAsync(id, read);

        async ValueTask<SessionLookup> AwaitAsync(Guid id, ValueTask<byte[]?> read) => Decode(id, await read);
    }

    public async ValueTask<bool> TouchAsync(Guid id, SessionTouch touch, CancellationToken cancellationToken = default)
    {
        var moved = false;
        await InTurnAsync(id, async () =>
        {
            var stored = await ReadAsync(id, cancellationToken);
            if (Decode(id, stored).Record is { } record
                && touch.Allowed
                && CommitRules.SameHash(record.SecretHash, touch.SecretHash)
                && !_lifetime.IsExpired(record, touch.Now)
                && _lifetime.IsTouchDue(record, touch.Now))
            {
                await WriteAsync(id, RecordCodec.WithLastSeen(stored, touch.Now), _recordEntry, cancellationToken);
                moved = true;
            }
        }, cancellationToken);
        return moved;
    }

    public async ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default)
    {
        var result = new SessionCommitResult(SessionCommitOutcome.Gone);
        await InTurnAsync(commit.Id, async () =>
        {
            var stored = await ReadAsync(commit.Id, cancellationToken);
            var found = Decode(commit.Id, stored);
            if (found.Record is { } applied && CommitRules.HasBeenApplied(applied, commit))
            {
                result = new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true);
                return;
            }

            if (found.Record is { } current)
            {
                result = CommitRules.Check(current, commit, _lifetime);
            }
            else if (commit.Creates && found.Status == SessionLookupStatus.NotFound)
            {
                result = new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true);
            }

            if (result.Outcome == SessionCommitOutcome.Committed)
            {
                await WriteAsync(commit.Id, Merge(found.Record, commit, result.SecretChanged), _recordEntry, cancellationToken);
            }
        }, cancellationToken);
        return result;
    }

    public async ValueTask<bool> EndAsync(Guid id, SessionEndReason reason, CancellationToken cancellationToken = default)
    {
        var ended = false;
        await InTurnAsync(id, async () =>
        {
            var found = Decode(id, await ReadAsync(id, cancellationToken));
            if (found.Status is SessionLookupStatus.Found or SessionLookupStatus.Unreadable)
            {
                await WriteAsync(id, RecordCodec.EncodeTombstone(id, reason), _tombstoneEntry, cancellationToken);
                ended = found.Status == SessionLookupStatus.Found;
            }
        }, cancellationToken);
        return ended;
    }

    private SessionLookup Decode(Guid id, byte[]? stored) =>
        stored is null ? new SessionLookup(SessionLookupStatus.NotFound) : RecordCodec.Decode(id, stored, _damaged);

    private static byte[] Merge(SessionRecord? current, SessionCommit commit, bool secretChanged)
    {
        if (current is null)
        {
            return RecordCodec.Encode(CommitRules.Create(commit), PackedValues.Empty, new PackedChanges(commit.Values));
        }

        var kept = commit.DropsValues ? PackedValues.Empty : (PackedValues)current.Values;
        return RecordCodec.Encode(CommitRules.Apply(current, commit, secretChanged), kept, new PackedChanges(commit.Values));
    }

    private ValueTask InTurnAsync(Guid id, Func<Task> change, CancellationToken cancellationToken) => _queue.RunAsync(
        id,
        async () =>
        {
            if (!_unfinishedWrites.IsEmpty && _unfinishedWrites.TryRemove(id, out var unfinished))
            {
                await SettleAsync(id, unfinished, cancellationToken);
            }

            await change();
        },
        cancellationToken);

    private void Abandon(Guid id, Task write)
    {
        _unfinishedWrites[id] = write;
        _ = write.ContinueWith(
            (ended, _) => _unfinishedWrites.TryRemove(KeyValuePair.Create(id, ended)),
            null,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>A write that was given up on may still arrive and would then overwrite what is merged now, so the next change of
    /// its session gives it half a timeout more, a second at most, to end. One that arrives even later can't be told from a new
    /// one.</summary>
    private async Task SettleAsync(Guid id, Task unfinished, CancellationToken cancellationToken)
    {
        try
        {
            await unfinished.WaitAsync(_settling, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _unfinishedWrites.TryAdd(id, unfinished);
            throw;
        }
        catch (Exception exception)
        {
            _logger.UnfinishedWriteSettled(id, exception.GetType().Name);
        }
    }

    private ValueTask<byte[]?> ReadAsync(Guid id, CancellationToken cancellationToken) =>
        _reads.RunAsync(static (read, token) => read._cache.GetAsync(read.key, token), (_cache, key: KeyOf(id)), id, cancellationToken);

    private async ValueTask WriteAsync(Guid id, byte[] record, DistributedCacheEntryOptions entry, CancellationToken cancellationToken) =>
        await _writes.RunAsync(
            static async (write, token) =>
            {
                await write._cache.SetAsync(write.key, write.record, write.entry, token);
                return true;
            },
            (_cache, key: KeyOf(id), record, entry),
            id,
            cancellationToken);

    private string KeyOf(Guid id) => string.Concat(_prefix, id.ToString("N"));
}
