using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The lists of users' sessions, an entry of the cache for each user. A list is changed by reading and writing it under
/// a lock of this process. Two processes that change one user's list at the same moment may lose one of the two
/// changes. A session that was lost is added again by its process: at once when the next read shows the loss, and
/// otherwise when the session is touched.
/// </summary>
/// <param name="cache">The entries of the cache.</param>
/// <param name="keys">The keys of users.</param>
/// <param name="writes">Bounds the writes, and tells of those that were given up on.</param>
/// <param name="unfinished">The writes that were given up on.</param>
internal sealed class UserIndex(CacheEntries cache, UserKeys keys, StoreCall writes, UnfinishedWrites unfinished)
{
    private readonly KeyedLock<object> _locks = new();
    private readonly StripedLocks _stripes = new();

    /// <summary>The sessions in a user's list.</summary>
    public async ValueTask<IReadOnlyList<IndexedSession>> FindAsync(
        string userId, CancellationToken cancellationToken) =>
        UserIndexCodec.Read(await cache.GetAsync(keys.Of(userId).Sessions, Guid.Empty, cancellationToken));

    /// <summary>Changes a user's list in the memory cache.</summary>
    public void Change(UserIndexChange change, CancellationToken cancellationToken)
    {
        var key = keys.Of(change.UserId);
        lock (_stripes.Of(key.Hash))
        {
            if (change.Apply(cache.Get(key.Sessions, Guid.Empty, cancellationToken), out var timeToLive) is { } list)
            {
                cache.Set(key.Sessions, Guid.Empty, list, cache.OptionsFor(timeToLive), cancellationToken);
            }
        }
    }

    /// <summary>Changes a user's list in any cache.</summary>
    public async ValueTask ChangeAsync(UserIndexChange change, CancellationToken cancellationToken)
    {
        var key = keys.Of(change.UserId);
        await _locks.EnterAsync(key.Hash, cancellationToken);
        var hanging = false;
        try
        {
            await unfinished.SettleAsync(key.Hash, cancellationToken);
            var stored = await cache.GetAsync(key.Sessions, Guid.Empty, cancellationToken);

            if (change.Apply(stored, out var timeToLive) is not { } list)
            {
                return;
            }

            await SetAsync(key, list, timeToLive, cancellationToken);

            // Another process may have overwritten the list since.
            stored = await cache.GetAsync(key.Sessions, Guid.Empty, cancellationToken);
            if (change.Apply(stored, out timeToLive) is { } again)
            {
                await SetAsync(key, again, timeToLive, cancellationToken);
            }
        }
        catch (SessionStoreException exception) when (exception.IsTimeout)
        {
            hanging = true;
            throw;
        }
        finally
        {
            _locks.Leave(key.Hash, hanging);
        }
    }

    private ValueTask SetAsync(UserKey key, byte[] list, TimeSpan timeToLive, CancellationToken cancellationToken) =>
        cache.SetAsync(writes, key.Sessions, key.Hash, list, cache.OptionsFor(timeToLive), cancellationToken);
}
