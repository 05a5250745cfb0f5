using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace SessionManager.AspNetCore.StoreConformance;

// What a medium that fails or hangs looks like from outside.
public abstract partial class SessionRecordStoreConformance
{
    private const string FaultUser = "user-4711";

    private static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(250);

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_failure_is_a_store_exception(StoreOperation operation)
    {
        await CreateAsync(("a", "1"));
        RequiredFaults.Fail();
        await FailsAsync(Store, operation);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_medium_that_hangs_costs_one_timeout(StoreOperation operation)
    {
        await CreateAsync(("a", "1"));
        var store = await CreateImpatientStoreAsync();
        RequiredFaults.Hang();
        var clock = Stopwatch.StartNew();
        await FailsAsync(store, operation);
        Assert.InRange(clock.Elapsed, CallsMedium(operation) ? ShortTimeout / 2 : TimeSpan.Zero, ShortTimeout * 8);
        RequiredFaults.Heal();
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task The_text_of_a_fault_names_no_key_secret_or_value(StoreOperation operation)
    {
        await CreateAsync(("key-0815", "value-1234"));
        RequiredFaults.Fail();
        AssertSaysNothing(await FailsAsync(Store, operation));
        RequiredFaults.Heal();

        var store = await CreateImpatientStoreAsync();
        RequiredFaults.Hang();
        AssertSaysNothing(await FailsAsync(store, operation));
        RequiredFaults.Heal();
    }

    [Fact]
    public async Task The_text_of_a_lost_acknowledgement_names_no_key_secret_or_value()
    {
        RequiredFaults.LoseNextAcknowledgement();
        AssertSaysNothing(await Assert.ThrowsAsync<SessionStoreException>(() => CommitAsync(Creation(values: ("key-0815", "value-1234")))));
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_cancellation_by_the_caller_is_no_fault(StoreOperation operation)
    {
        await CreateAsync(("a", "1"));
        using var caller = new CancellationTokenSource();
        RequiredFaults.Hang();
        var running = RunAsync(Store, operation, caller.Token);
        await caller.CancelAsync();
        await CancelsAsync(operation, () => running.WaitAsync(LongTimeout / 4, Cancellation));
        RequiredFaults.Heal();
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task A_call_that_was_cancelled_before_it_began_changes_nothing(StoreOperation operation)
    {
        await CreateAsync(("a", "1"));
        var before = await DescribeAsync();
        await CancelsAsync(operation, () => RunAsync(Store, operation, new CancellationToken(canceled: true)));
        Assert.Equal(before, await DescribeAsync());
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task After_a_failure_the_next_call_works(StoreOperation operation)
    {
        await CreateAsync(("a", "1"));
        RequiredFaults.Fail();
        await FailsAsync(Store, operation);
        RequiredFaults.Heal();
        await RunAsync(Store, operation);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task After_a_hang_the_next_call_works(StoreOperation operation)
    {
        await CreateAsync(("a", "1"));
        var store = await CreateImpatientStoreAsync();
        RequiredFaults.Hang();
        await FailsAsync(store, operation);
        RequiredFaults.Heal();
        await RunAsync(store, operation);
    }

    [Fact]
    public async Task A_commit_after_a_fault_finds_what_was_committed_before_it()
    {
        await CreateAsync(("a", "1"));
        RequiredFaults.Fail();
        await Assert.ThrowsAsync<SessionStoreException>(() => CommitAsync(Change(("a", "2"), ("b", "2"))));
        RequiredFaults.Heal();
        Assert.Equal(["a=1"], ValuesOf(await LoadAsync()));
        await CommittedAsync(Change(("c", "3")));
        Assert.Equal(["a=1", "c=3"], ValuesOf(await LoadAsync()));
    }

    [Fact]
    public async Task Those_who_wait_behind_a_hanging_call_fail_with_it()
    {
        await CreateAsync();
        var store = CreateStore(Lifetime, ShortTimeout);
        RequiredFaults.Hang();
        var clock = Stopwatch.StartNew();
        var calls = Enumerable.Range(0, 20).Select(_ => RunAsync(store, StoreOperation.Commit)).ToList();
        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<SessionStoreException>(() => call);
        }

        Assert.InRange(clock.Elapsed, TimeSpan.Zero, ShortTimeout * 8);
        RequiredFaults.Heal();
    }

    [Fact]
    public async Task One_who_waits_behind_another_can_give_up_and_those_behind_get_their_turn()
    {
        await CreateAsync();
        using var caller = new CancellationTokenSource();
        RequiredFaults.Hang();
        var first = RunAsync(Store, StoreOperation.Commit);
        var impatient = RunAsync(Store, StoreOperation.Commit, caller.Token);
        var last = CommitAsync(Change(("last", "1")));
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => impatient);

        RequiredFaults.Heal();
        await Record.ExceptionAsync(() => first);
        await Record.ExceptionAsync(() => last);
        await CommittedAsync(Change(("after", "1")));
        Assert.Contains("after=1", ValuesOf(await LoadAsync()));
    }

    [Fact]
    public async Task A_creation_that_is_tried_again_after_a_lost_acknowledgement_succeeds()
    {
        var creation = Creation(values: ("a", "1"));
        RequiredFaults.LoseNextAcknowledgement();
        await Assert.ThrowsAsync<SessionStoreException>(() => CommitAsync(creation));
        Assert.Equal(new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true), await CommitAsync(creation));
        Assert.Equal(["a=1"], ValuesOf(await LoadAsync()));
    }

    [Fact]
    public async Task A_sign_in_that_is_tried_again_after_a_lost_acknowledgement_succeeds_once()
    {
        await CreateAsync(("a", "1"));
        var signIn = Rotation(NewHash(), _secret, required: true, SignIn("ann", Start));
        RequiredFaults.LoseNextAcknowledgement();
        await Assert.ThrowsAsync<SessionStoreException>(() => CommitAsync(signIn));
        Assert.Equal(new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true), await CommitAsync(signIn));
        Assert.Equal((1, "ann"), ((await LoadAsync()).Generation, (await LoadAsync()).UserId));
    }

    [Fact]
    public async Task An_end_whose_acknowledgement_was_lost_has_ended_the_session()
    {
        await CreateAsync();
        RequiredFaults.LoseNextAcknowledgement();
        await Assert.ThrowsAsync<SessionStoreException>(() => EndAsync(SessionEndReason.Revoked));
        Assert.False(await EndAsync());
        Assert.Equal(SessionEndReason.Revoked, (await LookUpAsync()).EndReason);
    }

    public static TheoryData<StoreOperation> Operations => [.. Enum.GetValues<StoreOperation>()];

    private Task RunAsync(ISessionRecords store, StoreOperation operation, CancellationToken cancellationToken = default) => operation switch
    {
        StoreOperation.Load => store.LoadAsync(_id, new RecordTouch(_secret, Start.AddMinutes(5), Allowed: true), cancellationToken).AsTask(),
        StoreOperation.Touch => store.TouchAsync(_id, new RecordTouch(_secret, Start.AddMinutes(5), Allowed: true), cancellationToken).AsTask(),
        StoreOperation.Commit => store.CommitAsync(Change(("a", "value-1234")), cancellationToken).AsTask(),
        StoreOperation.Probe => store.ProbeAsync(cancellationToken).AsTask(),
        StoreOperation.End => store.EndAsync(_id, SessionEndReason.SignedOut, cancellationToken: cancellationToken).AsTask(),
        StoreOperation.Admit => store.AdmitAsync(FaultUser, new SessionMember(_id, Start), limit: 1, cancellationToken).AsTask(),
        StoreOperation.Dismiss => store.DismissAsync(FaultUser, new SessionMember(_id, Start), cancellationToken).AsTask(),
        StoreOperation.FindMembers => store.FindMembersAsync(FaultUser, cancellationToken).AsTask(),
        StoreOperation.RevokeUnlisted => store.RevokeUnlistedAsync(FaultUser, _id, cancellationToken).AsTask(),
        StoreOperation.List => store.ListAsync(Start, cancellationToken: cancellationToken).ToListAsync(cancellationToken).AsTask(),
        StoreOperation.FindOwned => store.FindOwnedAsync(FaultUser, Start, cancellationToken).AsTask(),
        StoreOperation.EndOwned => store.EndOwnedAsync(_id, SessionEndReason.Revoked, FaultUser, cancellationToken).AsTask(),
        StoreOperation.EraseUnlisted => store.EraseUnlistedAsync(FaultUser, cancellationToken).AsTask(),
        _ => throw new ArgumentOutOfRangeException(nameof(operation), operation, "Say how it is run."),
    };

    /// <summary>An instance that soon gives up, and has the session of this test to list.</summary>
    private async Task<ISessionRecords> CreateImpatientStoreAsync()
    {
        var store = CreateStore(Lifetime, ShortTimeout);
        await store.LoadAsync(_id, default, Cancellation);
        return store;
    }

    /// <summary>What needs the medium fails; what does not goes on as if nothing were.</summary>
    private async Task<SessionStoreException?> FailsAsync(ISessionRecords store, StoreOperation operation)
    {
        if (CallsMedium(operation))
        {
            return await Assert.ThrowsAsync<SessionStoreException>(() => RunAsync(store, operation));
        }

        await RunAsync(store, operation);
        return null;
    }

    private async Task CancelsAsync(StoreOperation operation, Func<Task> call)
    {
        if (CallsMedium(operation))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(call);
            return;
        }

        await call();
    }

    private void AssertSaysNothing(Exception? exception)
    {
        if (exception is null)
        {
            return;
        }

        string[] forbidden =
        [
            _id.ToString("N"), _id.ToString("D"), "value-1234", "key-0815",
            Convert.ToHexString(Encoding.UTF8.GetBytes("value-1234")), Convert.ToBase64String(Encoding.UTF8.GetBytes("value-1234")),
            Convert.ToHexString(_secret), Convert.ToBase64String(_secret),
            FaultUser, Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(FaultUser))),
        ];
        Assert.All(forbidden, text => Assert.DoesNotContain(text, exception.ToString(), StringComparison.OrdinalIgnoreCase));
    }
}
