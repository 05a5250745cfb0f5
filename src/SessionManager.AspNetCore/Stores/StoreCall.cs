using System.Globalization;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Bounds calls to a store by the I/O timeout, whether the store honours cancellation or not, and turns its faults into
/// <see cref="SessionStoreException"/>. Calls that complete at once cost no timer.
/// </summary>
/// <param name="timeout">How long one call may take.</param>
/// <param name="storeName">The store's name, for messages.</param>
/// <param name="abandoned">Told of a call that was given up on before it ended.</param>
internal sealed class StoreCall(TimeSpan timeout, string storeName, Action<Guid, Task>? abandoned = null)
{
    /// <summary>Runs one call.</summary>
    /// <param name="call">The call; it gets a token that is cancelled at the timeout.</param>
    /// <param name="state">What the call needs.</param>
    /// <param name="id">The session, so that its key can be kept out of the message.</param>
    /// <param name="cancellationToken">The caller's own; its cancellation is not a fault of the store.</param>
    public ValueTask<T> RunAsync<TState, T>(Func<TState, CancellationToken, Task<T>> call, TState state, Guid id, CancellationToken cancellationToken)
    {
        var task = (Task<T>)Start(call, state, id, out var abort, cancellationToken);
        return task.IsCompletedSuccessfully ? new ValueTask<T>(task.Result) : AwaitResultAsync(task, abort, id, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync{TState, T}"/>
    public ValueTask RunAsync<TState>(Func<TState, CancellationToken, Task> call, TState state, Guid id, CancellationToken cancellationToken)
    {
        var task = Start(call, state, id, out var abort, cancellationToken);
        return task.IsCompletedSuccessfully ? ValueTask.CompletedTask : AwaitAsync(task, abort, id, cancellationToken);
    }

    public SessionStoreException Failed(Exception exception, Guid id) =>
        new($"The session store '{storeName}' failed: {StoreFault.Describe(exception, id)}")
        {
            // The store's own clock may be faster than ours.
            IsTimeout = exception is TimeoutException,
        };

    private Task Start<TState>(
        Func<TState, CancellationToken, Task> call, TState state, Guid id, out CancellationTokenSource abort, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        abort = new CancellationTokenSource();
        try
        {
            return call(state, abort.Token);
        }
        catch (Exception exception)
        {
            throw Failed(exception, id);
        }
    }

    private async ValueTask<T> AwaitResultAsync<T>(Task<T> task, CancellationTokenSource abort, Guid id, CancellationToken cancellationToken)
    {
        await AwaitAsync(task, abort, id, cancellationToken);
        return await task;
    }

    private async ValueTask AwaitAsync(Task task, CancellationTokenSource abort, Guid id, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(timeout, cancellationToken);
        }
#pragma warning disable MA0054 // The cause is this class's own clock; its exception says nothing more.
        catch (TimeoutException) when (!task.IsCompleted)
        {
            throw new SessionStoreException(string.Create(
                CultureInfo.InvariantCulture,
                $"The session store '{storeName}' did not answer within {timeout.TotalSeconds:0.###} s. Check it, or raise {nameof(SessionManagerOptions.IOTimeout)}."))
            {
                IsTimeout = true,
            };
        }
#pragma warning restore MA0054
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception exception)
        {
            throw Failed(exception, id);
        }
        finally
        {
            if (task.IsCompleted)
            {
                abort.Dispose();
            }
            else
            {
                Abandon(id, task, abort);
            }
        }
    }

    private void Abandon(Guid id, Task task, CancellationTokenSource abort)
    {
        abandoned?.Invoke(id, task);
        _ = task.ContinueWith(
            static (ended, _) => ended.Exception,
            null,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        // A store may run anything in its cancellation callbacks: not on this request's time.
        _ = abort.CancelAsync();
    }
}
