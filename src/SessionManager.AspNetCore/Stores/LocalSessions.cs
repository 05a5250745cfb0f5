namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The sessions that this process has made or loaded, by user and in order, because a plain cache can neither list nor search. What has
/// not been used here for as long as a record is kept is forgotten, when what is remembered has doubled.
/// </summary>
internal sealed class LocalSessions
{
    private const int FirstSweep = 1024;

    private readonly Lock _lock = new();
    private readonly KnownSessions _known;
    private readonly Dictionary<string, KnownUser> _users = new(StringComparer.Ordinal);
    private readonly SessionOrder _order;
    private readonly LiveEnds _live;
    private readonly SessionLifetime _lifetime;
    private int _sweepAt = FirstSweep;

    public LocalSessions(SessionLifetime lifetime)
    {
        _lifetime = lifetime;
        _live = new LiveEnds(lifetime);
        _known = new KnownSessions(lifetime.AbsoluteTimeout);
        _order = new SessionOrder(_known);
    }

    /// <summary>The living ones, without and with a user.</summary>
    public (int Anonymous, int SignedIn) CountLive(DateTimeOffset now)
    {
        lock (_lock)
        {
            return _live.Count(now);
        }
    }

    /// <summary>Remembers a session as it was loaded or saved. Costs a lookup when nothing about it is new.</summary>
    /// <returns>Who is signed in to it.</returns>
    public KnownUser? Remember(SessionRecord record)
    {
        var (started, seen) = (record.StartedAt.ToUnixTimeMilliseconds(), record.LastSeenAt.ToUnixTimeMilliseconds());
        lock (_lock)
        {
            var place = _known.Find(record.Id);
            if (place >= 0)
            {
                ref var known = ref _known[place];
                if (known.Started == started
                    && seen - _known.SeenOf(known) < _lifetime.TouchInterval.TotalMilliseconds
                    && string.Equals(known.User?.Id, record.UserId, StringComparison.Ordinal))
                {
                    return known.User;
                }
            }

            var user = Update(place, record, started, seen);
            if (_known.Count >= _sweepAt)
            {
                // Not on this request's time.
                _sweepAt = int.MaxValue;
                ThreadPool.UnsafeQueueUserWorkItem(static sweep => sweep.Sessions.Sweep(sweep.Now), (Sessions: this, Now: seen), preferLocal: false);
            }

            return user;
        }
    }

    /// <summary>A session was used, and nothing else about it is new.</summary>
    public void Saw(Guid id, DateTimeOffset lastSeenAt)
    {
        var seen = lastSeenAt.ToUnixTimeMilliseconds();
        lock (_lock)
        {
            var place = _known.Find(id);
            if (place >= 0 && seen - _known.SeenOf(_known[place]) >= _lifetime.TouchInterval.TotalMilliseconds)
            {
                var before = SpanOf(place);
                _known.SetTimes(place, before.Started, seen);
                _live.Move(before, SpanOf(place));
            }
        }
    }

    /// <summary>Forgets a session that has ended.</summary>
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

    /// <summary>Notes a session under a user; or returns those that are noted, when there are too many others.</summary>
    public IReadOnlyList<SessionMember>? Admit(string userId, SessionMember member, int? limit)
    {
        lock (_lock)
        {
            var members = UserOf(userId).Members;
            var isNew = !members.TryGetValue(member.Id, out var before);
            if (isNew && members.Count >= limit)
            {
                return Sorted(members);
            }

            members[member.Id] = isNew || member.AdmittedAt > before ? member.AdmittedAt : before;
            return null;
        }
    }

    public void Dismiss(string userId, SessionMember member)
    {
        lock (_lock)
        {
            if (_users.TryGetValue(userId, out var user)
                && user.Members.TryGetValue(member.Id, out var admitted)
                && admitted <= member.AdmittedAt)
            {
                Unlist(userId, member.Id);
            }
        }
    }

    public IReadOnlyList<SessionMember> Find(string userId)
    {
        lock (_lock)
        {
            return _users.TryGetValue(userId, out var user) ? Sorted(user.Members) : [];
        }
    }

    /// <summary>The sessions behind one, the newest first, without those that the store has no record of any more.</summary>
    public IReadOnlyList<SessionMember> Page(SessionMember? after, int count, DateTimeOffset now)
    {
        var oldest = (now - _lifetime.RecordTimeToLive).ToUnixTimeMilliseconds();
        lock (_lock)
        {
            return
            [
                .. _order.Behind(after)
                    .Where(place => _known.SeenOf(_known[place]) >= oldest)
                    .Take(count)
                    .Select(place => new SessionMember(_known[place].Id, DateTimeOffset.FromUnixTimeMilliseconds(_known[place].Started))),
            ];
        }
    }

    /// <summary>Forgets what has not been used here for as long as the store keeps it.</summary>
    public void Sweep(long now)
    {
        var oldest = now - (long)_lifetime.RecordTimeToLive.TotalMilliseconds;
        lock (_lock)
        {
            foreach (var place in (int[])[.. _known.Places.Where(place => _known.SeenOf(_known[place]) < oldest)])
            {
                ForgetAt(place);
            }

            // Of sign-ins that came to nothing.
            foreach (var (userId, user) in _users)
            {
                foreach (var (id, admitted) in user.Members)
                {
                    if (admitted.ToUnixTimeMilliseconds() < oldest && _known.Find(id) < 0)
                    {
                        Unlist(userId, id);
                    }
                }
            }

            _sweepAt = Math.Max(FirstSweep, 2 * _known.Count);
        }
    }

    private KnownUser? Update(int place, SessionRecord record, long started, long seen)
    {
        LiveSpan? before = null;
        if (place >= 0)
        {
            before = SpanOf(place);
            seen = Math.Max(seen, before.Value.Seen);
            if (before.Value.Started != started)
            {
                _order.Remove(place);
            }

            if (_known[place].User is { } other && !string.Equals(other.Id, record.UserId, StringComparison.Ordinal))
            {
                Unlist(other.Id, record.Id);
            }
        }
        else
        {
            place = _known.Add(record.Id);
        }

        KnownUser? user = null;
        if (record.UserId is { } userId)
        {
            Admit(userId, new SessionMember(record.Id, record.AuthenticatedAt ?? record.StartedAt), limit: null);
            user = UserOf(userId);
        }

        _known[place].User = user;
        _known.SetTimes(place, started, seen);
        if (before?.Started != started)
        {
            _order.Add(place);
        }

        _live.Move(before, SpanOf(place));
        return user;
    }

    private KnownUser UserOf(string userId)
    {
        if (!_users.TryGetValue(userId, out var user))
        {
            _users.Add(userId, user = new KnownUser(userId));
        }

        return user;
    }

    private void ForgetAt(int place)
    {
        var (id, user) = (_known[place].Id, _known[place].User);
        _live.Move(SpanOf(place), null);
        _order.Remove(place);
        _known.Remove(place);
        Unlist(user?.Id, id);
    }

    private LiveSpan SpanOf(int place)
    {
        ref var known = ref _known[place];
        return new LiveSpan(known.Started, _known.SeenOf(known), known.User is not null);
    }

    private void Unlist(string? userId, Guid id)
    {
        if (userId is not null && _users.TryGetValue(userId, out var user) && user.Members.Remove(id) && user.Members.Count == 0)
        {
            _users.Remove(userId);
        }
    }

    private static SessionMember[] Sorted(Dictionary<Guid, DateTimeOffset> members) =>
        [.. members.Select(member => new SessionMember(member.Key, member.Value)).OrderBy(member => member.AdmittedAt).ThenBy(member => member.Id)];
}
