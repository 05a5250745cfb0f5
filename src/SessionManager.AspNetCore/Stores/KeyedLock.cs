namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// A lock by key: those who want the same key get it one at a time, in order of arrival. Waiting has no time limit as long as the holders
/// come to an end. When a holder finds the store hanging, all who wait fail, instead of each waiting out a timeout of its own.
/// </summary>
internal sealed class KeyedLock
{
    private readonly Dictionary<Guid, Queue<TaskCompletionSource<bool>>?> _waiting = [];

    /// <summary>Waits for the lock, which <see cref="Leave"/> releases.</summary>
    /// <exception cref="SessionStoreException">An earlier holder found the store hanging.</exception>
    public ValueTask EnterAsync(Guid key, CancellationToken cancellationToken)
    {
        TaskCompletionSource<bool> waiter;
        lock (_waiting)
        {
            if (_waiting.TryAdd(key, null))
            {
                return ValueTask.CompletedTask;
            }

            waiter = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            (_waiting[key] ??= new Queue<TaskCompletionSource<bool>>()).Enqueue(waiter);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Gives the lock to the next who waits.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hanging">Whether the store was found hanging, so that all who wait now fail.</param>
    public void Leave(Guid key, bool hanging)
    {
        lock (_waiting)
        {
            var queue = _waiting[key];
            while (queue is { Count: > 0 })
            {
                // A waiter that was cancelled can't get the lock.
                if (queue.Dequeue().TrySetResult(!hanging) && !hanging)
                {
                    return;
                }
            }

            _waiting.Remove(key);
        }
    }

    private static async ValueTask WaitAsync(TaskCompletionSource<bool> waiter, CancellationToken cancellationToken)
    {
        bool granted;
        using (cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<bool>)state!).TrySetCanceled(token), waiter))
        {
            granted = await waiter.Task;
        }

        if (!granted)
        {
            throw new SessionStoreException("The session store did not answer an earlier call in time.");
        }
    }
}
