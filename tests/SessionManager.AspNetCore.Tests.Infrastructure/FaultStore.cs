using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>
/// A store that fails on command: it passes calls on to another one, except where the test has planned a fault, and holds them
/// at gates. Faults of an operation are taken in the order they were planned, one a call.
/// </summary>
internal sealed class FaultStore(ISessionRecordStore inner) : ISessionRecordStore, ISessionStoreProbe, IUserEpochs, ILocalSessions
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

    /// <summary>Puts a store that fails on command in front of the default one.</summary>
    public static IServiceCollection AddTo(IServiceCollection services, Action<FaultStore> made)
    {
        services.AddSingleton(provider =>
        {
            var store = new FaultStore(ActivatorUtilities.CreateInstance<CacheSessionStore>(provider));
            made(store);
            return store;
        });
        services.AddSingleton<ISessionRecordStore>(provider => provider.GetRequiredService<FaultStore>());
        services.AddSingleton<ISessionStoreProbe>(provider => provider.GetRequiredService<FaultStore>());
        services.AddSingleton<IUserEpochs>(provider => provider.GetRequiredService<FaultStore>());
        return services.AddSingleton<ILocalSessions>(provider => provider.GetRequiredService<FaultStore>());
    }

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

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.Load, token => inner.LoadAsync(id, token), cancellationToken, nothing: null, new StoredSession { Id = id, Status = StoredSessionStatus.Damaged });

    public ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken = default) =>
        RunAsync(write.IsTombstone ? StoreOperation.End : StoreOperation.Commit, token => inner.WriteAsync(write, token), cancellationToken);

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.Touch, token => inner.TouchAsync(touch, token), cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(string userId, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.FindByUser, token => inner.FindByUserAsync(userId, token), cancellationToken);

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(SessionPosition? after, int count, CancellationToken cancellationToken = default) =>
        RunAsync(StoreOperation.List, token => inner.ListAsync(after, count, token), cancellationToken);

    ValueTask<byte[]?> IUserEpochs.LoadEpochAsync(string userId, CancellationToken cancellationToken) =>
        RunAsync(StoreOperation.LoadEpoch, token => ((IUserEpochs)inner).LoadEpochAsync(userId, token), cancellationToken);

    async ValueTask IUserEpochs.SaveEpochAsync(string userId, byte[] epoch, TimeSpan timeToLive, CancellationToken cancellationToken) => await RunAsync(
        StoreOperation.SaveEpoch,
        async token =>
        {
            await ((IUserEpochs)inner).SaveEpochAsync(userId, epoch, timeToLive, token);
            return true;
        },
        cancellationToken);

    (int Anonymous, int SignedIn) ILocalSessions.Count(DateTimeOffset now) => ((ILocalSessions)inner).Count(now);

    IEnumerable<Guid> ILocalSessions.ListExpired(DateTimeOffset now) => ((ILocalSessions)inner).ListExpired(now);

    public async ValueTask ProbeAsync(CancellationToken cancellationToken = default) => await RunAsync(
        StoreOperation.Probe,
        async token =>
        {
            await ((ISessionStoreProbe)inner).ProbeAsync(token);
            return true;
        },
        cancellationToken);

    private async ValueTask<T> RunAsync<T>(
        StoreOperation operation,
        Func<CancellationToken, ValueTask<T>> call,
        CancellationToken cancellationToken,
        T? nothing = default,
        T? garbage = default)
    {
        await PassAsync(operation, StoreGatePoint.Before);
        Count(operation);
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
                throw new SessionStoreException("The store did not answer in time.") { IsTimeout = true };
            case StoreFaultKind.Evict when operation == StoreOperation.Load:
                return nothing!;
            case StoreFaultKind.Corrupt when operation == StoreOperation.Load:
                return garbage!;
            default:
                break;
        }

        var running = call(cancellationToken).AsTask();
        await PassAsync(operation, StoreGatePoint.HandedOn);
        var result = await running;
        await PassAsync(operation, StoreGatePoint.After);
        return fault == StoreFaultKind.LoseAcknowledgement ? throw new SessionStoreException("The connection broke.") : result;
    }

    // When it is made: the caller may have given up on it when its delay is over.
    private void Count(StoreOperation operation)
    {
        lock (_lock)
        {
            _calls[operation] = _calls.GetValueOrDefault(operation) + 1;
        }
    }

    private StoreFaultKind? TakeFault(StoreOperation operation)
    {
        lock (_lock)
        {
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
