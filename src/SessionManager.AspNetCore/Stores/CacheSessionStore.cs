using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Sessions in any <see cref="IDistributedCache"/>, an entry of the cache for each session.
/// </summary>
/// <remarks>
/// <para><b>Writes.</b> A plain cache has no compare-and-set. The store reads, compares and writes under a lock of the
/// session, which holds in this process. So in the memory cache a write is exact. Between processes the time from that
/// read to that write is unguarded: when two processes write one session within it, both writes are acknowledged and
/// one is lost.</para>
/// <para><b>Users.</b> The sessions of a user are found by a list in an entry of its own; see <see cref="UserIndex"/>.
/// A cache may lose that entry, and two processes that write it at once may lose a session of it. Then the session is
/// not found until the next touch, which writes it again. A revocation does not depend on the list; see
/// <see cref="IUserEpochs"/>.</para>
/// <para><b>Lists.</b> A plain cache can't list, so <see cref="ListAsync"/> knows the sessions that this process has
/// made or loaded.</para>
/// <para><b>Time.</b> Each call of the cache is bounded by the I/O timeout. A member that makes several calls fails at
/// the first that exceeds the timeout.</para>
/// </remarks>
internal sealed class CacheSessionStore : ISessionRecordStore, ISessionStoreProbe, IUserEpochs, ILocalSessions
{
    private const int ReadsAtOnce = 16;

    private static readonly TimeSpan LongestSettling = TimeSpan.FromSeconds(1);

    private readonly CacheEntries _cache;
    private readonly UserKeys _keys;
    private readonly UserIndex _users;
    private readonly LocalSessionIndex _local;
    private readonly SessionLifetime _lifetime;
    private readonly bool _isShared;
    private readonly SessionTracker _tracker;
    private readonly ICacheWriter _writer;

    public CacheSessionStore(
        IDistributedCache cache,
        IOptions<SessionManagerOptions> options,
        SessionLifetime lifetime,
        ILogger<CacheSessionStore> logger,
        MemoryCacheLimit? limit = null)
    {
        var (timeout, prefix) = (options.Value.IOTimeout, options.Value.KeyPrefix);
        var settling = timeout / 2 < LongestSettling ? timeout / 2 : LongestSettling;
        _isShared = cache is not MemoryDistributedCache;
        Name = _isShared ? cache.GetType().Name : "memory";
        _lifetime = lifetime;
        _local = new LocalSessionIndex(lifetime);
        _keys = new UserKeys(prefix);
        var unfinished = new UnfinishedWrites(settling, logger.UnfinishedWriteSettled);
        _cache = new CacheEntries(
            cache,
            prefix,
            new StoreCall(timeout, Name),
            new StoreCall(timeout, Name, unfinished.Add),
            mayDrop: !_isShared && limit?.MayDrop != false);
        _tracker = new SessionTracker(_local, _cache.MayLose, logger.ValueRejected);

        // A list is locked by half of its store key, which no log may have.
        var unfinishedLists = new UnfinishedWrites(settling, static (_, _) => { });
        _users = new UserIndex(_cache, _keys, new StoreCall(timeout, Name, unfinishedLists.Add), unfinishedLists);
        _writer = _cache.IsInProcess
            ? new MemoryCacheWriter(_cache, _users, _tracker)
            : new RemoteCacheWriter(_cache, _users, _tracker, unfinished);
    }

    public string Name { get; }

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default)
    {
        var read = _cache.GetAsync(_cache.KeyOf(id), id, cancellationToken);
        return read.IsCompletedSuccessfully
            ? new ValueTask<StoredSession?>(_tracker.Open(id, read.Result))
            : AwaitAsync(id, read);

        async ValueTask<StoredSession?> AwaitAsync(Guid id, ValueTask<byte[]?> read) => _tracker.Open(id, await read);
    }

    public ValueTask<SessionWriteResult> WriteAsync(
        SessionWrite write, CancellationToken cancellationToken = default) =>
        _writer.WriteAsync(write, cancellationToken);

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) =>
        _writer.TouchAsync(touch, cancellationToken);

    public async ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
        string userId, CancellationToken cancellationToken = default)
    {
        var found = new List<StoredSession>();
        foreach (var batch in (await _users.FindAsync(userId, cancellationToken)).Chunk(ReadsAtOnce))
        {
            var reads = batch.Select(
                session => _cache.GetAsync(_cache.KeyOf(session.Id), session.Id, cancellationToken).AsTask());
            foreach (var (session, stored) in batch.Zip(await Task.WhenAll(reads)))
            {
                if (SessionTracker.IsOf(userId, session.Id, stored))
                {
                    found.Add(_tracker.Open(session.Id, stored)!);
                }
            }
        }

        found.Sort(SessionPosition.OldestFirst);
        return found;
    }

    public async ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default)
    {
        var found = new List<StoredSession>();
        while (found.Count < count && _local.Page(after, count - found.Count) is { Count: > 0 } page)
        {
            foreach (var batch in page.Chunk(ReadsAtOnce))
            {
                var loads = batch.Select(position => LoadAsync(position.Id, cancellationToken).AsTask());
                foreach (var (position, session) in batch.Zip(await Task.WhenAll(loads)))
                {
                    // A session that has moved is at its new position now, which another page may have.
                    if (session?.Status == StoredSessionStatus.Whole && SessionPosition.Of(session) == position)
                    {
                        found.Add(session);
                    }
                }
            }

            after = page[^1];
        }

        return found;
    }

    public ValueTask ProbeAsync(CancellationToken cancellationToken = default) =>
        _cache.ProbeAsync(Name, cancellationToken);

    public ValueTask<byte[]?> LoadEpochAsync(string userId, CancellationToken cancellationToken = default) =>
        _cache.GetAsync(_keys.Of(userId).Epoch, Guid.Empty, cancellationToken);

    public ValueTask SaveEpochAsync(
        string userId, byte[] epoch, TimeSpan timeToLive, CancellationToken cancellationToken = default) =>
        _cache.SetUserAsync(_keys.Of(userId).Epoch, epoch, _cache.OptionsFor(timeToLive), cancellationToken);

    public (int Anonymous, int SignedIn) Count(DateTimeOffset now) => _local.Count(now);

    // Another process may have a request that found the session alive and still runs. It may save for as long as the
    // record is kept, and half of that time is left to it.
    public IEnumerable<Guid> ListExpired(DateTimeOffset now) =>
        _local.ListExpired(_isShared ? now - (_lifetime.Grace / 2) : now);
}
