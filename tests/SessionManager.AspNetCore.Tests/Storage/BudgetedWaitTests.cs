using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Storage;

/// <summary>Everything that a request waits for at the store is bounded by what is left to the request.</summary>
public sealed class BudgetedWaitTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Guid Key = Guid.NewGuid();

    private readonly Task<int> _never = new TaskCompletionSource<int>().Task;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_of_a_store_is_given_up_on_with_its_token_cancelled_and_is_no_timeout()
    {
        BeginRequest();
        var abandoned = new List<Task>();
        var calls = new StoreCall(Timeout, "slow", (_, task) => abandoned.Add(task));
        CancellationToken given = default;

        var failure = await Assert.ThrowsAsync<SessionStoreException>(() => calls.RunAsync(
            (_, token) =>
            {
                given = token;
                return _never;
            },
            0,
            Key,
            Cancellation).AsTask());

        Assert.True(failure.IsBudgetSpent);
        Assert.False(failure.IsTimeout);
        Assert.Same(_never, Assert.Single(abandoned));
        await Task.Run(() => given.WaitHandle.WaitOne(Patience), Cancellation);
        Assert.True(given.IsCancellationRequested);
    }

    [Fact]
    public async Task A_started_call_is_given_up_on_too_also_when_it_is_repeated()
    {
        BeginRequest();
        var calls = new StoreCall(Timeout, "slow");

        var failure = await Assert.ThrowsAsync<SessionStoreException>(() => calls.WaitAsync(
            Task.FromException<int>(new IOException("The script is not known.")), _ => new ValueTask<int>(_never), Key, Cancellation).AsTask());

        Assert.True(failure.IsBudgetSpent);
    }

    [Fact]
    public async Task After_that_a_call_is_not_made()
    {
        BeginRequest().Spend();
        var made = false;

        await Assert.ThrowsAsync<SessionStoreException>(() => new StoreCall(Timeout, "slow").RunAsync(
            (_, _) =>
            {
                made = true;
                return _never;
            },
            0,
            Key,
            Cancellation).AsTask());

        Assert.False(made);
    }

    [Fact]
    public async Task A_call_that_has_less_than_the_timeout_left_by_chance_is_still_a_timeout_when_the_timeout_passes()
    {
        BeginRequest(TimeSpan.FromSeconds(60));

        var failure = await Assert.ThrowsAsync<SessionStoreException>(
            () => new StoreCall(TimeSpan.FromMilliseconds(50), "slow").RunAsync((_, _) => _never, 0, Key, Cancellation).AsTask());

        Assert.True(failure.IsTimeout);
    }

    [Fact]
    public async Task A_place_in_a_queue_is_given_up_and_the_lock_passes_it_by()
    {
        var queue = new KeyedLock<string>();
        await queue.EnterAsync(Key, Cancellation);
        BeginRequest();

        var failure = await Assert.ThrowsAsync<SessionStoreException>(() => queue.EnterAsync(Key, Cancellation).AsTask().WaitAsync(Patience, Cancellation));

        Assert.True(failure.IsBudgetSpent);
        queue.Leave(Key, hanging: false);
        Assert.Null(await queue.EnterAsync(Key, Cancellation));
    }

    [Fact]
    public async Task A_write_that_has_not_ended_is_waited_for_again_by_the_next_request()
    {
        var lost = new List<Guid>();
        var unfinished = new UnfinishedWrites(Timeout, (key, _) => lost.Add(key));
        var write = new TaskCompletionSource();
        unfinished.Add(Key, write.Task);
        var accessor = new HttpContextAccessor();
        BeginRequest();

        var failure = await Assert.ThrowsAsync<SessionStoreException>(() => unfinished.SettleAsync(Key, Cancellation).AsTask().WaitAsync(Patience, Cancellation));

        Assert.True(failure.IsBudgetSpent);
        accessor.HttpContext = null;
        var next = unfinished.SettleAsync(Key, Cancellation).AsTask();
        Assert.False(next.IsCompleted);
        write.SetResult();
        await next.WaitAsync(Patience, Cancellation);
        Assert.Empty(lost);
    }

    [Fact]
    public void A_request_within_a_request_shares_its_time_and_another_request_does_not()
    {
        using var provider = new ServiceCollection().AddLogging().AddSessionManager().Services.BuildServiceProvider();
        var requests = provider.GetRequiredService<RequestSessions>();
        IBudgetedRequest outer = requests.Make(new DefaultHttpContext(), outer: null);
        IBudgetedRequest inner = requests.Make(new DefaultHttpContext(), (RequestSession)outer);
        IBudgetedRequest other = requests.Make(new DefaultHttpContext(), outer: null);

        Assert.Null(inner.KnownBudget);
        Assert.Same(inner.Budget, outer.Budget);
        Assert.Same(inner.KnownBudget, outer.KnownBudget);
        Assert.NotSame(other.Budget, outer.Budget);
    }

    // The request has a tenth of a second.
    private static StoreBudget BeginRequest(TimeSpan? timeout = null)
    {
        var budget = new StoreBudget(timeout ?? TimeSpan.FromMilliseconds(50), TimeProvider.System);
        var context = new DefaultHttpContext();
        context.Features[typeof(IBudgetedRequest)] = budget;
        new HttpContextAccessor().HttpContext = context;
        return budget;
    }
}
