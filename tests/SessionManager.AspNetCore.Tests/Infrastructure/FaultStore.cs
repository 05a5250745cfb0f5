using SessionManager.AspNetCore.StoreConformance;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>
/// A store that fails on command: it passes calls on to another one, except where the test has planned a fault, and holds them
/// at gates. Faults of an operation are taken in the order they were planned, one a call.
/// </summary>
internal sealed class FaultStore(ISessionRecords inner) : ISessionRecords
{
    private readonly Lock _lock = new();
    private readonly List<PlannedStoreFault> _faults = [];
    private readonly List<StoreGate> _gates = [];
    private readonly Dictionary<StoreOperation, int> _calls = [];

    public string Name => inner.Name;

    /// <summary>Every call takes this long. Zero by default.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>How long a call that hangs goes on before it fails as a timeout, which a store owes its callers.</summary>
    public TimeSpan HangsFor { get; set; } = TimeSpan.FromMilliseconds(100);

    public int CallsOf(StoreOperation operation)
    {
        lock (_lock)
        {
            return _calls.GetValueOrDefault(operation);
        }
    }

    /// <summary>Plans a fault for the next calls of an operation, after letting some pass.</summary>
    public void Plan(StoreOperation operation, StoreFaultKind kind, int times = 1, int after = 0)
    {
        lock (_lock)
        {
            _faults.Add(new PlannedStoreFault(operation, kind) { Times = times, After = after });
        }
    }

    /// <summary>Forgets all planned faults: the store is back.</summary>
    public void Heal()
    {
        lock (_lock)
        {
            _faults.Clear();
        }
    }

    /// <summary>Holds the next call of an operation at a point.</summary>
    public Gate Hold(StoreOperation operation, StoreGatePoint point)
    {
        var gate = new StoreGate(operation, point, new Gate());
        lock (_lock)
        {
            _gates.Add(gate);
        }

        return gate.Gate;
    }

    /// <summary>Completes when the next call of an operation has been handed on to the store and either ended or waits in it. It
    /// holds nothing up.</summary>
    public Task HandedOnAsync(StoreOperation operation)
    {
        var gate = Hold(operation, StoreGatePoint.HandedOn);
        gate.Open();
        return gate.Reached;
    }

    public ValueTask<SessionLookup> LoadAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.Load, token => inner.LoadAsync(id, touch, token), cancellationToken);

    public ValueTask<bool> TouchAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.Touch, token => inner.TouchAsync(id, touch, token), cancellationToken);

    public ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.Commit, token => inner.CommitAsync(commit, token), cancellationToken);

    public ValueTask<bool> EndAsync(Guid id, SessionEndReason reason, string? onlyOfUser = null, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.End, token => inner.EndAsync(id, reason, onlyOfUser, token), cancellationToken);

    public ValueTask<bool> EndExpiredAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.End, token => inner.EndExpiredAsync(id, now, token), cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>?> AdmitAsync(string userId, SessionMember member, int? limit, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.Admit, token => inner.AdmitAsync(userId, member, limit, token), cancellationToken);

    public async ValueTask DismissAsync(string userId, SessionMember member, CancellationToken cancellationToken = default) => await RunAsync(
        StoreOperation.Dismiss,
        async token =>
        {
            await inner.DismissAsync(userId, member, token);
            return true;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>> FindMembersAsync(string userId, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.FindMembers, token => inner.FindMembersAsync(userId, token), cancellationToken);

    public async ValueTask RevokeUnlistedAsync(string userId, Guid? exceptId, CancellationToken cancellationToken = default) => await RunAsync(
        StoreOperation.RevokeUnlisted,
        async token =>
        {
            await inner.RevokeUnlistedAsync(userId, exceptId, token);
            return true;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>> FindOwnedAsync(string ownerId, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.FindOwned, token => inner.FindOwnedAsync(ownerId, now, token), cancellationToken);

    public ValueTask<bool> EndOwnedAsync(Guid id, SessionEndReason reason, string ownerId, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.EndOwned, token => inner.EndOwnedAsync(id, reason, ownerId, token), cancellationToken);

    public async ValueTask EraseUnlistedAsync(string ownerId, CancellationToken cancellationToken = default) => await RunAsync(
        StoreOperation.EraseUnlisted,
        async token =>
        {
            await inner.EraseUnlistedAsync(ownerId, token);
            return true;
        },
        cancellationToken);

    public IAsyncEnumerable<SessionRecord> ListAsync(DateTimeOffset now, SessionMember? after = null, CancellationToken cancellationToken = default) =>
        inner.ListAsync(now, after, cancellationToken);

    public IEnumerable<Guid>? ListExpired(DateTimeOffset now) => inner.ListExpired(now);

    public async ValueTask ProbeAsync(CancellationToken cancellationToken = default) => await RunAsync(
        StoreOperation.Probe,
        async token =>
        {
            await inner.ProbeAsync(token);
            return true;
        },
        cancellationToken);

    private async ValueTask<T> RunAsync<T>(StoreOperation operation, Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        await PassAsync(operation, StoreGatePoint.Before);
        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay, cancellationToken);
        }

        var fault = TakeFault(operation);
        switch (fault)
        {
            case StoreFaultKind.Fail:
                throw new SessionStoreException("The store is down.");
            case StoreFaultKind.Hang:
                await Task.Delay(HangsFor, cancellationToken);
                throw new SessionStoreException("The store did not answer in time.");
            case StoreFaultKind.Evict when NotFound is T nothing:
                return nothing;
            case StoreFaultKind.Corrupt when Unreadable is T garbage:
                return garbage;
            default:
                break;
        }

        var running = call(cancellationToken).AsTask();
        await PassAsync(operation, StoreGatePoint.HandedOn);
        var result = await running;
        await PassAsync(operation, StoreGatePoint.After);
        return fault == StoreFaultKind.LoseAcknowledgement ? throw new SessionStoreException("The connection broke.") : result;
    }

    private static object NotFound => new SessionLookup(SessionLookupStatus.NotFound);

    private static object Unreadable => new SessionLookup(SessionLookupStatus.Unreadable);

    private StoreFaultKind? TakeFault(StoreOperation operation)
    {
        lock (_lock)
        {
            _calls[operation] = _calls.GetValueOrDefault(operation) + 1;
            var planned = _faults.Find(fault => fault.Operation == operation && fault.Times > 0);
            if (planned is { After: > 0 })
            {
                planned.After--;
                return null;
            }

            if (planned is not null)
            {
                planned.Times--;
            }

            return planned?.Kind;
        }
    }

    private Task PassAsync(StoreOperation operation, StoreGatePoint point)
    {
        StoreGate? gate;
        lock (_lock)
        {
            gate = _gates.Find(held => held.Operation == operation && held.Point == point);
            if (gate is not null)
            {
                _gates.Remove(gate);
            }
        }

        return gate?.Gate.PassAsync() ?? Task.CompletedTask;
    }
}
