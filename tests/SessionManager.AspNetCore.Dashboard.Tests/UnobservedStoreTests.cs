using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>What metrics and traces cost while nobody listens: nothing. It is here because the core's own tests listen to every trace.</summary>
public sealed class UnobservedStoreTests
{
    private static readonly Guid Id = Guid.NewGuid();

    [Fact]
    public async Task Each_call_is_the_stores_own_and_nothing_is_allocated_for_it()
    {
        await using var provider = new ServiceCollection().AddLogging().AddSessionManager().Services.BuildServiceProvider();
        var store = ActivatorUtilities.CreateInstance<ObservedStore>(provider, new PendingStore());
        var (commit, member) = (new SessionCommit { Id = Id, Now = default }, new SessionMember(Id, default));
        CallAll();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            CallAll();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Same(PendingStore.Load, store.LoadAsync(Id, default, TestContext.Current.CancellationToken).AsTask());
        Assert.Same(PendingStore.Commit, store.CommitAsync(commit, TestContext.Current.CancellationToken).AsTask());

#pragma warning disable CA2012 // They are of tasks that never end, and are not to be waited for.
        void CallAll()
        {
            _ = store.LoadAsync(Id, default);
            _ = store.TouchAsync(Id, default);
            _ = store.CommitAsync(commit);
            _ = store.EndAsync(Id, SessionEndReason.Revoked);
            _ = store.EndExpiredAsync(Id, default);
            _ = store.AdmitAsync("ann", member, null);
            _ = store.DismissAsync("ann", member);
            _ = store.FindMembersAsync("ann");
            _ = store.RevokeUnlistedAsync("ann", null);
            _ = store.ProbeAsync();
        }
#pragma warning restore CA2012
    }

    [Fact]
    public async Task A_listener_that_takes_no_sample_allocates_nothing_either()
    {
        using var listener = new ActivityListener { ShouldListenTo = source => source.Name == "SessionManager.AspNetCore", Sample = static (ref _) => ActivitySamplingResult.None };
        await using var provider = new ServiceCollection().AddLogging().AddSessionManager().Services.BuildServiceProvider();
        var store = provider.GetRequiredService<ObservedStore>();
        await DashboardApp.AddSessionAsync(store, DateTimeOffset.UtcNow, "ann");
        ActivitySource.AddActivityListener(listener);
        var metrics = provider.GetRequiredService<SessionMetrics>();
        metrics.Created();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            metrics.Created();
            metrics.Ended(SessionEndReason.Expired);
            metrics.CookieRejected("unknown");
            metrics.Committed("committed");
            metrics.StoreOperation("load", "memory", TimeSpan.Zero, null);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private sealed class PendingStore : ISessionRecords
    {
        public static readonly Task<SessionLookup> Load = new TaskCompletionSource<SessionLookup>().Task;
        public static readonly Task<SessionCommitResult> Commit = new TaskCompletionSource<SessionCommitResult>().Task;

        private static readonly Task<bool> Flag = new TaskCompletionSource<bool>().Task;

        public string Name => "pending";

        public ValueTask<SessionLookup> LoadAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default) => new(Load);

        public ValueTask<bool> TouchAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default) => new(Flag);

        public ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default) => new(Commit);

        public ValueTask<bool> EndAsync(Guid id, SessionEndReason reason, string? onlyOfUser = null, CancellationToken cancellationToken = default) => new(Flag);

        public ValueTask<bool> EndExpiredAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken = default) => new(Flag);

        public ValueTask<IReadOnlyList<SessionMember>?> AdmitAsync(string userId, SessionMember member, int? limit, CancellationToken cancellationToken = default) => default;

        public ValueTask DismissAsync(string userId, SessionMember member, CancellationToken cancellationToken = default) => new(Flag);

        public ValueTask<IReadOnlyList<SessionMember>> FindMembersAsync(string userId, CancellationToken cancellationToken = default) => default;

        public ValueTask RevokeUnlistedAsync(string userId, Guid? exceptId, CancellationToken cancellationToken = default) => new(Flag);

        public IAsyncEnumerable<SessionRecord> ListAsync(DateTimeOffset now, SessionMember? after = null, CancellationToken cancellationToken = default) =>
            AsyncEnumerable.Empty<SessionRecord>();

        public ValueTask ProbeAsync(CancellationToken cancellationToken = default) => new(Flag);
    }
}
