using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>What metrics and traces cost while nobody listens: nothing. It is here because the core's own tests listen to every trace.</summary>
public sealed class UnobservedStoreTests
{
    private static readonly Guid Id = Guid.NewGuid();

    [Fact]
    public async Task Each_call_is_the_stores_own_and_nothing_is_allocated_for_it()
    {
        await using var provider = new ServiceCollection().AddLogging().AddSessionManager().Services.BuildServiceProvider();
        var counted = ActivatorUtilities.CreateInstance<CountedStore>(provider, new PendingStore());
        var store = ActivatorUtilities.CreateInstance<ObservedStore>(provider, counted);
        var write = new SessionWrite
        {
            Id = Id,
            ExpectedVersion = 0,
            NewVersion = 1,
            Header = default,
            LastSeenAt = default,
            StartedAt = default,
            Now = default,
            KeepUntil = default,
            IndexUntil = default,
        };
        var touch = new SessionTouch { Id = Id, NewVersion = 2, LastSeenAt = default, KeepUntil = default, StartedAt = default, IndexUntil = default };
        CallAll();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            CallAll();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Same(PendingStore.Load, store.LoadAsync(Id, TestContext.Current.CancellationToken).AsTask());
        Assert.Same(PendingStore.Write, store.WriteAsync(write, TestContext.Current.CancellationToken).AsTask());

#pragma warning disable CA2012 // They are of tasks that never end, and are not to be waited for.
        void CallAll()
        {
            _ = store.LoadAsync(Id);
            _ = store.WriteAsync(write);
            _ = store.TouchAsync(touch);
            _ = store.FindByUserAsync("ann");
            _ = store.ListAsync(after: null, count: 1);
        }
#pragma warning restore CA2012
    }

    [Fact]
    public async Task A_listener_that_takes_no_sample_allocates_nothing_either()
    {
        using var listener = new ActivityListener { ShouldListenTo = source => source.Name == "SessionManager.AspNetCore", Sample = static (ref _) => ActivitySamplingResult.None };
        await using var provider = new ServiceCollection().AddLogging().AddSessionManager().Services.BuildServiceProvider();
        await DashboardApp.AddSessionAsync(provider.GetRequiredService<SessionRepository>(), DateTimeOffset.UtcNow, "ann");
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

    private sealed class PendingStore : ISessionRecordStore
    {
        public static readonly Task<StoredSession?> Load = new TaskCompletionSource<StoredSession?>().Task;
        public static readonly Task<SessionWriteResult> Write = new TaskCompletionSource<SessionWriteResult>().Task;

        private static readonly Task<bool> Touch = new TaskCompletionSource<bool>().Task;
        private static readonly Task<IReadOnlyList<StoredSession>> Find = new TaskCompletionSource<IReadOnlyList<StoredSession>>().Task;

        public string Name => "pending";

        public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) => new(Load);

        public ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken = default) => new(Write);

        public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) => new(Touch);

        public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(string userId, CancellationToken cancellationToken = default) => new(Find);

        public ValueTask<IReadOnlyList<StoredSession>> ListAsync(SessionPosition? after, int count, CancellationToken cancellationToken = default) => new(Find);
    }
}
