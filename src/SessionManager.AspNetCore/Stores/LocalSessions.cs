using System.Collections.Concurrent;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The sessions that this process has made or loaded, by user and in order, because a plain cache can neither list nor search. What has
/// not been used here for as long as a record is kept is forgotten, when what is remembered has doubled.
/// </summary>
internal sealed class LocalSessions(SessionLifetime lifetime)
{
    private const int FirstSweep = 1024;

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<Guid, KnownSession> _known = new();
    private readonly Dictionary<string, KnownUser> _users = new(StringComparer.Ordinal);
    private readonly SessionOrder _order = new();
    private readonly LiveEnds _live = new(lifetime);
    private int _sweepAt = FirstSweep;

    public int Count => _known.Count;

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
        if (!_known.TryGetValue(record.Id, out var known)
            || known.Started != started
            || seen - known.Seen >= lifetime.TouchInterval.TotalMilliseconds
            || !string.Equals(known.UserId, record.UserId, StringComparison.Ordinal))
        {
            return Update(record, started, seen);
        }

        return known.User;
    }

    /// <summary>A session was used, and nothing else about it is new.</summary>
    public void Saw(Guid id, DateTimeOffset lastSeenAt)
    {
        var seen = lastSeenAt.ToUnixTimeMilliseconds();
        if (!_known.TryGetValue(id, out var known) || seen - known.Seen < lifetime.TouchInterval.TotalMilliseconds)
        {
            return;
        }

        lock (_lock)
        {
            if (_known.TryGetValue(id, out known) && known.Seen < seen)
            {
                var next = known with { Seen = seen };
                _live.Move(known.Span, next.Span);
                _known[id] = next;
            }
        }
    }

    /// <summary>Forgets a session that has ended.</summary>
    public void Forget(Guid id)
    {
        lock (_lock)
        {
            if (_known.TryRemove(id, out var known))
            {
                Forget(id, known);
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
        var oldest = (now - lifetime.RecordTimeToLive).ToUnixTimeMilliseconds();
        lock (_lock)
        {
            return
            [
                .. _order.Behind(after)
                    .Where(entry => _known[entry.Id].Seen >= oldest)
                    .Take(count)
                    .Select(entry => new SessionMember(entry.Id, DateTimeOffset.FromUnixTimeMilliseconds(entry.Started))),
            ];
        }
    }

    /// <summary>Forgets what has not been used here for as long as the store keeps it.</summary>
    public void Sweep(long now)
    {
        var oldest = now - (long)lifetime.RecordTimeToLive.TotalMilliseconds;
        lock (_lock)
        {
            foreach (var (id, known) in _known)
            {
                if (known.Seen < oldest && _known.TryRemove(id, out _))
                {
                    Forget(id, known);
                }
            }

            // Of sign-ins that came to nothing.
            foreach (var (userId, user) in _users)
            {
                foreach (var (id, admitted) in user.Members)
                {
                    if (admitted.ToUnixTimeMilliseconds() < oldest && !_known.ContainsKey(id))
                    {
                        Unlist(userId, id);
                    }
                }
            }

            _sweepAt = Math.Max(FirstSweep, 2 * _known.Count);
        }
    }

    private KnownUser? Update(SessionRecord record, long started, long seen)
    {
        var sweeps = false;
        KnownUser? user = null;
        lock (_lock)
        {
            var isKnown = _known.TryGetValue(record.Id, out var known);
            if (!isKnown || known.Started != started)
            {
                _order.Remove(known.Started, record.Id);
                _order.Add(started, record.Id);
            }

            if (isKnown && !string.Equals(known.UserId, record.UserId, StringComparison.Ordinal))
            {
                Unlist(known.UserId, record.Id);
            }

            if (record.UserId is { } userId)
            {
                Admit(userId, new SessionMember(record.Id, record.AuthenticatedAt ?? record.StartedAt), limit: null);
                user = UserOf(userId);
            }

            var next = new KnownSession(user, started, Math.Max(seen, known.Seen));
            _live.Move(isKnown ? known.Span : null, next.Span);
            _known[record.Id] = next;
            if (_known.Count >= _sweepAt)
            {
                (sweeps, _sweepAt) = (true, int.MaxValue);
            }
        }

        if (sweeps)
        {
            // Not on this request's time.
            ThreadPool.UnsafeQueueUserWorkItem(static sweep => sweep.Sessions.Sweep(sweep.Now), (Sessions: this, Now: seen), preferLocal: false);
        }

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

    private void Forget(Guid id, KnownSession known)
    {
        _live.Move(known.Span, null);
        _order.Remove(known.Started, id);
        Unlist(known.UserId, id);
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
