namespace SessionManager.AspNetCore.Stores;

/// <summary>Goes through a table under its lock slice by slice, so that nobody waits for the lock longer than a slice takes.</summary>
/// <param name="gate">The lock.</param>
/// <param name="slice">Handles the places from one on, at a time in Unix milliseconds, and returns whether others may follow.</param>
internal sealed class SlicedSweep(Lock gate, Func<int, long, bool> slice)
{
    /// <summary>How many places a slice has: some tenths of a millisecond when all of them are forgotten.</summary>
    public const int Length = 256;

    /// <summary>Goes through all of it.</summary>
    public void Run(long now)
    {
        for (var from = 0; RunSlice(from, now); from += Length)
        {
            // The lock is free for a moment.
        }
    }

    /// <summary>Goes through all of it on the thread pool, where each slice waits in line anew.</summary>
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
