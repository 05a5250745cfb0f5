using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>The application's store as the pipeline calls it. A call that a request waits for counts against the budget
/// of the request. Failures are logged as outages. Calls are measured and traced while a listener is registered.
/// Without a listener, a request and an outage, each call goes straight to the store without an allocation.</summary>
internal sealed class ObservedStore(
    ISessionRecordStore store,
    SessionMetrics metrics,
    LiveSessions live,
    OutageLog outages,
    IOptions<SessionManagerOptions> options)
    : ISessionRecordStore
{
    // A call that is bounded by the store itself is left to the store, which knows of a write on its way.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(20);

    // Over a store that never waits, no call looks for the budget of its request.
    private volatile bool _hasWaited;

    public string Name => store.Name;

    private bool IsObserved => metrics.ObservesStore || SessionTracing.IsObserved;

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveLoadAsync(id, cancellationToken) : CallLoadAsync(id, cancellationToken);

    public ValueTask<SessionWriteResult> WriteAsync(
        SessionWrite write, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveWriteAsync(write, cancellationToken) : CallWriteAsync(write, cancellationToken);

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveTouchAsync(touch, cancellationToken) : CallTouchAsync(touch, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
        string userId, CancellationToken cancellationToken = default) =>
        IsObserved
            ? MeasureAsync(
                "find_by_user",
                static call => call.store.CallFindAsync(call.userId, call.cancellationToken),
                (store: this, userId, cancellationToken))
            : CallFindAsync(userId, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default) =>
        IsObserved
            ? ObserveListAsync(after, count, cancellationToken)
            : CallListAsync(after, count, cancellationToken);

    private ValueTask<StoredSession?> CallLoadAsync(Guid id, CancellationToken cancellationToken) => CallAsync(
        "load",
        static call => call.store.LoadAsync(call.id, call.cancellationToken),
        (store, id, cancellationToken));

    private ValueTask<SessionWriteResult> CallWriteAsync(SessionWrite write, CancellationToken cancellationToken) =>
        CallAsync(
            OperationOf(write),
            static call => call.store.WriteAsync(call.write, call.cancellationToken),
            (store, write, cancellationToken));

    private ValueTask<bool> CallTouchAsync(SessionTouch touch, CancellationToken cancellationToken) => CallAsync(
        "touch",
        static call => call.store.TouchAsync(call.touch, call.cancellationToken),
        (store, touch, cancellationToken));

    private ValueTask<IReadOnlyList<StoredSession>> CallFindAsync(
        string userId, CancellationToken cancellationToken) =>
        CallAsync(
            "find_by_user",
            static call => call.store.FindByUserAsync(call.userId, call.cancellationToken),
            (store, userId, cancellationToken));

    private ValueTask<IReadOnlyList<StoredSession>> CallListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken) =>
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

    private static string OperationOf(SessionWrite write) => write.IsTombstone ? "end" : "commit";

    private async ValueTask<StoredSession?> ObserveLoadAsync(Guid id, CancellationToken cancellationToken)
    {
        using var activity = SessionTracing.StartLoad(Name);
        try
        {
            var stored = await MeasureAsync(
                "load",
                static call => call.store.CallLoadAsync(call.id, call.cancellationToken),
                (store: this, id, cancellationToken));
            var found = HeaderCodec.Decode(stored);
            SessionTracing.Loaded(activity, found);
            live.MarkSeen(id, found);
            return stored;
        }
        catch (Exception exception)
        {
            SessionTracing.Failed(activity, exception);
            throw;
        }
    }

    private async ValueTask<SessionWriteResult> ObserveWriteAsync(
        SessionWrite write, CancellationToken cancellationToken)
    {
        var result = await MeasureAsync(
            OperationOf(write),
            static call => call.store.CallWriteAsync(call.write, call.cancellationToken),
            (store: this, write, cancellationToken));
        live.MarkSeen(write.Id, HeaderCodec.Decode(result.IsSwapped ? write.ApplyTo(before: null) : result.Current));
        return result;
    }

    private async ValueTask<bool> ObserveTouchAsync(SessionTouch touch, CancellationToken cancellationToken)
    {
        var touched = await MeasureAsync(
            "touch",
            static call => call.store.CallTouchAsync(call.touch, call.cancellationToken),
            (store: this, touch, cancellationToken));
        if (touched)
        {
            live.MarkSeen(touch.Id, touch.LastSeenAt);
        }

        return touched;
    }

    private async ValueTask<IReadOnlyList<StoredSession>> ObserveListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken)
    {
        var page = await MeasureAsync(
            "list",
            static call => call.store.CallListAsync(call.after, call.count, call.cancellationToken),
            (store: this, after, count, cancellationToken));
        foreach (var stored in page)
        {
            live.MarkSeen(stored.Id, HeaderCodec.Decode(stored));
        }

        return page;
    }

    // A closure would be allocated even without a listener.
    private async ValueTask<TResult> MeasureAsync<TCall, TResult>(
        string operation, Func<TCall, ValueTask<TResult>> run, TCall call)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            var result = await run(call);
            metrics.StoreOperation(operation, Name, Stopwatch.GetElapsedTime(started), error: null);
            return result;
        }
        catch (Exception exception)
        {
            metrics.StoreOperation(operation, Name, Stopwatch.GetElapsedTime(started), exception);
            throw;
        }
    }
}
