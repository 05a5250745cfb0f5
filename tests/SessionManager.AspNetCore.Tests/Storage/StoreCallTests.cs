using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Storage;

/// <summary>Calls that block before they return their task, as those of a cache whose client is synchronous do.</summary>
public sealed class StoreCallTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMilliseconds(100);

    private readonly List<Task> _abandoned = [];
    private readonly StoreCall _calls;

    public StoreCallTests() => _calls = new StoreCall(Timeout, "blocking", (_, task) => _abandoned.Add(task));

    [Theory]
    [InlineData("throws that it was cancelled")]
    [InlineData("throws something else")]
    [InlineData("returns a cancelled task")]
    [InlineData("returns a failed task")]
    public async Task A_call_that_blocks_until_it_is_cancelled_is_a_timeout(string then)
    {
        var exception = await Assert.ThrowsAsync<SessionStoreException>(() => _calls.RunAsync(
            static (then, token) =>
            {
                BlockUntilCancelled(token);
                return then switch
                {
                    "throws that it was cancelled" => throw new OperationCanceledException(token),
                    "throws something else" => throw new IOException("The operation was cancelled by the user."),
                    "returns a cancelled task" => Task.FromCanceled<int>(token),
                    _ => Task.FromException<int>(new IOException("The operation was cancelled by the user.")),
                };
            },
            then,
            Guid.Empty,
            CancellationToken.None).AsTask());

        Assert.True(exception.IsTimeout);
        Assert.Contains(nameof(SessionManagerOptions.IOTimeout), exception.Message, StringComparison.Ordinal);
        Assert.Empty(_abandoned);
    }

    [Fact]
    public async Task What_it_returns_after_it_has_blocked_gets_what_is_left_of_the_timeout()
    {
        var hanging = new TaskCompletionSource();

        var call = _calls.RunAsync(
            static (hanging, token) =>
            {
                BlockUntilCancelled(token);
                return hanging.Task;
            },
            hanging,
            Guid.Empty,
            CancellationToken.None);

        Assert.True(call.IsFaulted);
        Assert.True((await Assert.ThrowsAsync<SessionStoreException>(call.AsTask)).IsTimeout);
        Assert.Same(hanging.Task, Assert.Single(_abandoned));
    }

    [Fact]
    public async Task A_success_after_it_has_blocked_is_a_success() => Assert.Equal(1, await _calls.RunAsync(
        static (_, token) =>
        {
            BlockUntilCancelled(token);
            return Task.FromResult(1);
        },
        0,
        Guid.Empty,
        CancellationToken.None));

    [Fact]
    public async Task A_fault_before_the_timeout_is_no_timeout()
    {
        var exception = await Assert.ThrowsAsync<SessionStoreException>(() => _calls.RunAsync<int, int>(
            static (_, _) => throw new OperationCanceledException("The connection was closed."), 0, Guid.Empty, CancellationToken.None).AsTask());

        Assert.False(exception.IsTimeout);
    }

    [Fact]
    public async Task The_cancellation_of_the_caller_is_the_callers()
    {
        using var caller = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _calls.RunAsync<CancellationTokenSource, int>(
            static (caller, _) =>
            {
                caller.Cancel();
                throw new OperationCanceledException(caller.Token);
            },
            caller,
            Guid.Empty,
            caller.Token).AsTask());
    }

    private static void BlockUntilCancelled(CancellationToken token) => Assert.True(token.WaitHandle.WaitOne(TimeSpan.FromSeconds(30)));
}
