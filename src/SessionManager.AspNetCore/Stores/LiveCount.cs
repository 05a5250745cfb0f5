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
    private readonly Dictionary<Guid, LiveSpan> _known = [];
    private readonly LiveEnds _ends = new(lifetime);
    private int _sweepAt = FirstSweep;

    /// <summary>The sessions that live at this time.</summary>
    public (int Anonymous, int SignedIn) Count(DateTimeOffset now)
    {
        lock (_lock)
        {
            return _ends.Count(now);
        }
    }

    /// <summary>A session was loaded.</summary>
    public void Saw(SessionRecord record)
    {
        lock (_lock)
        {
            Note(record.Id, new LiveSpan(record.StartedAt.ToUnixTimeMilliseconds(), record.LastSeenAt.ToUnixTimeMilliseconds(), record.UserId is not null));
        }
    }

    /// <summary>A session was touched.</summary>
    public void Saw(Guid id, DateTimeOffset seen)
    {
        lock (_lock)
        {
            if (_known.TryGetValue(id, out var known))
            {
                Note(id, known with { Seen = seen.ToUnixTimeMilliseconds() });
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

            var now = commit.Now.ToUnixTimeMilliseconds();
            Note(commit.Id, new LiveSpan(
                (commit.Identity?.StartedAt)?.ToUnixTimeMilliseconds() ?? (commit.Creates ? now : known.Started),
                commit.Creates || commit.Touches ? now : known.Seen,
                commit.Identity is { } identity ? identity.UserId is not null : known.SignedIn));
        }
    }

    /// <summary>A session is gone.</summary>
    public void Forget(Guid id)
    {
        lock (_lock)
        {
            if (_known.Remove(id, out var known))
            {
                _ends.Move(known, null);
            }
        }
    }

    private void Note(Guid id, LiveSpan span)
    {
        ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(_known, id, out var exists);
        span = span with { Seen = Math.Max(span.Seen, known.Seen) };
        _ends.Move(exists ? known : null, span);
        known = span;
        if (_known.Count >= _sweepAt)
        {
            Sweep(span.Seen);
        }
    }

    private void Sweep(long now)
    {
        foreach (var (id, known) in _known)
        {
            if (_ends.IsOver(known, now))
            {
                _known.Remove(id);
                _ends.Move(known, null);
            }
        }

        _sweepAt = Math.Max(FirstSweep, 2 * _known.Count);
    }
}
