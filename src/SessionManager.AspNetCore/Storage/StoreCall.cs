using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace SessionManager.AspNetCore.Storage;

/// <summary>
/// Bounds calls to a store by the I/O timeout and turns their faults into <see cref="SessionStoreException"/>. A call that returns its task
/// is bounded whether the store honours cancellation or not. A call that blocks before it returns its task is bounded if the store honours
/// cancellation: nothing else ends it.
/// </summary>
/// <param name="timeout">How long one call may take.</param>
/// <param name="storeName">The store's name, for messages.</param>
/// <param name="abandoned">Told of a call that was given up on before it ended.</param>
public sealed class StoreCall(TimeSpan timeout, string storeName, Action<Guid, Task>? abandoned = null)
{
    /// <summary>Runs one call.</summary>
    /// <param name="call">The call; it gets a token that is cancelled at the timeout.</param>
    /// <param name="state">What the call needs.</param>
    /// <param name="id">The session, so that its key can be kept out of the message.</param>
    /// <param name="cancellationToken">The caller's own; its cancellation is not a fault of the store.</param>
    public ValueTask<T> RunAsync<TState, T>(Func<TState, CancellationToken, Task<T>> call, TState state, Guid id, CancellationToken cancellationToken)
    {
        var task = (Task<T>)Start(call, state, id, out var abort, out var left, cancellationToken);
        return abort is null ? new ValueTask<T>(task.Result) : AwaitAsync(task, recover: null, abort, left, id, cancellationToken);
    }

    /// <summary>Waits for a call that has been started, and can't be told to stop.</summary>
    /// <param name="task">The call.</param>
    /// <param name="recover">What to wait for instead of a call that failed, as long again; <see langword="null"/>: nothing, it has failed.</param>
    /// <param name="id">The session, so that its key can be kept out of the message.</param>
    /// <param name="cancellationToken">The caller's own; its cancellation is not a fault of the store.</param>
    public ValueTask<T> WaitAsync<T>(Task<T> task, Func<Exception, ValueTask<T>?> recover, Guid id, CancellationToken cancellationToken) =>
        AwaitAsync(task, recover, abort: null, timeout, id, cancellationToken);

    /// <inheritdoc cref="RunAsync{TState, T}"/>
    public ValueTask RunAsync<TState>(Func<TState, CancellationToken, Task> call, TState state, Guid id, CancellationToken cancellationToken)
    {
        var task = Start(call, state, id, out var abort, out var left, cancellationToken);
        return abort is null ? ValueTask.CompletedTask : AwaitAsync(task, abort, left, id, cancellationToken);
    }

    /// <summary>The exception to throw for one of the medium's, with a text that may be logged.</summary>
    /// <param name="exception">What the medium threw.</param>
    /// <param name="id">The session, so that its key can be kept out of the message.</param>
    public SessionStoreException Failed(Exception exception, Guid id)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return new SessionStoreException($"The session store '{storeName}' failed: {StoreFault.Describe(exception, id)}")
        {
            // The store's own clock may be faster than ours.
            IsTimeout = exception is TimeoutException,
        };
    }

    // Gives out no abort source when the call has completed well, and else how much of the timeout is left.
    private Task Start<TState>(
        Func<TState, CancellationToken, Task> call,
        TState state,
        Guid id,
        out CancellationTokenSource? abort,
        out TimeSpan left,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        // Armed before the call, which may block before it returns its task.
        var source = new CancellationTokenSource(timeout);
        (abort, left) = (source, timeout);
        try
        {
            var task = call(state, source.Token);
            if (task.IsCompletedSuccessfully)
            {
                source.Dispose();
                abort = null;
                return task;
            }

            // From here on the wait bounds the call. It alone tells a call that ended from one that was given up on.
            source.CancelAfter(Timeout.InfiniteTimeSpan);
            var elapsed = Stopwatch.GetElapsedTime(started);
            left = elapsed < timeout && !source.IsCancellationRequested ? timeout - elapsed : TimeSpan.Zero;
            return task;
        }
        catch (Exception exception)
        {
            source.Dispose();
            if (IsOwn(exception, cancellationToken))
            {
                throw;
            }

            throw Explain(exception, hasEnded: true, source, id);
        }
    }

    // One state machine for each call that waits, and not one around the other. They are pooled, here and in the others that a request
    // waits in: with a store over the network 4 % more requests.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T> AwaitAsync<T>(
        Task<T> task, Func<Exception, ValueTask<T>?>? recover, CancellationTokenSource? abort, TimeSpan left, Guid id, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                try
                {
                    return await task.WaitAsync(left, cancellationToken);
                }
                catch (Exception exception) when (!IsOwn(exception, cancellationToken))
                {
                    task = (task.IsFaulted ? recover?.Invoke(exception)?.AsTask() : null) ?? throw Explain(exception, task.IsCompleted, abort, id);
                    left = timeout;
                }
            }
        }
        finally
        {
            Leave(task, abort, id);
        }
    }

    private async ValueTask AwaitAsync(Task task, CancellationTokenSource abort, TimeSpan left, Guid id, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(left, cancellationToken);
        }
        catch (Exception exception) when (!IsOwn(exception, cancellationToken))
        {
            throw Explain(exception, task.IsCompleted, abort, id);
        }
        finally
        {
            Leave(task, abort, id);
        }
    }

    private static bool IsOwn(Exception exception, CancellationToken cancellationToken) =>
        exception is OperationCanceledException && cancellationToken.IsCancellationRequested;

    // A call that fails after its abort was asked for fails because of it, whatever it throws then.
    private SessionStoreException Explain(Exception exception, bool hasEnded, CancellationTokenSource? abort, Guid id) =>
        abort is { IsCancellationRequested: true } || (exception is TimeoutException && !hasEnded)
            ? new SessionStoreException(string.Create(
                CultureInfo.InvariantCulture,
                $"The session store '{storeName}' did not answer within {timeout.TotalSeconds:0.###} s. Check it, or raise {nameof(SessionManagerOptions.IOTimeout)}."))
            {
                IsTimeout = true,
            }
            : Failed(exception, id);

    private void Leave(Task task, CancellationTokenSource? abort, Guid id)
    {
        if (task.IsCompleted)
        {
            abort?.Dispose();
            return;
        }

        abandoned?.Invoke(id, task);
        _ = task.ContinueWith(
            static (ended, _) => ended.Exception,
            null,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        // A store may run anything in its cancellation callbacks: not on this request's time.
        _ = abort?.CancelAsync();
    }
}
