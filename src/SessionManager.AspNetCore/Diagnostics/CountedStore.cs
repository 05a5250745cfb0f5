using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>The application's store, whose failures are logged as outages. A call that a request waits for counts
/// against the budget of the request. Without a wait and an outage, each call goes straight to the store without an
/// allocation.</summary>
internal sealed class CountedStore(
    ISessionRecordStore store, StoreFeatures features, OutageLog outages, IOptions<SessionManagerOptions> options)
    : ISessionRecordStore
{
    // A call that is bounded by the store itself is left to the store, which knows of a write on its way.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(20);

    // Over a store that never waits, no call looks for the budget of its request.
    private volatile bool _hasWaited;

    public string Name => store.Name;

    /// <summary>Whether the store writes several records in one call.</summary>
    public bool WritesAll => features.Bulk is not null;

    /// <summary>The name of a write in logs and metrics.</summary>
    public static string OperationOf(SessionWrite write) => write.IsTombstone ? "end" : "commit";

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) => CallAsync(
        "load",
        static call => call.store.LoadAsync(call.id, call.cancellationToken),
        (store, id, cancellationToken));

    public ValueTask<SessionWriteResult> WriteAsync(
        SessionWrite write, CancellationToken cancellationToken = default) =>
        CallAsync(
            OperationOf(write),
            static call => call.store.WriteAsync(call.write, call.cancellationToken),
            (store, write, cancellationToken));

    public ValueTask<IReadOnlyList<SessionWriteResult>> WriteAllAsync(
        IReadOnlyList<SessionWrite> writes, CancellationToken cancellationToken = default) =>
        CallAsync(
            "end",
            static call => call.Bulk!.WriteAllAsync(call.writes, call.cancellationToken),
            (features.Bulk, writes, cancellationToken));

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) => CallAsync(
        "touch",
        static call => call.store.TouchAsync(call.touch, call.cancellationToken),
        (store, touch, cancellationToken));

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
        string userId, CancellationToken cancellationToken = default) =>
        CallAsync(
            "find_by_user",
            static call => call.store.FindByUserAsync(call.userId, call.cancellationToken),
            (store, userId, cancellationToken));

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default) =>
        CallAsync(
            "list",
            static call => call.store.ListAsync(call.after, call.count, call.cancellationToken),
            (store, after, count, cancellationToken));

    private ValueTask<TResult> CallAsync<TCall, TResult>(
        string operation, Func<TCall, ValueTask<TResult>> run, TCall call)
    {
        if (_hasWaited)
        {
            StoreBudget.Known()?.ThrowIfSpent();
        }

        var number = outages.Number;
        ValueTask<TResult> calling;
        try
        {
            calling = run(call);
        }
        catch (Exception exception)
        {
            outages.Failed(operation, exception, number);
            throw;
        }

        if (calling.IsCompletedSuccessfully)
        {
            outages.Succeeded(operation);
            return calling;
        }

        var budget = StoreBudget.OfRequest(options.Value.IOTimeout);
        _hasWaited |= budget is not null;
        return budget is null && !outages.IsOpen ? calling : AwaitAsync(calling, budget, operation, number);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<TResult> AwaitAsync<TResult>(
        ValueTask<TResult> calling, StoreBudget? budget, string operation, int number)
    {
        budget?.Begin();
        try
        {
            var result = budget?.Limit() < options.Value.IOTimeout
                ? await BoundAsync(calling.AsTask(), budget)
                : await calling;
            outages.Succeeded(operation);
            return result;
        }
        catch (Exception exception)
        {
            outages.Failed(operation, exception, number);
            throw;
        }
        finally
        {
            budget?.End();
        }
    }

    // Each call ends within the timeout by itself, so only the last calls of a budget are bounded here.
    private static async Task<TResult> BoundAsync<TResult>(Task<TResult> calling, StoreBudget budget)
    {
        await ((Task)calling).WaitAsync(budget.Limit() + Grace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (calling.IsCompleted)
        {
            return await calling;
        }

        _ = calling.ContinueWith(
            static ended => ended.Exception,
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
        throw budget.Spend();
    }
}
