using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A process of an application, as far as its sessions go: it loads, changes, finds and ends them as requests
/// do, over any store.</summary>
internal sealed class SessionNode : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    /// <summary>Starts a process.</summary>
    /// <param name="store">The store, as this process has it.</param>
    /// <param name="clock">The clock.</param>
    /// <param name="configure">Sets options.</param>
    public SessionNode(ISessionRecordStore store, TimeProvider clock, Action<SessionManagerOptions> configure)
    {
        Store = new FaultStore(store);
        var services = new ServiceCollection();
        services.AddLogging().AddSingleton(clock).AddSingleton<ISessionRecordStore>(Store).AddSessionManager(configure);
        AddFeature<IUserEpochs>(services, store);
        AddFeature<ILocalSessions>(services, store);
        AddFeature<ISessionStoreProbe>(services, store);
        _services = services.BuildServiceProvider();
        Sessions = _services.GetRequiredService<SessionRepository>();
        Finder = _services.GetRequiredService<SessionFinder>();
        Tombstones = _services.GetRequiredService<SessionTombstones>();
        Pointers = _services.GetRequiredService<SessionPointers>();
        Directory = _services.GetRequiredService<ISessionDirectory>();
    }

    /// <summary>The store, which fails on command.</summary>
    public FaultStore Store { get; }

    public SessionRepository Sessions { get; }

    public SessionFinder Finder { get; }

    public SessionTombstones Tombstones { get; }

    public SessionPointers Pointers { get; }

    /// <summary>What the application revokes, erases and finds by.</summary>
    public ISessionDirectory Directory { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public Task<SessionLookup> LoadAsync(Guid id) => Sessions.LoadAsync(id, Cancellation).AsTask();

    public Task<SessionCommitResult> CommitAsync(SessionCommit commit) =>
        Sessions.CommitAsync(commit, Cancellation).AsTask();

    /// <summary>Touches a session as a request that has loaded it does.</summary>
    public Task<bool> TouchAsync(SessionRecord loaded, DateTimeOffset now, ReadOnlyMemory<byte> brought = default) =>
        Sessions.TouchAsync(loaded, brought, now, Cancellation).AsTask();

    public Task<bool> EndAsync(
        Guid id, SessionEndReason reason, SessionEndCondition condition = default, SessionRecord? known = null) =>
        Tombstones.WriteAsync(id, reason, condition, known, Cancellation).AsTask();

    public Task<bool> EndExpiredAsync(Guid id, DateTimeOffset now, SessionRecord? known = null) =>
        EndAsync(id, SessionEndReason.Expired, new SessionEndCondition { ExpiredAt = now }, known);

    public Task<bool> EndOwnedAsync(Guid id, string ownerId) =>
        EndAsync(id, SessionEndReason.Revoked, new SessionEndCondition { OwnerId = ownerId });

    public Task<IReadOnlyList<SessionLookup>> FindAsync(string userId) =>
        Finder.FindByUserAsync(userId, Cancellation).AsTask();

    public async Task<List<SessionRecord>> ListAsync(SessionPosition? after = null)
    {
        var records = new List<SessionRecord>();
        await foreach (var record in Finder.ListAsync(after, Cancellation))
        {
            records.Add(record);
        }

        return records;
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    // A feature counts only when it is the store's own, and the store is the one that fails on command.
    private void AddFeature<TFeature>(IServiceCollection services, ISessionRecordStore store)
        where TFeature : class
    {
        services.RemoveAll<TFeature>();
        if (store is TFeature)
        {
            services.AddSingleton((TFeature)(object)Store);
        }
    }
}
