using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace SessionManager.AspNetCore.Storage;

/// <summary>
/// Bounds calls to a store by the I/O timeout and turns their faults into <see cref="SessionStoreException"/>. A call
/// that returns its task is bounded even if the store ignores cancellation. A call that blocks before it returns its
/// task is bounded only if the store honours cancellation. All calls that a request waits for are bounded by two I/O
/// timeouts altogether.
/// </summary>
/// <param name="timeout">How long one call may take.</param>
/// <param name="storeName">The store's name, for messages.</param>
/// <param name="abandoned">Called for each call that has not ended by the timeout.</param>
public sealed class StoreCall(TimeSpan timeout, string storeName, Action<Guid, Task>? abandoned = null)
{
    /// <summary>Runs one call.</summary>
    /// <param name="call">The call, which gets a token that is cancelled at the timeout.</param>
    /// <param name="state">The state that the call gets.</param>
    /// <param name="id">The session, whose key is kept out of the message; <see cref="Guid.Empty"/> for a call that
    /// concerns no single session.</param>
    /// <param name="cancellationToken">The caller's token. Its cancellation is not a fault of the store.</param>
    /// <returns>The result of the call.</returns>
    public ValueTask<T> RunAsync<TState, T>(
        Func<TState, CancellationToken, Task<T>> call, TState state, Guid id, CancellationToken cancellationToken)
    {
        var task = (Task<T>)Start(call, state, id, out var abort, out var left, out var budget, cancellationToken);
        return abort is null
            ? new ValueTask<T>(task.Result)
            : AwaitAsync(task, recover: null, abort, left, budget, id, cancellationToken);
    }

    /// <summary>Waits for a started call that can't be cancelled.</summary>
    /// <param name="task">The call.</param>
    /// <param name="recover">Returns another call to wait for after a failure, for as long again;
    /// <see langword="null"/> when the call has failed.</param>
    /// <param name="id">The session, whose key is kept out of the message.</param>
    /// <param name="cancellationToken">The caller's token. Its cancellation is not a fault of the store.</param>
    /// <returns>The result of the call.</returns>
    public ValueTask<T> WaitAsync<T>(
        Task<T> task, Func<Exception, ValueTask<T>?> recover, Guid id, CancellationToken cancellationToken)
    {
        var budget = StoreBudget.OfRequest(timeout);
        budget?.Begin();
        return AwaitAsync(task, recover, abort: null, timeout, budget, id, cancellationToken);
    }

    /// <inheritdoc cref="RunAsync{TState, T}"/>
    public ValueTask RunAsync<TState>(
        Func<TState, CancellationToken, Task> call, TState state, Guid id, CancellationToken cancellationToken)
    {
        var task = Start(call, state, id, out var abort, out var left, out var budget, cancellationToken);
        return abort is null
            ? ValueTask.CompletedTask
            : AwaitAsync(task, abort, left, budget, id, cancellationToken);
    }

    /// <summary>Creates the exception to throw for an exception of the medium. Its message may be logged.</summary>
    /// <param name="exception">The exception of the medium.</param>
    /// <param name="id">The session, whose key is kept out of the message.</param>
    /// <returns>The exception to throw.</returns>
    public SessionStoreException Failed(Exception exception, Guid id)
    {
        ArgumentNullException.ThrowIfNull(exception);
        return new SessionStoreException(
            $"The session store '{storeName}' failed: {StoreFault.Describe(exception, id)}")
        {
            // The store's own clock may be faster than ours.
            IsTimeout = exception is TimeoutException,
        };
    }

