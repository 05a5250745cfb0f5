using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// A store that fails, hangs, or loses an acknowledgement.
public abstract partial class SessionRepositoryTests
{
    [Theory]
    [InlineData(StoreFaultKind.Fail)]
    [InlineData(StoreFaultKind.Hang)]
    public async Task A_fault_of_the_store_reaches_the_caller_and_the_next_call_works(StoreFaultKind fault)
    {
        await CreateAsync(("a", "1"));
        (StoreOperation Operation, Func<Task> Call)[] calls =
        [
            (StoreOperation.Load, () => LookUpAsync()),
            (StoreOperation.Touch, () => TouchAsync(Start.AddMinutes(5))),
            (StoreOperation.Commit, () => CommitAsync(Change(("a", "2")))),
            (StoreOperation.FindByUser, () => Node.FindAsync("ann")),
            (StoreOperation.List, () => Node.ListAsync()),
            (StoreOperation.End, () => Node.EndAsync(_id, SessionEndReason.Revoked, known: Base())),
            (StoreOperation.Load, () => EndAsync()),
        ];
        foreach (var (operation, call) in calls)
        {
            Node.Store.Plan(operation, fault);
            await Assert.ThrowsAsync<SessionStoreException>(call);
            await call();
        }
    }

    [Fact]
    public async Task A_call_that_was_cancelled_before_it_began_changes_nothing()
    {
        await CreateAsync(("a", "1"));
        var gate = Node.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var before = await DescribeAsync();
        var first = CommitAsync(new SessionCommit { Id = _id, Now = Start, Base = Base(), Touches = false });
        await gate.Reached;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Node.Sessions.CommitAsync(Change(("a", "2")), new CancellationToken(canceled: true)).AsTask());
        gate.Open();
        await first;
        Assert.Equal(before, await DescribeAsync());
    }

    [Fact]
    public async Task A_commit_after_a_fault_finds_what_was_committed_before_it()
    {
        await CreateAsync(("a", "1"));
        Node.Store.Plan(StoreOperation.Commit, StoreFaultKind.Fail);
        await Assert.ThrowsAsync<SessionStoreException>(() => CommitAsync(Change(("a", "2"), ("b", "2"))));
        await HoldsAsync("a=1");
        await CommittedAsync(Change(("c", "3")));
        await HoldsAsync("a=1", "c=3");
    }

    [Fact]
    public async Task Commits_that_wait_behind_a_hanging_one_fail_with_it()
    {
        await CreateAsync();
        var gate = Node.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        Node.Store.Plan(StoreOperation.Commit, StoreFaultKind.Hang);
        var calls = Enumerable.Range(0, 20).Select(i => CommitAsync(Change(($"k{i}", "1")))).ToList();
        await gate.Reached;
        gate.Open();

        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<SessionStoreException>(() => call);
        }

        Assert.Equal(2, Node.Store.CallsOf(StoreOperation.Commit));
        await CommittedAsync(Change(("after", "1")));
        await HoldsAsync("after=1");
    }

    [Fact]
    public async Task Commits_that_wait_behind_a_failing_one_have_a_try_of_their_own()
    {
        await CreateAsync();
        var gate = Node.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        Node.Store.Plan(StoreOperation.Commit, StoreFaultKind.Fail);
        var first = CommitAsync(Change(("first", "1")));
        await gate.Reached;
        var second = CommittedAsync(Change(("second", "1")));
        gate.Open();

        await Assert.ThrowsAsync<SessionStoreException>(() => first);
        await second;
        await HoldsAsync("second=1");
    }

    [Fact]
    public async Task A_commit_that_waits_can_give_up_and_those_behind_it_get_their_turn()
    {
        await CreateAsync();
        using var caller = new CancellationTokenSource();
        var gate = Node.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var first = CommittedAsync(Change(("first", "1")));
        await gate.Reached;
        var impatient = Node.Sessions.CommitAsync(Change(("impatient", "1")), caller.Token).AsTask();
        var last = CommittedAsync(Change(("last", "1")));
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);

        gate.Open();
        await Task.WhenAll(first, last);
        await HoldsAsync("first=1", "last=1");
    }

    [Fact]
    public async Task A_creation_that_is_tried_again_after_a_lost_acknowledgement_succeeds()
    {
        var creation = Creation(values: ("a", "1"));
        Node.Store.Plan(StoreOperation.Commit, StoreFaultKind.LoseAcknowledgement);
        await Assert.ThrowsAsync<SessionStoreException>(() => CommitAsync(creation));
        await SecretChangedAsync(creation);
        await HoldsAsync("a=1");
    }

    [Fact]
    public async Task A_sign_in_that_is_tried_again_after_a_lost_acknowledgement_succeeds_once()
    {
        await CreateAsync(("a", "1"));
        var signIn = Rotation(NewHash(), _secret, required: true, SignIn("ann", Start));
        Node.Store.Plan(StoreOperation.Commit, StoreFaultKind.LoseAcknowledgement);
        await Assert.ThrowsAsync<SessionStoreException>(() => CommitAsync(signIn));
        await SecretChangedAsync(signIn);
        var record = await LoadAsync();
        Assert.Equal((1, "ann"), (record.Generation, record.UserId));
    }

    [Fact]
    public async Task An_end_whose_acknowledgement_was_lost_has_ended_the_session()
    {
        await CreateAsync();
        Node.Store.Plan(StoreOperation.End, StoreFaultKind.LoseAcknowledgement);
        await Assert.ThrowsAsync<SessionStoreException>(() => EndAsync(SessionEndReason.Revoked));
        Assert.False(await EndAsync());
        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Revoked), await StatusAsync());
    }
}
