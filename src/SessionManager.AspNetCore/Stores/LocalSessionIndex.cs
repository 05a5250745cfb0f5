using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The sessions that this process has made or loaded, in order, because a plain cache can't list. A session that has
/// not been used here for as long as its record is kept is forgotten when the number of sessions has doubled.
/// </summary>
internal sealed class LocalSessionIndex
{
    private const int FirstSweep = 1024;

    private readonly Lock _lock = new();
    private readonly LocalSessionTable _sessions;
    private readonly SortedPlaces<Guid, LocalSession> _order;
    private readonly ExpiryBuckets _expiry;
    private readonly SessionLifetime _lifetime;
    private readonly SlicedSweep _sweep;
    private readonly long _touchInterval;
    private int _sweepAt = FirstSweep;

    public LocalSessionIndex(SessionLifetime lifetime)
    {
        _lifetime = lifetime;
        _touchInterval = (long)lifetime.TouchInterval.TotalMilliseconds;
        _expiry = new ExpiryBuckets(lifetime);
        _sessions = new LocalSessionTable(lifetime.LongestTimeout);
        _order = new SortedPlaces<Guid, LocalSession>(_sessions.Table);
        _sweep = new SlicedSweep(_lock, SweepSlice);
    }

    /// <summary>The most sessions that were gone through while the lock was held once.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>How many sessions live, without and with a user.</summary>
    public (int Anonymous, int SignedIn) Count(DateTimeOffset now)
    {
        lock (_lock)
        {
            return _expiry.Count(now);
        }
    }

    /// <summary>Remembers a session as it was loaded or saved. Costs a lookup when nothing about the session is
    /// new.</summary>
    /// <param name="id">The session.</param>
    /// <param name="span">The times of the session.</param>
    /// <param name="terms">The terms of the session; <see langword="null"/> when it has none.</param>
    public void Remember(Guid id, SessionSpan span, SignInTerms? terms = null)
    {
        span = span.By(terms, _lifetime);
        lock (_lock)
        {
            if (!_sessions.Knows(id, span, _touchInterval, out var place))
            {
                Update(place, id, span);
                SweepIfDue(span.Seen);
            }
        }
    }

    /// <summary>Remembers that a session was used.</summary>
    public void Touch(Guid id, long seen)
    {
        lock (_lock)
        {
            var place = _sessions.Find(id);
            if (place >= 0 && seen - _sessions.SeenOf(_sessions[place]) >= _touchInterval)
            {
                var before = _sessions.SpanOf(place);
                _sessions.SetTimes(place, before.Started, seen);
                _expiry.Move(before, _sessions.SpanOf(place));
            }
        }
    }

    /// <summary>Forgets a session that has ended.</summary>
    public void Forget(Guid id)
    {
        lock (_lock)
        {
            if (_sessions.Find(id) is >= 0 and var place)
            {
                ForgetAt(place);
            }
        }
    }

    /// <summary>The sessions after a position, those that started last in front.</summary>
    /// <param name="after">The position; <see langword="null"/>: from the first on.</param>
    /// <param name="count">The most sessions to return.</param>
    public IReadOnlyList<SessionPosition> Page(SessionPosition? after, int count)
    {
        (long, Guid)? last = after is null ? null : (after.StartedAt.ToUnixTimeMilliseconds(), after.Id);
        lock (_lock)
        {
            List<SessionPosition> page =
            [
                .. _order.Before(last)
                    .Take(Math.Min(count, SlicedSweep.Length))
                    .Select(place => PositionOf(_sessions[place])),
            ];
            CountAtOnce(page.Count);
            return page;
        }
    }

    /// <summary>The sessions that have expired, as far as this process knows when they were used.</summary>
    public IEnumerable<Guid> ListExpired(DateTimeOffset now)
    {
        if (CountExpired(now) == 0)
        {
            yield break;
        }

        var slice = new List<Guid>();
        for (int from = 0, end = int.MaxValue; from < end; from += SlicedSweep.Length)
        {
            slice.Clear();
            end = FillExpired(slice, from, now.ToUnixTimeMilliseconds());
            foreach (var id in slice)
            {
                // The lock is free.
                yield return id;
            }
        }
    }

    /// <summary>Forgets the sessions that have not been used here for as long as their records are kept.</summary>
    /// <param name="now">The time, in Unix milliseconds.</param>
    public void Sweep(long now) => _sweep.Run(now);

    private static SessionPosition PositionOf(in LocalSession session) =>
        new(DateTimeOffset.FromUnixTimeMilliseconds(session.Started), session.Id);

    private void Update(int place, Guid id, SessionSpan span)
    {
        SessionSpan? before = place < 0 ? null : _sessions.SpanOf(place);
        if (place < 0)
        {
            place = _sessions.Add(id);
        }
        else if (before?.Started != span.Started)
        {
            _order.Remove(place);
        }

        ref var session = ref _sessions[place];
        (session.IsSignedIn, session.Idle, session.Absolute) = (span.IsSignedIn, span.Idle, span.Absolute);
        _sessions.SetTimes(place, span.Started, Math.Max(span.Seen, before?.Seen ?? span.Seen));
        if (before?.Started != span.Started)
        {
            _order.Add(place);
        }

        _expiry.Move(before, _sessions.SpanOf(place));
    }

    // Counted, so that going through all sessions is spared while they live.
    private int CountExpired(DateTimeOffset now)
    {
        lock (_lock)
        {
            var (anonymous, signedIn) = _expiry.Count(now);
            return _sessions.Count - anonymous - signedIn;
        }
    }

    private int FillExpired(List<Guid> slice, int from, long now)
    {
        lock (_lock)
        {
            for (var place = from; place < from + SlicedSweep.Length; place++)
            {
                if (_sessions.Table.IsUsed(place) && _expiry.IsExpired(_sessions.SpanOf(place), now))
                {
                    slice.Add(_sessions[place].Id);
                }
            }

            CountAtOnce(SlicedSweep.Length);
            return _sessions.Table.End;
        }
    }

    private void SweepIfDue(long now)
    {
        if (_sessions.Count >= _sweepAt)
        {
            // Not on this request's time.
            _sweepAt = int.MaxValue;
            _sweep.Start(now);
        }
    }

    private bool SweepSlice(int from, long now)
    {
        var grace = (long)_lifetime.Grace.TotalMilliseconds;
        var idle = (long)_lifetime.IdleTimeout.TotalMilliseconds;
        var end = from + SlicedSweep.Length;
        for (var place = from; place < end; place++)
        {
            if (_sessions.Table.IsUsed(place)
                && _sessions.SeenOf(_sessions[place]) + _sessions[place].Idle.MillisecondsOr(idle) + grace < now)
            {
                ForgetAt(place);
            }
        }

        CountAtOnce(SlicedSweep.Length);
        if (end < _sessions.Table.End)
        {
            return true;
        }

        _sweepAt = Math.Max(FirstSweep, 2 * _sessions.Count);
        return false;
    }

    private void ForgetAt(int place)
    {
        _expiry.Move(_sessions.SpanOf(place), null);
        _order.Remove(place);
        _sessions.Remove(place);
    }

    private void CountAtOnce(int sessions) => MostAtOnce = Math.Max(MostAtOnce, sessions);
}
