namespace SessionManager.AspNetCore.Storage;

/// <summary>
/// A lock by key. Callers that want the same key enter one at a time, in order of arrival. A wait counts as waiting for
/// the store, and is bounded by the budget of its request. Outside of a request, waiting has no time limit of its own.
/// When a holder finds that the store hangs, all waiting callers fail together, instead of each waiting for a timeout
/// of its own.
/// </summary>
/// <typeparam name="TState">The state that a holder passes to the next caller.</typeparam>
internal sealed class KeyedLock<TState>
    where TState : class
{
    private readonly Dictionary<Guid, Queue<Waiter>?> _keys = [];

    /// <summary>Waits for the lock of a key. <see cref="Leave(Guid, bool)"/> releases the lock.</summary>
    /// <returns>The state that the last holder passed on; <see langword="null"/> when there is none, or when the lock
    /// was free.</returns>
    /// <exception cref="SessionStoreException">An earlier holder found that the store hangs, or the request has waited
    /// too long for the store.</exception>
    public ValueTask<TState?> EnterAsync(Guid key, CancellationToken cancellationToken)
    {
        lock (_keys)
        {
            if (_keys.TryAdd(key, null))
            {
                return default;
            }
        }

        var waiter = new Waiter(StoreBudget.OfRequest(timeout: null));
        lock (_keys)
        {
            if (_keys.TryAdd(key, null))
            {
                return default;
            }

            waiter.Budget?.Begin();
            (_keys[key] ??= new Queue<Waiter>()).Enqueue(waiter);
        }

        return WaitAsync(waiter, cancellationToken);
    }

    /// <summary>Gives the lock to the next waiting caller, without any state.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hanging">Whether the store hangs, so that all waiting callers fail.</param>
    public void Leave(Guid key, bool hanging) => Leave(key, hanging, this, static _ => null);

    /// <summary>Gives the lock to the next waiting caller.</summary>
    /// <param name="key">The key.</param>
    /// <param name="hanging">Whether the store hangs, so that all waiting callers fail.</param>
    /// <param name="argument">The argument of <paramref name="createState"/>.</param>
    /// <param name="createState">Creates the state for the next caller. It is called only when a caller waits.</param>
    public void Leave<TArgument>(Guid key, bool hanging, TArgument argument, Func<TArgument, TState?> createState)
    {
        lock (_keys)
        {
            var queue = _keys[key];
            while (queue is { Count: > 0 })
            {
                // A cancelled waiter can't get the lock.
                if (queue.Dequeue().TrySetResult((!hanging, hanging ? null : createState(argument))) && !hanging)
                {
                    MoveOn(queue);
                    return;
                }
            }

            _keys.Remove(key);
        }
    }

    private static void MoveOn(Queue<Waiter> queue)
    {
        foreach (var waiter in queue)
        {
            waiter.Budget?.MoveOn();
        }
    }

    private static async ValueTask<TState?> WaitAsync(Waiter waiter, CancellationToken cancellationToken)
    {
        try
        {
            using (cancellationToken.UnsafeRegister(
                static (state, token) => ((Waiter)state!).TrySetCanceled(token), waiter))
            {
                if (waiter.Budget is { } budget)
                {
                    await WaitAsync(waiter, budget);
                }

                var (isGranted, state) = await waiter.Task;
                return isGranted
                    ? state
                    : throw new SessionStoreException("The session store did not answer an earlier call in time.");
            }
        }
        finally
        {
            waiter.Budget?.End();
        }
    }

    // While the queue moves on, the limit is put off.
    private static async Task WaitAsync(Waiter waiter, StoreBudget budget)
    {
        TimeSpan limit;
        while (!waiter.Task.IsCompleted && (limit = budget.Limit()) > TimeSpan.Zero)
        {
            await ((Task)waiter.Task).WaitAsync(limit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // Once cancelled, the waiter can't get the lock.
        if (waiter.TrySetCanceled(CancellationToken.None))
        {
            throw budget.Spend();
        }
    }

    private sealed class Waiter(StoreBudget? budget) : TaskCompletionSource<(bool IsGranted, TState? State)>(
        TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public StoreBudget? Budget => budget;
    }
}
