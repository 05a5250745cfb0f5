using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>While a sweep goes on, others get the lock.</summary>
public sealed class SlicedSweepTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Others_get_the_lock_between_two_slices(bool onThreadPool)
    {
        var (gate, stopped, ended) = (new Lock(), false, new TaskCompletionSource());
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sweep = new SlicedSweep(gate, (_, _) =>
        {
            started.TrySetResult();
            if (stopped)
            {
                ended.TrySetResult();
            }

            return !stopped;
        });
        if (onThreadPool)
        {
            sweep.Start(0);
        }
        else
        {
            _ = Task.Run(() => sweep.Run(0), TestContext.Current.CancellationToken);
        }

        await started.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);

        // It would go on for ever.
        var entering = Task.Run(
            () =>
            {
                lock (gate)
                {
                    stopped = true;
                }
            },
            TestContext.Current.CancellationToken);

        await entering.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await ended.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Every_place_is_in_one_slice()
    {
        var slices = new List<int>();
        new SlicedSweep(new Lock(), (from, now) =>
        {
            Assert.Equal(7, now);
            slices.Add(from);
            return slices.Count < 4;
        }).Run(7);

        Assert.Equal([0, SlicedSweep.Length, 2 * SlicedSweep.Length, 3 * SlicedSweep.Length], slices);
    }
}
