#pragma warning disable CS1591 // The names of the tests say what they test.

using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance;

// The probe of a store that has one.
public abstract partial class SessionStoreConformance
{
    [Fact]
    public async Task A_probe_succeeds_again_and_again_and_leaves_no_session()
    {
        var probe = Probe.Require();
        await SwapAsync(NewWrite(0, user: _user));
        var before = await ListIdsAsync();
        await probe.ProbeAsync(Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => probe.ProbeAsync(Cancellation).AsTask()));
        Assert.Equal(before, await ListIdsAsync());
        Assert.Equal(_id, Assert.Single(await FindAsync(_user)).Id);
    }

    [Fact]
    public async Task A_probe_of_a_medium_that_fails_fails()
    {
        var (probe, faults) = (Probe.Require(), Faults.Require());
        await faults.FailAsync();
        AssertSaysNothing(
            await Assert.ThrowsAsync<SessionStoreException>(() => probe.ProbeAsync(Cancellation).AsTask()));
        await faults.HealAsync();
        await probe.ProbeAsync(Cancellation);
    }

    [Fact]
    public async Task A_probe_of_a_medium_that_hangs_costs_one_timeout()
    {
        var faults = Faults.Require();
        Probe.Require();
        var probe = Assert.IsType<ISessionStoreProbe>(CreateStore(ShortTimeout), exactMatch: false);
        await CallUntilItWorksAsync(() => probe.ProbeAsync(Cancellation).AsTask());
        await faults.HangAsync();
        await Assert.ThrowsAsync<SessionStoreException>(
            () => probe.ProbeAsync(Cancellation).AsTask().WaitAsync(Bound, Cancellation));
        await faults.HealAsync();
    }

    private async Task<List<Guid>> ListIdsAsync()
    {
        var ids = new List<Guid>();
        SessionPosition? last = null;
        while (await Store.ListAsync(last, count: 100, Cancellation) is { Count: > 0 } page)
        {
            ids.AddRange(page.Select(session => session.Id));
            last = SessionPosition.Of(page[^1]);
        }

        return ids;
    }
}
