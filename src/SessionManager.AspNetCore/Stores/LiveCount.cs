namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// Counts the living sessions that this process has used, without asking the store and without going through them: they are counted by
/// the moment at which they end unless they are used again.
/// </summary>
internal sealed class LiveCount
{
    private const int FirstSweep = 1024;

    private readonly Lock _lock = new();
    private readonly KnownSessions _known;
    private readonly LiveEnds _ends;
    private readonly SlicedSweep _sweep;

    // Who is signed in does not matter here.
    private readonly KnownUser _somebody = new(string.Empty, new StableTable<NoteKey, KnownNote>());
    private int _sweepAt = FirstSweep;

    public LiveCount(SessionLifetime lifetime)
    {
        _known = new KnownSessions(lifetime.AbsoluteTimeout);
        _ends = new LiveEnds(lifetime);
        _sweep = new SlicedSweep(_lock, SweepSlice);
    }

    /// <summary>How many sessions are remembered, living or not.</summary>
    public int Known => _known.Count;

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
            if (_known.Find(id) is >= 0 and var place)
            {
                Note(id, _known.SpanOf(place) with { Seen = seen.ToUnixTimeMilliseconds() });
            }
        }
    }

    /// <summary>A session was begun or changed.</summary>
    public void Saw(SessionCommit commit)
    {
        lock (_lock)
        {
            var place = _known.Find(commit.Id);
            if (place < 0 && !commit.Creates)
            {
                return;
            }

            var known = place < 0 ? default : _known.SpanOf(place);

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
            if (_known.Find(id) is >= 0 and var place)
            {
                ForgetAt(place);
            }
        }
    }

    /// <summary>Forgets the sessions that have ended.</summary>
    public void Sweep(long now) => _sweep.Run(now);

    private void Note(Guid id, LiveSpan span)
    {
        var place = _known.Find(id);
        LiveSpan? before = place < 0 ? null : _known.SpanOf(place);
        if (place < 0)
        {
            place = _known.Add(id);
        }

        _known[place].User = span.SignedIn ? _somebody : null;
        _known.SetTimes(place, span.Started, Math.Max(span.Seen, before?.Seen ?? span.Seen));
        _ends.Move(before, _known.SpanOf(place));
        if (_known.Count >= _sweepAt)
        {
            // Not on this request's time.
            _sweepAt = int.MaxValue;
            _sweep.Start(span.Seen);
        }
    }

    private void ForgetAt(int place)
    {
        _ends.Move(_known.SpanOf(place), null);
        _known.Remove(place);
    }

    private bool SweepSlice(int from, long now)
    {
        for (var place = from; place < from + SlicedSweep.Length; place++)
        {
            if (_known.Table.IsUsed(place) && _ends.IsOver(_known.SpanOf(place), now))
            {
                ForgetAt(place);
            }
        }

        if (from + SlicedSweep.Length < _known.Table.End)
        {
            return true;
        }

        _sweepAt = Math.Max(FirstSweep, 2 * _known.Count);
        return false;
    }
}
