using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Counts the living sessions that this process has used, without asking the store and without going through them: they are counted by
/// the moment at which they end unless they are used again.
/// </summary>
internal sealed class LiveCount(SessionLifetime lifetime)
{
    private const int FirstSweep = 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Known> _known = [];
    private readonly Dictionary<long, (int Anonymous, int SignedIn)> _ends = [];

    // A count is exact to a 240th of the idle timeout, and takes as many steps.
    private readonly long _step = Math.Max(1000, (long)(lifetime.IdleTimeout.TotalMilliseconds / 240));
    private int _sweepAt = FirstSweep;

    /// <summary>The sessions that live at this time.</summary>
    public (int Anonymous, int SignedIn) Count(DateTimeOffset now)
    {
        var time = now.ToUnixTimeMilliseconds();
        var (anonymous, signedIn) = (0, 0);
        lock (_lock)
        {
            foreach (var (end, count) in _ends)
            {
                if (end * _step > time)
                {
                    anonymous += count.Anonymous;
                    signedIn += count.SignedIn;
                }
            }
        }

        return (anonymous, signedIn);
    }

    /// <summary>A session was loaded.</summary>
    public void Saw(SessionRecord record) =>
        Note(record.Id, record.StartedAt.ToUnixTimeMilliseconds(), record.LastSeenAt.ToUnixTimeMilliseconds(), record.UserId is not null);

    /// <summary>A session was touched.</summary>
    public void Saw(Guid id, DateTimeOffset seen)
    {
        lock (_lock)
        {
            if (_known.TryGetValue(id, out var known))
            {
                Note(id, known.Started, seen.ToUnixTimeMilliseconds(), known.SignedIn);
            }
        }
    }

    /// <summary>A session was begun or changed.</summary>
    public void Saw(SessionCommit commit)
    {
        lock (_lock)
        {
            if (!_known.TryGetValue(commit.Id, out var known) && !commit.Creates)
            {
                return;
            }

            var started = (commit.Identity?.StartedAt)?.ToUnixTimeMilliseconds() ?? (commit.Creates ? commit.Now.ToUnixTimeMilliseconds() : known.Started);
            var seen = commit.Creates || commit.Touches ? commit.Now.ToUnixTimeMilliseconds() : known.Seen;
            Note(commit.Id, started, seen, commit.Identity is { } identity ? identity.UserId is not null : known.SignedIn);
        }
    }

    /// <summary>A session is gone.</summary>
    public void Forget(Guid id)
    {
        lock (_lock)
        {
            if (_known.Remove(id, out var known))
            {
                Add(known, -1);
            }
        }
    }

    private void Note(Guid id, long started, long seen, bool signedIn)
    {
        lock (_lock)
        {
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, id, out var exists);
            seen = Math.Max(seen, known.Seen);
            var next = new Known(started, seen, EndOf(started, seen), signedIn);
            if (exists && next == known)
            {
                return;
            }

            if (exists)
            {
                Add(known, -1);
            }

            known = next;
            Add(next, 1);
            if (_known.Count >= _sweepAt)
            {
                Sweep(seen);
            }
        }
    }

    // Rounded up: none is counted out before it ends.
    private long EndOf(long started, long seen)
    {
        var ends = Math.Min(seen + (long)lifetime.IdleTimeout.TotalMilliseconds, started + (long)lifetime.AbsoluteTimeout.TotalMilliseconds);
        return (ends + _step - 1) / _step;
    }

    private void Add(Known known, int change)
    {
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_ends, known.End, out _);
        count = known.SignedIn ? (count.Anonymous, count.SignedIn + change) : (count.Anonymous + change, count.SignedIn);
        if (count is (0, 0))
        {
            _ends.Remove(known.End);
        }
    }

    private void Sweep(long now)
    {
        foreach (var (id, known) in _known)
        {
            if (known.End * _step <= now)
            {
                _known.Remove(id);
                Add(known, -1);
            }
        }

        _sweepAt = Math.Max(FirstSweep, 2 * _known.Count);
    }

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Known(long Started, long Seen, long End, bool SignedIn);
}
