#pragma warning disable CS1591 // The names of the tests say what they test.

using System.Diagnostics;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance;

// A medium that fails, hangs or loses its answer, as the caller sees it.
public abstract partial class SessionStoreConformance
{
    private const string SecretKey = "key-0815";
    private const string SecretValue = "value-1234";
    private const string SecretHeader = "header-5678";

    private static readonly TimeSpan ShortTimeout = TimeSpan.FromMilliseconds(400);

    // A machine that is busy takes its time; a call that is not bounded takes for ever.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    public static TheoryData<StoreMember> Members => [.. Enum.GetValues<StoreMember>()];

    [Theory]
    [MemberData(nameof(Members))]
    public async Task A_failure_is_a_store_exception(StoreMember member)
    {
        var faults = await PrepareAsync();
        await faults.FailAsync();
        AssertSaysNothing(await Assert.ThrowsAsync<SessionStoreException>(() => CallAsync(Store, member)));
        await faults.HealAsync();
    }

    [Theory]
    [MemberData(nameof(Members))]
    public async Task A_medium_that_hangs_costs_one_timeout(StoreMember member)
    {
        var faults = await PrepareAsync();
        var store = await CreateImpatientAsync();
        await CallUntilItWorksAsync(() => CallAsync(store, member));
        await faults.HangAsync();
        var clock = Stopwatch.StartNew();
        var call = CallAsync(store, member).WaitAsync(Bound, Cancellation);
        AssertSaysNothing(await Assert.ThrowsAsync<SessionStoreException>(() => call));
        Assert.InRange(clock.Elapsed, ShortTimeout / 2, Bound);
        await faults.HealAsync();
    }

    [Theory]
    [MemberData(nameof(Members))]
    public async Task Many_calls_to_a_medium_that_hangs_end_together(StoreMember member)
    {
        var faults = await PrepareAsync();
        var store = await CreateImpatientAsync();
        await CallUntilItWorksAsync(() => CallAsync(store, member));
        await faults.HangAsync();
        var clock = Stopwatch.StartNew();
        var calls = Enumerable.Range(0, 30)
            .Select(_ => CallAsync(store, member).WaitAsync(Bound, Cancellation))
            .ToList();
        foreach (var call in calls)
        {
            await Assert.ThrowsAsync<SessionStoreException>(() => call);
        }

        Assert.InRange(clock.Elapsed, ShortTimeout / 2, Bound);
        await faults.HealAsync();
    }

