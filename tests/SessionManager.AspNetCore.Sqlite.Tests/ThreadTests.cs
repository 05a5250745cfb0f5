using SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Sqlite.Tests;

/// <summary>SQLite blocks the thread that calls it, so few threads do.</summary>
public sealed class ThreadTests : IDisposable
{
    private readonly SessionDatabase _database = new();

    public void Dispose() => _database.Dispose();

    [Fact]
    public async Task Sixty_four_writers_and_readers_of_a_disk_that_hangs_hold_one_thread_and_one_for_each_processor()
    {
        var store = _database.CreateStore(TimeSpan.FromSeconds(1));
        await UntilItWorksAsync(() => store.WriteAsync(NewWrite()).AsTask());
        await _database.Faults.HangAsync();

        var calls = Enumerable.Range(0, 64)
            .SelectMany(_ => new Task[] { store.WriteAsync(NewWrite()).AsTask(), store.LoadAsync(Guid.NewGuid()).AsTask() })
            .ToList();
        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<SessionStoreException>(() => call);
        }

        Assert.InRange(_database.Faults.MostHanging, 1, 1 + Environment.ProcessorCount);
        await _database.Faults.HealAsync();
        await UntilItWorksAsync(() => store.WriteAsync(NewWrite()).AsTask());
    }

    [Fact]
    public async Task Sixty_four_writers_that_wait_for_another_program_hold_no_thread()
    {
        var store = _database.CreateStore(TimeSpan.FromSeconds(60));
        await store.WriteAsync(NewWrite());
        using var other = _database.Lock();
        var threads = ThreadPool.ThreadCount;

        var writes = Enumerable.Range(0, 64).Select(_ => store.WriteAsync(NewWrite()).AsTask()).ToList();
        for (var i = 0; i < 200; i++)
        {
            // Each needs a thread of the pool, which the writers leave to others.
            await Task.Run(static () => Thread.Sleep(1));
        }

        Assert.InRange(ThreadPool.ThreadCount, 0, threads + 32);
        Assert.All(writes, static write => Assert.False(write.IsCompleted));
        other.Dispose();
        Assert.All(await Task.WhenAll(writes), static result => Assert.True(result.IsSwapped));
    }

    [Fact]
    public async Task A_call_that_is_cancelled_leaves_no_lock_and_no_write()
    {
        var store = _database.CreateStore(TimeSpan.FromSeconds(60));
        await store.WriteAsync(NewWrite());
        var lost = NewWrite();
        using (var cancellation = new CancellationTokenSource())
        using (_database.Lock())
        {
            var writing = store.WriteAsync(lost, cancellation.Token).AsTask();
            await cancellation.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => writing);
        }

        _database.Lock().Dispose();
        Assert.Null(await store.LoadAsync(lost.Id));
        Assert.True((await store.WriteAsync(NewWrite())).IsSwapped);
    }

    private static SessionWrite NewWrite()
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        return new SessionWrite
        {
            Id = Guid.NewGuid(),
            ExpectedVersion = 0,
            NewVersion = 1,
            Header = new byte[] { 1 },
            LastSeenAt = now,
            StartedAt = now,
            Now = now,
            KeepUntil = now.AddHours(1),
            IndexUntil = now.AddHours(1),
        };
    }

    private static async Task UntilItWorksAsync(Func<Task> call)
    {
        for (var left = 20; await Record.ExceptionAsync(call) is { } fault; left--)
        {
            Assert.True(left > 0 && fault is SessionStoreException, $"The store does not work: {fault}");
        }
    }
}
