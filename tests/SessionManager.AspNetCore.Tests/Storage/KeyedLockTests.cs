using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Storage;

/// <summary>A lock by key: one at a time, in order of arrival, and nobody waits behind a store that hangs.</summary>
public sealed class KeyedLockTests
{
    private static readonly Guid Key = Guid.NewGuid();

    private readonly KeyedLock<string> _lock = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_next_caller_gets_the_state_that_the_last_holder_passed_on()
    {
        Assert.Null(await _lock.EnterAsync(Key, Cancellation));
        var next = _lock.EnterAsync(Key, Cancellation).AsTask();
        _lock.Leave(Key, hanging: false, "state", static state => state);
        Assert.Equal("state", await next.WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
    }

    [Fact]
    public void A_lock_that_nobody_holds_is_entered_at_once()
    {
        Assert.True(_lock.EnterAsync(Key, Cancellation).AsTask().IsCompletedSuccessfully);
        Assert.True(_lock.EnterAsync(Guid.NewGuid(), Cancellation).AsTask().IsCompletedSuccessfully);
        _lock.Leave(Key, hanging: false);
        Assert.True(_lock.EnterAsync(Key, Cancellation).AsTask().IsCompletedSuccessfully);
    }

    [Fact]
    public async Task The_lock_is_given_in_order_of_arrival()
    {
        await _lock.EnterAsync(Key, Cancellation);
        var waiting = Enumerable.Range(0, 3).Select(_ => _lock.EnterAsync(Key, Cancellation).AsTask()).ToList();
        foreach (var next in waiting)
        {
            Assert.False(next.IsCompleted);
            _lock.Leave(Key, hanging: false);
            await next.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        }
    }

    [Fact]
    public async Task A_waiter_that_was_cancelled_is_skipped()
    {
        using var source = new CancellationTokenSource();
        await _lock.EnterAsync(Key, Cancellation);
        var cancelled = _lock.EnterAsync(Key, source.Token).AsTask();
        var next = _lock.EnterAsync(Key, Cancellation).AsTask();

        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => cancelled);
        _lock.Leave(Key, hanging: false);
        await next.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
    }

    [Fact]
    public async Task A_store_that_hangs_fails_all_who_wait_and_nobody_after_them()
    {
        await _lock.EnterAsync(Key, Cancellation);
        var waiting = Enumerable.Range(0, 3).Select(_ => _lock.EnterAsync(Key, Cancellation).AsTask()).ToList();

        _lock.Leave(Key, hanging: true);

        foreach (var waiter in waiting)
        {
            await Assert.ThrowsAsync<SessionStoreException>(() => waiter);
        }

        Assert.True(_lock.EnterAsync(Key, Cancellation).AsTask().IsCompletedSuccessfully);
    }
}