    [Theory]
    [MemberData(nameof(Members))]
    public async Task A_cancellation_by_the_caller_is_no_fault(StoreMember member)
    {
        var faults = await PrepareAsync();
        using var caller = new CancellationTokenSource();
        await faults.HangAsync();
        var running = CallAsync(Store, member, caller.Token);
        await caller.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Bound, Cancellation));
        await faults.HealAsync();
    }

    [Theory]
    [MemberData(nameof(Members))]
    public async Task A_call_that_is_cancelled_ends_so_or_with_its_result(StoreMember member)
    {
        await SwapAsync(NewWrite(0));
        var fault = await Record.ExceptionAsync(() => CallAsync(Store, member, new CancellationToken(canceled: true)));
        Assert.True(fault is null or OperationCanceledException, $"The call ended with {fault}");
        await CallAsync(Store, member);
    }

    [Theory]
    [MemberData(nameof(Members))]
    public async Task After_a_failure_the_next_call_works(StoreMember member)
    {
        var faults = await PrepareAsync();
        await faults.FailAsync();
        await Assert.ThrowsAsync<SessionStoreException>(() => CallAsync(Store, member));
        await faults.HealAsync();
        await CallAsync(Store, member);
    }

    [Theory]
    [MemberData(nameof(Members))]
    public async Task After_a_hang_the_next_call_works(StoreMember member)
    {
        var faults = await PrepareAsync();
        var store = await CreateImpatientAsync();
        await CallUntilItWorksAsync(() => CallAsync(store, member));
        await faults.HangAsync();
        await Assert.ThrowsAsync<SessionStoreException>(() => CallAsync(store, member));
        await faults.HealAsync();
        await CallUntilItWorksAsync(() => CallAsync(store, member));
    }

    [Fact]
    public async Task A_write_and_a_touch_that_failed_changed_nothing()
    {
        var faults = await PrepareAsync();
        var before = await LoadAsync();
        await faults.FailAsync();
        await Assert.ThrowsAsync<SessionStoreException>(
            () => WriteAsync(NewWrite(before.Version, user: $"{_user}-2", values: Values(("a", "2")))));
        await Assert.ThrowsAsync<SessionStoreException>(() => TouchAsync(NewTouch(30)));
        await faults.HealAsync();
        Assert.Equal(Describe(before), Describe(await LoadAsync()));
        await SwapAsync(NewWrite(before.Version, user: _user, values: Values(("b", "2"))));
        Assert.Equal(_id, Assert.Single(await FindAsync(_user)).Id);
    }

    // A store may send the write again by itself, and then says that it was applied.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_write_whose_acknowledgement_was_lost_is_recognised_when_it_is_sent_again(bool creates)
    {
        var faults = Faults.Require();
        var version = creates ? 0 : await SwapAsync(NewWrite(0, values: Values(("a", "1"), (SecretKey, "1"))));
        var write = NewWrite(
            version, header: SecretHeader, user: _user, values: Values(("a", null), (SecretKey, SecretValue)));
        await faults.LoseNextAcknowledgementAsync();
        if (await Record.ExceptionAsync(() => SwapAsync(write)) is { } fault)
        {
            AssertSaysNothing(Assert.IsType<SessionStoreException>(fault));
        }

        await faults.HealAsync();
        Assert.Equal(write.NewVersion, (await LoadAsync()).Version);
        await SwapAsync(write);
        Assert.Equal([$"{SecretKey}={SecretValue}"], ValuesOf(await LoadAsync()));
        Assert.Equal(_id, Assert.Single(await FindAsync(_user)).Id);
    }

    [Fact]
    public async Task A_write_whose_acknowledgement_was_lost_is_refused_after_another_write()
    {
        var faults = Faults.Require();
        var write = NewWrite(await SwapAsync(NewWrite(0)), values: Values(("a", "1")));
        await faults.LoseNextAcknowledgementAsync();
        await Record.ExceptionAsync(() => SwapAsync(write));
        await faults.HealAsync();
        await SwapAsync(NewWrite(write.NewVersion, values: Values(("a", "2"))));
        await RefuseAsync(write);
    }

    [Fact]
    public async Task A_write_that_comes_late_covers_no_newer_write()
    {
        var faults = await PrepareAsync();
        var impatient = CreateStore(ShortTimeout);
        await CallUntilItWorksAsync(() => LoadAsync(store: impatient));
        var version = (await LoadAsync()).Version;
        await faults.HangAsync();
        var late = NewWrite(version, header: "late", values: Values(("late", "1")));
        await Assert.ThrowsAsync<SessionStoreException>(() => WriteAsync(late, impatient));
        await faults.HealAsync();

        await WriteUntilSwappedAsync(
            Store, expected => NewWrite(expected, header: "newer", values: Values(("newer", "1"))));
        var newer = Describe(await LoadAsync());
        await RefuseAsync(late);
        Assert.Equal(newer, Describe(await LoadAsync()));
    }

    /// <summary>Starts the session of this test. Its record has all that no text may name.</summary>
    private async Task<IMediumFaults> PrepareAsync()
    {
        var faults = Faults.Require();
        await SwapAsync(NewWrite(0, header: SecretHeader, user: _user, values: Values((SecretKey, SecretValue))));
        return faults;
    }

    /// <summary>Calls until a call succeeds. A call that connects, or that a busy machine holds up, may take longer
    /// than <see cref="ShortTimeout"/>.</summary>
    private static async Task CallUntilItWorksAsync(Func<Task> call)
    {
        for (var left = 20; await Record.ExceptionAsync(call) is { } fault; left--)
        {
            Assert.True(left > 0 && fault is SessionStoreException, $"The store does not work: {fault}");
        }
    }

    /// <summary>A store that soon gives up on a medium that hangs. It has loaded the session of this test, so a store
    /// that lists what its process knows has to ask its medium.</summary>
    private async Task<ISessionRecordStore> CreateImpatientAsync()
    {
        var store = CreateStore(ShortTimeout);
        await CallUntilItWorksAsync(() => LoadAsync(store: store));
        return store;
    }

    private Task CallAsync(
        ISessionRecordStore store, StoreMember member, CancellationToken cancellationToken = default) => member switch
        {
            StoreMember.Load => store.LoadAsync(_id, cancellationToken).AsTask(),
            StoreMember.Write => store.WriteAsync(
                NewWrite(NewVersion(), header: SecretHeader, user: _user, values: Values((SecretKey, SecretValue))),
                cancellationToken).AsTask(),
            StoreMember.Touch => store.TouchAsync(
                NewTouch(Start.AddMinutes(5), user: _user), cancellationToken).AsTask(),
            StoreMember.FindByUser => store.FindByUserAsync(_user, cancellationToken).AsTask(),
            StoreMember.List => store.ListAsync(after: null, count: 10, cancellationToken).AsTask(),
            _ => throw new ArgumentOutOfRangeException(nameof(member), member, "Say how it is called."),
        };

    private void AssertSaysNothing(SessionStoreException fault)
    {
        string[] texts = [SecretKey, SecretValue, SecretHeader, _user];
        string[] forbidden =
        [
            _id.ToString("N"),
            _id.ToString("D"),
            Convert.ToHexString(_id.ToByteArray()),
            .. texts,
            .. texts.Select(text => Convert.ToHexString(Bytes(text))),
            .. texts.Select(text => Convert.ToBase64String(Bytes(text))),
        ];
        Assert.All(
            forbidden, text => Assert.DoesNotContain(text, fault.ToString(), StringComparison.OrdinalIgnoreCase));
    }
}
