using System.Runtime.CompilerServices;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Changes records in any cache: reads, compares and writes while it holds the lock of the session. When a call of the
/// cache hangs, the changes that wait behind it fail with it. A write that was given up on is waited for by the next
/// change of its session.
/// </summary>
/// <param name="cache">The entries of the cache.</param>
/// <param name="users">The lists of users' sessions.</param>
/// <param name="tracker">The sessions of this process.</param>
/// <param name="unfinished">The writes that were given up on.</param>
internal sealed class RemoteCacheWriter(
    CacheEntries cache, UserIndex users, SessionTracker tracker, UnfinishedWrites unfinished) : ICacheWriter
{
    private readonly KeyedLock<object> _locks = new();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken)
    {
        if (SessionTracker.AddedBy(write) is { } addition)
        {
            await users.ChangeAsync(addition, cancellationToken);
        }

        RecordSwap swap;
        var hanging = false;
        await _locks.EnterAsync(write.Id, cancellationToken);
        try
        {
            await unfinished.SettleAsync(write.Id, cancellationToken);
            var key = cache.KeyOf(write.Id);
            var stored = await cache.GetAsync(key, write.Id, cancellationToken);
            swap = RecordSwap.Of(write, stored);
            if (swap.Record is { } record)
            {
                await cache.SetAsync(key, write.Id, record, cache.OptionsFor(swap.TimeToLive), cancellationToken);
            }

            if (!swap.IsSwapped)
            {
                return SessionWriteResult.Moved(tracker.Open(write.Id, stored));
            }

            tracker.Remember(write);
        }
        catch (SessionStoreException exception) when (exception.IsTimeout)
        {
            hanging = true;
            throw;
        }
        finally
        {
            _locks.Leave(write.Id, hanging);
        }

        if (SessionTracker.RemovedBy(write, swap) is { } removal)
        {
            await RemoveAsync(removal, cancellationToken);
        }

        return SessionWriteResult.Swapped;
    }

    public async ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken)
    {
        var hanging = false;
        await _locks.EnterAsync(touch.Id, cancellationToken);
        try
        {
            await unfinished.SettleAsync(touch.Id, cancellationToken);
            var key = cache.KeyOf(touch.Id);
            var swap = RecordSwap.Of(touch, await cache.GetAsync(key, touch.Id, cancellationToken));
            if (swap.Record is not { } record)
            {
                return false;
            }

            await cache.SetAsync(key, touch.Id, record, cache.OptionsFor(swap.TimeToLive), cancellationToken);
        }
        catch (SessionStoreException exception) when (exception.IsTimeout)
        {
            hanging = true;
            throw;
        }
        finally
        {
            _locks.Leave(touch.Id, hanging);
        }

        tracker.Remember(touch);
        if (tracker.AddedBy(touch) is { } addition)
        {
            await users.ChangeAsync(addition, cancellationToken);
        }

        return true;
    }

    // The session has ended, and that is what counts. What stays in the list leads to a tombstone, and is dropped in
    // its time.
    private async ValueTask RemoveAsync(UserIndexChange removal, CancellationToken cancellationToken)
    {
        try
        {
            await users.ChangeAsync(removal, cancellationToken);
        }
        catch (Exception exception) when (exception is SessionStoreException or OperationCanceledException)
        {
        }
    }
}