    // Gives out no abort source when the call has completed well, and else how much of the timeout is left. A budget
    // that is given out has a wait that began.
    private Task Start<TState>(
        Func<TState, CancellationToken, Task> call,
        TState state,
        Guid id,
        out CancellationTokenSource? abort,
        out TimeSpan left,
        out StoreBudget? budget,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var started = Stopwatch.GetTimestamp();
        budget = StoreBudget.Known();
        budget?.ThrowIfSpent();
        budget?.Begin(started);
        left = timeout;
        var limit = budget?.Limit(timeout) ?? timeout;
        // Armed before the call, which may block before it returns its task.
        var source = new CancellationTokenSource(limit);
        abort = source;
        try
        {
            var task = call(state, source.Token);
            var elapsed = Stopwatch.GetElapsedTime(started);
            if (task.IsCompletedSuccessfully)
            {
                source.Dispose();
                abort = null;
                EndBlocked(budget, started, elapsed);
                return task;
            }

            // From here on the wait bounds the call. It alone tells a call that ended from one that was given up on.
            source.CancelAfter(Timeout.InfiniteTimeSpan);
            left = elapsed < timeout && !(source.IsCancellationRequested && limit == timeout)
                ? timeout - elapsed
                : TimeSpan.Zero;
            if (budget is null)
            {
                budget = StoreBudget.OfRequest(timeout);
                budget?.Begin(started);
            }

            return task;
        }
        catch (Exception exception)
        {
            source.Dispose();
            budget?.End();
            if (IsOwn(exception, cancellationToken))
            {
                throw;
            }

            throw Explain(exception, hasEnded: true, source, limit < timeout ? budget : null, id);
        }
    }

    // A call that blocked has waited too.
    private void EndBlocked(StoreBudget? budget, long started, TimeSpan elapsed)
    {
        if (budget is null && elapsed > timeout / StoreBudget.QuickPart)
        {
            budget = StoreBudget.OfRequest(timeout);
            budget?.Begin(started);
        }

        budget?.End();
    }

    // One state machine for each call that waits, and not one around the other. They are pooled, here and in the others
    // that a request waits in: with a store over the network 4 % more requests.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<T> AwaitAsync<T>(
        Task<T> task,
        Func<Exception, ValueTask<T>?>? recover,
        CancellationTokenSource? abort,
        TimeSpan left,
        StoreBudget? budget,
        Guid id,
        CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var limit = budget?.Limit(left) ?? left;
                try
                {
                    return await task.WaitAsync(limit, cancellationToken);
                }
                catch (Exception exception) when (!IsOwn(exception, cancellationToken))
                {
                    task = (task.IsFaulted ? recover?.Invoke(exception)?.AsTask() : null)
                        ?? throw Explain(exception, task.IsCompleted, abort, limit < left ? budget : null, id);
                    left = timeout;
                }
            }
        }
        finally
        {
            budget?.End();
            Leave(task, abort, id);
        }
    }

    private async ValueTask AwaitAsync(
        Task task,
        CancellationTokenSource abort,
        TimeSpan left,
        StoreBudget? budget,
        Guid id,
        CancellationToken cancellationToken)
    {
        var limit = budget?.Limit(left) ?? left;
        try
        {
            await task.WaitAsync(limit, cancellationToken);
        }
        catch (Exception exception) when (!IsOwn(exception, cancellationToken))
        {
            throw Explain(exception, task.IsCompleted, abort, limit < left ? budget : null, id);
        }
        finally
        {
            budget?.End();
            Leave(task, abort, id);
        }
    }

    private static bool IsOwn(Exception exception, CancellationToken cancellationToken) =>
        exception is OperationCanceledException && cancellationToken.IsCancellationRequested;

    // A call that fails after its abort was asked for fails because of it, whatever it throws then. A budget that is
    // given had less left than the timeout.
    private SessionStoreException Explain(
        Exception exception, bool hasEnded, CancellationTokenSource? abort, StoreBudget? budget, Guid id) =>
        abort is not { IsCancellationRequested: true } && (exception is not TimeoutException || hasEnded)
            ? Failed(exception, id)
            : budget is not null
            ? budget.Spend()
            : new SessionStoreException(string.Create(
                CultureInfo.InvariantCulture,
                $"The session store '{storeName}' did not answer within {timeout.TotalSeconds:0.###} s. Check the "
                + $"store, or raise {nameof(SessionManagerOptions.IOTimeout)}."))
            {
                IsTimeout = true,
            };

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
