using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Sessions in any <see cref="IDistributedCache"/>: one entry a session, changed by read, merge and write, one at a time for
/// each session in this process. A plain cache has no compare-and-set, so between processes the time from that read
/// to that write is unguarded: two nodes that commit to one session within it can lose one of the commits. Listing, finding and the
/// limit of sessions know what this process has made or loaded; revoking holds everywhere, by an epoch for each user.
/// </summary>
internal sealed class DistributedCacheSessionStore : ISessionRecords
{
    private const int PageSize = 64;

    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(1);

    private readonly CacheEntries _cache;
    private readonly ILogger<DistributedCacheSessionStore> _logger;
    private readonly TimeSpan _settling;
    private readonly bool _isShared;
    private readonly SessionLifetime _lifetime;
    private readonly DistributedCacheEntryOptions _recordEntry;
    private readonly DistributedCacheEntryOptions _tombstoneEntry;
    private readonly DistributedCacheEntryOptions _userEntry;
    private readonly LocalSessions _local;
    private readonly Action<Guid> _damaged;
    private readonly SessionQueue _queue = new();
    private readonly ConcurrentDictionary<Guid, Task> _unfinishedWrites = new();

    public DistributedCacheSessionStore(
        IDistributedCache cache,
        IOptions<SessionManagerOptions> options,
        SessionLifetime lifetime,
        ILogger<DistributedCacheSessionStore> logger,
        MemoryCacheLimit? limit = null)
    {
        (_lifetime, _logger) = (lifetime, logger);
        _isShared = cache is not MemoryDistributedCache;
        Name = _isShared ? cache.GetType().Name : "memory";
        _recordEntry = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = lifetime.RecordTimeToLive };
        _tombstoneEntry = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = lifetime.TombstoneTimeToLive };
        _userEntry = new DistributedCacheEntryOptions { AbsoluteExpirationRelativeToNow = lifetime.UserTimeToLive };
        _local = new LocalSessions(lifetime);
        _damaged = logger.ValueRejected;
        var timeout = options.Value.IOTimeout;
        _cache = new CacheEntries(
            cache,
            options.Value.KeyPrefix,
            new StoreCall(timeout, Name),
            new StoreCall(timeout, Name, Abandon),
            mayDrop: cache is MemoryDistributedCache && limit?.MayDrop != false);
        _settling = timeout / 2 < LongestSettling ? timeout / 2 : LongestSettling;
    }

    public string Name { get; }

    public ValueTask<SessionLookup> LoadAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default)
    {
        var read = _cache.GetAsync(_cache.KeyOf(id), id, cancellationToken);
        return read.IsCompletedSuccessfully
            ? JudgeAsync(Decode(id, read.Result), cancellationToken)
            : AwaitAsync(id, read, cancellationToken);

        async ValueTask<SessionLookup> AwaitAsync(Guid id, ValueTask<byte[]?> read, CancellationToken cancellationToken) =>
            await JudgeAsync(Decode(id, await read), cancellationToken);
    }

    public ValueTask<bool> TouchAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default) => InTurnAsync(
        id,
        (Store: this, id, touch),
        static async (change, token) =>
        {
            var ((store, id, touch), lifetime, key) = (change, change.Store._lifetime, change.Store._cache.KeyOf(change.id));
            var stored = await store._cache.GetAsync(key, id, token);
            if (stored is null
                || store.Decode(id, stored).Record is not { } record
                || !touch.Allowed
                || lifetime.IsPastAbsoluteTimeout(record, touch.Now)
                || !lifetime.IsTouchDue(record, touch.Now))
            {
                return false;
            }

            await store._cache.SetAsync(key, id, RecordCodec.WithLastSeen(stored, touch.Now), store._recordEntry, token);
            store._local.Saw(id, touch.Now);
            return true;
        },
        cancellationToken);

    // Not through InTurnAsync: calls through what that is generic over cost a request that writes 4 %.
    public async ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default)
    {
        await _queue.EnterAsync(commit.Id, cancellationToken);
        var hanging = false;
        try
        {
            await SettleAsync(commit.Id, cancellationToken);
            return await CommitInTurnAsync(commit, cancellationToken);
        }
        catch (SessionStoreException exception) when (exception.IsTimeout)
        {
            hanging = true;
            throw;
        }
        finally
        {
            _queue.Leave(commit.Id, hanging);
        }
    }

    public ValueTask<bool> EndAsync(Guid id, SessionEndReason reason, string? onlyOfUser = null, CancellationToken cancellationToken = default) =>
        EndIfAsync(
            id,
            reason,
            onlyOfUser,
            static (found, onlyOfUser) => onlyOfUser is null
                || found.Status == SessionLookupStatus.Newer
                || string.Equals(found.Record?.UserId, onlyOfUser, StringComparison.Ordinal),
            cancellationToken);

    public ValueTask<bool> EndOwnedAsync(Guid id, SessionEndReason reason, string ownerId, CancellationToken cancellationToken = default) =>
        EndIfAsync(
            id,
            reason,
            ownerId,
            static (found, ownerId) => found.Record is not { } record || string.Equals(record.OwnerId, ownerId, StringComparison.Ordinal),
            cancellationToken);

    private ValueTask<bool> EndIfAsync(
        Guid id, SessionEndReason reason, string? user, Func<SessionLookup, string?, bool> isAsked, CancellationToken cancellationToken) =>
        InTurnAsync(
            id,
            (Store: this, id, reason, user, isAsked),
            static async (change, token) =>
            {
                var (store, id, reason, user, isAsked) = change;
                var key = store._cache.KeyOf(id);
                var found = store.Decode(id, await store._cache.GetAsync(key, id, token));
                if (found.Status is not (SessionLookupStatus.Found or SessionLookupStatus.Unreadable or SessionLookupStatus.Newer)
                    || !isAsked(found, user))
                {
                    return false;
                }

                await store.EndInTurnAsync(key, id, reason, token);
                return found.Status != SessionLookupStatus.Unreadable;
            },
            cancellationToken);

    public ValueTask<bool> EndExpiredAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        InTurnAsync(
            id,
            (Store: this, id, now),
            static async (change, token) =>
            {
                var (store, id, now) = change;
                var key = store._cache.KeyOf(id);
                var found = store.Decode(id, await store._cache.GetAsync(key, id, token));
                if (found.Record is not { } record || !store._lifetime.IsExpired(record, now))
                {
                    if (found.Status is SessionLookupStatus.NotFound or SessionLookupStatus.Ended)
                    {
                        // Ended by another process, or evicted.
                        store._local.Forget(id);
                    }

                    return false;
                }

                await store.EndInTurnAsync(key, id, SessionEndReason.Expired, token);
                return true;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>?> AdmitAsync(string userId, SessionMember member, int? limit, CancellationToken cancellationToken = default) =>
        new(_local.Admit(userId, member, limit));

    public ValueTask DismissAsync(string userId, SessionMember member, CancellationToken cancellationToken = default)
    {
        _local.Dismiss(userId, member);
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<SessionMember>> FindMembersAsync(string userId, CancellationToken cancellationToken = default) =>
        new(_local.Find(userId));

    public async ValueTask RevokeUnlistedAsync(string userId, Guid? exceptId, CancellationToken cancellationToken = default) => await _queue.RunAsync(
        UserEpoch.TurnOf(userId),
        (Store: this, userId, exceptId),
        static async (change, token) =>
        {
            var (store, userId, exceptId) = change;
            var key = store._cache.KeyOf(userId);
            var before = await store.ReadEpochAsync(key, token);
            var epoch = UserEpoch.AfterRevocation(before);
            if (exceptId is { } spared
                && store.Decode(spared, await store._cache.GetAsync(store._cache.KeyOf(spared), spared, token)).Record is { } record
                && SessionNotes.AreOf(record, userId)
                && EpochOf(record, userId) is var signedIn
                && before?.Accepts(spared, signedIn) != false)
            {
                epoch = epoch with { SparedId = spared, SparedEpoch = signedIn };
            }

            await store._cache.SetUserAsync(key, epoch.Write(), store._userEntry, token);
            return true;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>> FindOwnedAsync(string ownerId, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        new([.. _local.Find(ownerId), .. _local.FindOwned(ownerId)]);

    public async ValueTask EraseUnlistedAsync(string ownerId, CancellationToken cancellationToken = default) => await _queue.RunAsync(
        UserEpoch.TurnOf(ownerId),
        (Store: this, ownerId),
        static async (change, token) =>
        {
            var (store, ownerId) = change;
            await store._cache.SetUserAsync(store._cache.KeyOf(ownerId), UserEpoch.AfterErasure().Write(), store._userEntry, token);
            return true;
        },
        cancellationToken);

    public async IAsyncEnumerable<SessionRecord> ListAsync(
        DateTimeOffset now, SessionMember? after = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var page = _local.Page(after, PageSize, now);
            foreach (var member in page)
            {
                var found = await LoadAsync(member.Id, default, cancellationToken);
                if (found is { Record: { } record, EndReason: null })
                {
                    yield return record;
                }
            }

            if (page.Count < PageSize)
            {
                yield break;
            }

            after = page[^1];
        }
    }

    // Another process may have a request that found the session alive and still runs: it may save for as long as the record is kept, and
    // half of that is left to it.
    public IEnumerable<Guid>? ListExpired(DateTimeOffset now) =>
        _local.ListExpired(_isShared ? now - ((_lifetime.RecordTimeToLive - _lifetime.IdleTimeout) / 2) : now);

    public (int Anonymous, int SignedIn)? CountLive(DateTimeOffset now) => _local.CountLive(now);

    public ValueTask ProbeAsync(CancellationToken cancellationToken = default) => _cache.ProbeAsync(Name, cancellationToken);

    private async ValueTask<SessionCommitResult> CommitInTurnAsync(SessionCommit commit, CancellationToken cancellationToken)
    {
        var key = _cache.KeyOf(commit.Id);
        var stored = await _cache.GetAsync(key, commit.Id, cancellationToken);
        var found = stored is not null && commit.Base?.Values is PackedValues known && known.AreOf(stored)
            ? new SessionLookup(SessionLookupStatus.Found, commit.Base)
            : Decode(commit.Id, stored);
        if (found.Record is { } applied && CommitRules.HasBeenApplied(applied, commit))
        {
            return new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true);
        }

        if (found.Record is { } used
            && (used.UserId ?? used.OwnerId) is not null
            && _local.Remember(used) is { } user
            && (used.IsActing
                ? await IsActingRevokedAsync(used, cancellationToken)
                : (await ReadEpochAsync(KeyOf(user), cancellationToken))?.Accepts(used) == false))
        {
            return new SessionCommitResult(SessionCommitOutcome.Gone);
        }

        var result = found.Record is { } current ? CommitRules.Check(current, commit, _lifetime)
            : commit.Creates && found.Status == SessionLookupStatus.NotFound ? new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true)
            : new SessionCommitResult(SessionCommitOutcome.Gone);
        if (result.Outcome == SessionCommitOutcome.Committed)
        {
            var kept = found.Record is null || commit.DropsValues ? PackedValues.Empty : (PackedValues)found.Record.Values;
            var changes = new PackedChanges(commit.Values);
            if (found.Record is { } same && commit.ChangesValuesAlone)
            {
                var seen = CommitRules.LastSeenAfter(same, commit);
                var record = RecordCodec.WithValues(((PackedValues)same.Values).Header, seen, kept, changes);
                await _cache.SetAsync(key, commit.Id, record, _recordEntry, cancellationToken);
                _local.Saw(commit.Id, seen);
            }
            else
            {
                var record = await ApplyAsync(found.Record, commit, result.SecretChanged, cancellationToken);
                await _cache.SetAsync(key, commit.Id, RecordCodec.Encode(record, kept, changes), _recordEntry, cancellationToken);
                _local.Remember(record);
            }
        }

        return result;
    }

    private async ValueTask EndInTurnAsync(string key, Guid id, SessionEndReason reason, CancellationToken cancellationToken)
    {
        await _cache.SetAsync(key, id, RecordCodec.EncodeTombstone(id, reason), _tombstoneEntry, cancellationToken);
        _local.Forget(id);
    }

    private async ValueTask<SessionRecord> ApplyAsync(SessionRecord? before, SessionCommit commit, bool secretChanged, CancellationToken cancellationToken)
    {
        Guid? epoch = commit.Identity is { UserId: { } signedIn } identity
            ? KeptEpoch(before, identity, signedIn) ?? (await ReadEpochAsync(_cache.KeyOf(signedIn), cancellationToken))?.Epoch ?? Guid.Empty
            : null;
        return before is null ? CommitRules.Create(commit, epoch) : CommitRules.ApplyToHeader(before, commit, secretChanged, epoch);
    }

    private SessionLookup Decode(Guid id, byte[]? stored) =>
        stored is null ? new SessionLookup(SessionLookupStatus.NotFound) : RecordCodec.Decode(id, stored, _damaged);

    // A session that is or was somebody's costs one more read: that user's epoch.
    private ValueTask<SessionLookup> JudgeAsync(SessionLookup found, CancellationToken cancellationToken)
    {
        if (found.Record is not { } record || _local.Remember(record) is not { } user)
        {
            return new ValueTask<SessionLookup>(found);
        }

        if (record.IsActing)
        {
            return JudgeActingAsync(found, record, cancellationToken);
        }

        var read = ReadEpochAsync(KeyOf(user), cancellationToken);
        return read.IsCompletedSuccessfully ? new ValueTask<SessionLookup>(Judge(found, read.Result)) : AwaitAsync(found, read);

        static async ValueTask<SessionLookup> AwaitAsync(SessionLookup found, ValueTask<UserEpoch?> read) => Judge(found, await read);

        static SessionLookup Judge(SessionLookup found, UserEpoch? epoch) =>
            epoch?.Accepts(found.Record!) == false ? found with { EndReason = SessionEndReason.Revoked } : found;
    }

    private async ValueTask<SessionLookup> JudgeActingAsync(SessionLookup found, SessionRecord record, CancellationToken cancellationToken) =>
        await IsActingRevokedAsync(record, cancellationToken) ? found with { EndReason = SessionEndReason.Revoked } : found;

    // By a revocation of either: of the user who acts, or of the one who is acted as.
    private async ValueTask<bool> IsActingRevokedAsync(SessionRecord record, CancellationToken cancellationToken) =>
        (await ReadEpochAsync(_cache.KeyOf(record.UserId!), cancellationToken))?.Accepts(record) == false
        || (record.Actor is { } actor && (await ReadEpochAsync(_cache.KeyOf(actor.UserId), cancellationToken))?.Accepts(record.Id, actor.Epoch) == false);

    // What the user signed in under: for one who acts as another, that was set aside.
    private static Guid EpochOf(SessionRecord record, string userId) =>
        record.Actor is { } actor && string.Equals(actor.UserId, userId, StringComparison.Ordinal) ? actor.Epoch : record.Epoch;

    // Who begins or ceases to act as another one does not sign in again: a revocation that came meanwhile, on any node, stays one.
    private static Guid? KeptEpoch(SessionRecord? before, SessionIdentity identity, string userId) =>
        identity.StartedAt is null && before is not null && SessionNotes.AreOf(before, userId) ? EpochOf(before, userId) : null;

    private ValueTask<TResult> InTurnAsync<TState, TResult>(
        Guid id, TState state, Func<TState, CancellationToken, ValueTask<TResult>> change, CancellationToken cancellationToken) => _queue.RunAsync(
        id,
        (Store: this, id, state, change),
        static async (turn, token) =>
        {
            await turn.Store.SettleAsync(turn.id, token);
            return await turn.change(turn.state, token);
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
    private ValueTask SettleAsync(Guid id, CancellationToken cancellationToken) =>
        _unfinishedWrites.TryRemove(id, out var unfinished)
            ? new ValueTask(SettleAsync(id, unfinished, cancellationToken))
            : ValueTask.CompletedTask;

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

    private ValueTask<UserEpoch?> ReadEpochAsync(string key, CancellationToken cancellationToken)
    {
        var read = _cache.GetAsync(key, Guid.Empty, cancellationToken);
        return read.IsCompletedSuccessfully ? new ValueTask<UserEpoch?>(UserEpoch.Read(read.Result)) : AwaitAsync(read);

        static async ValueTask<UserEpoch?> AwaitAsync(ValueTask<byte[]?> read) => UserEpoch.Read(await read);
    }

    private string KeyOf(KnownUser user) => user.StoreKey ??= _cache.KeyOf(user.Id);
}
