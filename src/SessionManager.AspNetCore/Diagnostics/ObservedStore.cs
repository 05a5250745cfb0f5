using System.Diagnostics;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>The application's store as the pipeline calls it. Calls are measured and traced while a listener is
/// registered. Otherwise, each call goes straight to <see cref="CountedStore"/> without an allocation.</summary>
internal sealed class ObservedStore(CountedStore store, SessionMetrics metrics, LiveSessions live)
    : ISessionRecordStore
{
    public string Name => store.Name;

    private bool IsObserved => metrics.ObservesStore || SessionTracing.IsObserved;

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveLoadAsync(id, cancellationToken) : store.LoadAsync(id, cancellationToken);

    public ValueTask<SessionWriteResult> WriteAsync(
        SessionWrite write, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveWriteAsync(write, cancellationToken) : store.WriteAsync(write, cancellationToken);

    /// <summary>Whether the store writes several records in one call.</summary>
    public bool WritesAll => store.WritesAll;

    /// <inheritdoc cref="ISessionBulkStore.WriteAllAsync"/>
    public async ValueTask<IReadOnlyList<SessionWriteResult>> WriteAllAsync(
        IReadOnlyList<SessionWrite> writes, CancellationToken cancellationToken)
    {
        if (!IsObserved)
        {
            return await store.WriteAllAsync(writes, cancellationToken);
        }

        var results = await MeasureAsync(
            "end",
            static call => call.store.WriteAllAsync(call.writes, call.cancellationToken),
            (store, writes, cancellationToken));
        foreach (var (write, result) in writes.Zip(results))
        {
            MarkSeen(write, result);
        }

        return results;
    }

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveTouchAsync(touch, cancellationToken) : store.TouchAsync(touch, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
        string userId, CancellationToken cancellationToken = default) =>
        IsObserved
            ? MeasureAsync(
                "find_by_user",
                static call => call.store.FindByUserAsync(call.userId, call.cancellationToken),
                (store, userId, cancellationToken))
            : store.FindByUserAsync(userId, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default) =>
        IsObserved
            ? ObserveListAsync(after, count, cancellationToken)
            : store.ListAsync(after, count, cancellationToken);

    private async ValueTask<StoredSession?> ObserveLoadAsync(Guid id, CancellationToken cancellationToken)
    {
        using var activity = SessionTracing.StartLoad(Name);
        try
        {
            var stored = await MeasureAsync(
                "load",
                static call => call.store.LoadAsync(call.id, call.cancellationToken),
                (store, id, cancellationToken));
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
            CountedStore.OperationOf(write),
            static call => call.store.WriteAsync(call.write, call.cancellationToken),
            (store, write, cancellationToken));
        MarkSeen(write, result);
        return result;
    }

    private void MarkSeen(SessionWrite write, SessionWriteResult result) =>
        live.MarkSeen(write.Id, HeaderCodec.Decode(result.IsSwapped ? write.ApplyTo(before: null) : result.Current));

    private async ValueTask<bool> ObserveTouchAsync(SessionTouch touch, CancellationToken cancellationToken)
    {
        var touched = await MeasureAsync(
            "touch",
            static call => call.store.TouchAsync(call.touch, call.cancellationToken),
            (store, touch, cancellationToken));
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
            static call => call.store.ListAsync(call.after, call.count, call.cancellationToken),
            (store, after, count, cancellationToken));
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
