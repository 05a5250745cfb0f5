using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>The application's store as the pipeline calls it: measured and traced while somebody listens. Otherwise each call is the
/// store's own, with nothing added and nothing allocated.</summary>
internal sealed class ObservedStore(ISessionRecords store, SessionMetrics metrics, LiveSessions live) : ISessionRecords
{
    public string Name => store.Name;

    private bool IsObserved => metrics.ObservesStore || SessionTracing.IsObserved;

    public ValueTask<SessionLookup> LoadAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveLoadAsync(id, touch, cancellationToken) : store.LoadAsync(id, touch, cancellationToken);

    public ValueTask<bool> TouchAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveTouchAsync(id, touch, cancellationToken) : store.TouchAsync(id, touch, cancellationToken);

    public ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveCommitAsync(commit, cancellationToken) : store.CommitAsync(commit, cancellationToken);

    public ValueTask<bool> EndAsync(Guid id, SessionEndReason reason, string? onlyOfUser = null, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveEndAsync(id, reason, onlyOfUser, cancellationToken) : store.EndAsync(id, reason, onlyOfUser, cancellationToken);

    public ValueTask<bool> EndExpiredAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveEndExpiredAsync(id, now, cancellationToken) : store.EndExpiredAsync(id, now, cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>?> AdmitAsync(string userId, SessionMember member, int? limit, CancellationToken cancellationToken = default) =>
        IsObserved
            ? MeasureAsync("admit", static call => call.store.AdmitAsync(call.userId, call.member, call.limit, call.cancellationToken), (store, userId, member, limit, cancellationToken))
            : store.AdmitAsync(userId, member, limit, cancellationToken);

    public ValueTask DismissAsync(string userId, SessionMember member, CancellationToken cancellationToken = default) =>
        IsObserved
            ? MeasureAsync("dismiss", static call => call.store.DismissAsync(call.userId, call.member, call.cancellationToken), (store, userId, member, cancellationToken))
            : store.DismissAsync(userId, member, cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>> FindMembersAsync(string userId, CancellationToken cancellationToken = default) =>
        IsObserved
            ? MeasureAsync("find_members", static call => call.store.FindMembersAsync(call.userId, call.cancellationToken), (store, userId, cancellationToken))
            : store.FindMembersAsync(userId, cancellationToken);

    public ValueTask RevokeUnlistedAsync(string userId, Guid? exceptId, CancellationToken cancellationToken = default) =>
        IsObserved
            ? MeasureAsync("revoke_unlisted", static call => call.store.RevokeUnlistedAsync(call.userId, call.exceptId, call.cancellationToken), (store, userId, exceptId, cancellationToken))
            : store.RevokeUnlistedAsync(userId, exceptId, cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>> FindOwnedAsync(string ownerId, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        IsObserved
            ? MeasureAsync("find_owned", static call => call.store.FindOwnedAsync(call.ownerId, call.now, call.cancellationToken), (store, ownerId, now, cancellationToken))
            : store.FindOwnedAsync(ownerId, now, cancellationToken);

    public ValueTask<bool> EndOwnedAsync(Guid id, SessionEndReason reason, string ownerId, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveEndOwnedAsync(id, reason, ownerId, cancellationToken) : store.EndOwnedAsync(id, reason, ownerId, cancellationToken);

    public ValueTask EraseUnlistedAsync(string ownerId, CancellationToken cancellationToken = default) =>
        IsObserved
            ? MeasureAsync("erase_unlisted", static call => call.store.EraseUnlistedAsync(call.ownerId, call.cancellationToken), (store, ownerId, cancellationToken))
            : store.EraseUnlistedAsync(ownerId, cancellationToken);

    public IAsyncEnumerable<SessionRecord> ListAsync(DateTimeOffset now, SessionMember? after = null, CancellationToken cancellationToken = default) =>
        IsObserved ? ObserveListAsync(now, after, cancellationToken) : store.ListAsync(now, after, cancellationToken);

    public IEnumerable<Guid>? ListExpired(DateTimeOffset now) => store.ListExpired(now);

    public (int Anonymous, int SignedIn)? CountLive(DateTimeOffset now) => live.Count(now);

    public ValueTask ProbeAsync(CancellationToken cancellationToken = default) =>
        IsObserved
            ? MeasureAsync("probe", static call => call.store.ProbeAsync(call.cancellationToken), (store, cancellationToken))
            : store.ProbeAsync(cancellationToken);

    private async ValueTask<SessionLookup> ObserveLoadAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken)
    {
        using var activity = SessionTracing.StartLoad(Name);
        var started = Stopwatch.GetTimestamp();
        try
        {
            var found = await store.LoadAsync(id, touch, cancellationToken);
            metrics.StoreOperation("load", Name, Stopwatch.GetElapsedTime(started), error: null);
            SessionTracing.Loaded(activity, found);
            if (found is { Record: { } record, EndReason: null })
            {
                live.Saw(record);
            }
            else
            {
                live.Forget(id);
            }

            return found;
        }
        catch (Exception exception)
        {
            metrics.StoreOperation("load", Name, Stopwatch.GetElapsedTime(started), exception);
            SessionTracing.Failed(activity, exception);
            throw;
        }
    }

    private async ValueTask<SessionCommitResult> ObserveCommitAsync(SessionCommit commit, CancellationToken cancellationToken)
    {
        using var activity = SessionTracing.StartCommit(commit, Name);
        var started = Stopwatch.GetTimestamp();
        try
        {
            var result = await store.CommitAsync(commit, cancellationToken);
            metrics.StoreOperation("commit", Name, Stopwatch.GetElapsedTime(started), error: null);
            Committed(OutcomeOf(result.Outcome));
            if (result.Outcome == SessionCommitOutcome.Committed)
            {
                live.Saw(commit);
            }
            else if (result.Outcome == SessionCommitOutcome.Gone)
            {
                live.Forget(commit.Id);
            }

            return result;
        }
        catch (Exception exception)
        {
            metrics.StoreOperation("commit", Name, Stopwatch.GetElapsedTime(started), exception);
            Committed(SessionMetrics.OutcomeOf(exception));
            SessionTracing.Failed(activity, exception);
            throw;
        }

        void Committed(string outcome)
        {
            metrics.Committed(outcome);
            SessionTracing.Committed(activity, outcome);
        }
    }

    private async ValueTask<bool> ObserveTouchAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken)
    {
        var touched = await MeasureAsync(
            "touch", static call => call.store.TouchAsync(call.id, call.touch, call.cancellationToken), (store, id, touch, cancellationToken));
        if (touched)
        {
            live.Saw(id, touch.Now);
        }

        return touched;
    }

    private async ValueTask<bool> ObserveEndAsync(Guid id, SessionEndReason reason, string? onlyOfUser, CancellationToken cancellationToken)
    {
        var ended = await MeasureAsync(
            "end", static call => call.store.EndAsync(call.id, call.reason, call.onlyOfUser, call.cancellationToken), (store, id, reason, onlyOfUser, cancellationToken));
        if (ended)
        {
            live.Forget(id);
        }

        return ended;
    }

    private async ValueTask<bool> ObserveEndExpiredAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var ended = await MeasureAsync(
            "end", static call => call.store.EndExpiredAsync(call.id, call.now, call.cancellationToken), (store, id, now, cancellationToken));
        if (ended)
        {
            live.Forget(id);
        }

        return ended;
    }

    private async ValueTask<bool> ObserveEndOwnedAsync(Guid id, SessionEndReason reason, string ownerId, CancellationToken cancellationToken)
    {
        var ended = await MeasureAsync(
            "end", static call => call.store.EndOwnedAsync(call.id, call.reason, call.ownerId, call.cancellationToken), (store, id, reason, ownerId, cancellationToken));
        if (ended)
        {
            live.Forget(id);
        }

        return ended;
    }

    // The time that the store takes, without that of whoever goes through the list.
    private async IAsyncEnumerable<SessionRecord> ObserveListAsync(
        DateTimeOffset now, SessionMember? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var elapsed = TimeSpan.Zero;
        Exception? error = null;
        var records = store.ListAsync(now, after, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            while (true)
            {
                var started = Stopwatch.GetTimestamp();
                try
                {
                    if (!await records.MoveNextAsync())
                    {
                        yield break;
                    }
                }
                catch (Exception exception)
                {
                    error = exception;
                    throw;
                }
                finally
                {
                    elapsed += Stopwatch.GetElapsedTime(started);
                }

                live.Saw(records.Current);
                yield return records.Current;
            }
        }
        finally
        {
            await records.DisposeAsync();
            metrics.StoreOperation("list", Name, elapsed, error);
        }
    }

    // Not a closure: that would be allocated when nobody listens, too.
    private async ValueTask<TResult> MeasureAsync<TCall, TResult>(string operation, Func<TCall, ValueTask<TResult>> run, TCall call)
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

    private async ValueTask MeasureAsync<TCall>(string operation, Func<TCall, ValueTask> run, TCall call) => await MeasureAsync(
        operation,
        static async run =>
        {
            await run.run(run.call);
            return true;
        },
        (run, call));

    private static string OutcomeOf(SessionCommitOutcome outcome) => outcome switch
    {
        SessionCommitOutcome.Committed => "committed",
        SessionCommitOutcome.Conflict => "conflict",
        _ => "refused",
    };
}
