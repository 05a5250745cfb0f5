namespace SessionManager.AspNetCore.Stores;

/// <summary>Sweeps a table under its lock in slices, so that no caller waits for the lock longer than a slice
/// takes.</summary>
/// <param name="gate">The lock.</param>
/// <param name="slice">Sweeps the slice that begins at a place, at a time in Unix milliseconds. It returns whether more
/// slices may follow.</param>
internal sealed class SlicedSweep(Lock gate, Func<int, long, bool> slice)
{
    /// <summary>The number of places in a slice. A slice takes some tenths of a millisecond when all its entries are
    /// removed.</summary>
    public const int Length = 256;

    /// <summary>Sweeps the whole table.</summary>
    public void Run(long now)
    {
        for (var from = 0; RunSlice(from, now); from += Length)
        {
            // The lock is free for a moment.
        }
    }

    /// <summary>Sweeps the whole table on the thread pool. Each slice is a separate work item.</summary>
    public void Start(long now, int from = 0) => ThreadPool.UnsafeQueueUserWorkItem(
        static sweep =>
        {
            if (sweep.This.RunSlice(sweep.From, sweep.Now))
            {
                sweep.This.Start(sweep.Now, sweep.From + Length);
            }
        },
        (This: this, From: from, Now: now),
        preferLocal: false);

    private bool RunSlice(int from, long now)
    {
        lock (gate)
        {
            return slice(from, now);
        }
    }
}
