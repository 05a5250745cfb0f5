using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>Changes records in the framework's memory cache, which never waits: each member completes at
/// once.</summary>
/// <param name="cache">The entries of the cache.</param>
/// <param name="users">The lists of users' sessions.</param>
/// <param name="tracker">The sessions of this process.</param>
internal sealed class MemoryCacheWriter(CacheEntries cache, UserIndex users, SessionTracker tracker) : ICacheWriter
{
    private readonly StripedLocks _stripes = new();

    public ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken)
    {
        if (SessionTracker.AddedBy(write) is { } addition)
        {
            users.Change(addition, cancellationToken);
        }

        RecordSwap swap;
        lock (_stripes.Of(write.Id))
        {
            var key = cache.KeyOf(write.Id);
            var stored = cache.Get(key, write.Id, cancellationToken);
            swap = RecordSwap.Of(write, stored);
            if (swap.Record is { } record)
            {
                cache.Set(key, write.Id, record, cache.OptionsFor(swap.TimeToLive), cancellationToken);
            }

            if (!swap.IsSwapped)
            {
                return new ValueTask<SessionWriteResult>(SessionWriteResult.Moved(tracker.Open(write.Id, stored)));
            }

            tracker.Remember(write);
        }

        if (SessionTracker.RemovedBy(write, swap) is { } removal)
        {
            Remove(removal);
        }

        return new ValueTask<SessionWriteResult>(SessionWriteResult.Swapped);
    }

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken)
    {
        var key = cache.KeyOf(touch.Id);
        lock (_stripes.Of(touch.Id))
        {
            var swap = RecordSwap.Of(touch, cache.Get(key, touch.Id, cancellationToken));
            if (swap.Record is not { } record)
            {
                return new ValueTask<bool>(false);
            }

            cache.Set(key, touch.Id, record, cache.OptionsFor(swap.TimeToLive), cancellationToken);
        }

        tracker.Remember(touch);
        if (tracker.AddedBy(touch) is { } addition)
        {
            users.Change(addition, cancellationToken);
        }

        return new ValueTask<bool>(true);
    }

    // The session has ended, and that is what counts. What stays in the list leads to a tombstone, and is dropped in
    // its time.
    private void Remove(UserIndexChange removal)
    {
        try
        {
            users.Change(removal, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
        }
    }
}
