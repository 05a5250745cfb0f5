using SessionManager.AspNetCore.Records;

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
    private readonly StableTable<NoteKey, KnownNote> _notes = new();
    private readonly StableTable<string, UserEntry> _users = new();
    private readonly StableTable<Guid, KnownOwned> _owned = new();
    private readonly SortedPlaces<Guid, KnownSession> _order;
    private readonly LiveEnds _live;
    private readonly SessionLifetime _lifetime;
    private readonly SlicedSweep _sweep;
    private int _sweepAt = FirstSweep;

    public LocalSessions(SessionLifetime lifetime)
    {
        _lifetime = lifetime;
        _live = new LiveEnds(lifetime);
        _known = new KnownSessions(lifetime.AbsoluteTimeout);
        _order = new SortedPlaces<Guid, KnownSession>(_known.Table);
        _sweep = new SlicedSweep(_lock, SweepSlice);
    }

    /// <summary>The most sessions and notes that were gone through while the lock was held once.</summary>
    public int MostAtOnce { get; private set; }

    /// <summary>The living ones, without and with a user.</summary>
    public (int Anonymous, int SignedIn) CountLive(DateTimeOffset now)
    {
        lock (_lock)
        {
            return _live.Count(now);
        }
    }

    /// <summary>Remembers a session as it was loaded or saved. Costs a lookup when nothing about it is new.</summary>
    /// <returns>Who is signed in to it; when that is nobody, whose it is.</returns>
    public KnownUser? Remember(SessionRecord record)
    {
        var (started, seen) = (record.StartedAt.ToUnixTimeMilliseconds(), record.LastSeenAt.ToUnixTimeMilliseconds());
        var userId = SessionNotes.OfUser(record);
        var ownerId = string.Equals(record.OwnerId, record.UserId, StringComparison.Ordinal) ? null : record.OwnerId;
        lock (_lock)
        {
            var place = _known.Find(record.Id);
            if (place >= 0)
            {
                ref var known = ref _known[place];
                if (known.Started == started
                    && seen - _known.SeenOf(known) < _lifetime.TouchInterval.TotalMilliseconds
                    && string.Equals(known.User?.Id, userId, StringComparison.Ordinal)
                    && TryFindOwner(record.Id, ownerId, out var owner))
                {
                    return known.User ?? owner;
                }
            }

            var user = Update(place, record, userId, started, seen);
            var belongsTo = Own(record.Id, ownerId);
            SweepIfDue(seen);
            return user ?? belongsTo;
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
                var before = _known.SpanOf(place);
                _known.SetTimes(place, before.Started, seen);
                _live.Move(before, _known.SpanOf(place));
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
            if (!(UserOrNull(userId) is { } user && user.Notes.Count >= limit && _notes.Find(new NoteKey(user, member.Id)) < 0))
            {
                Note(userId, member);
                SweepIfDue(member.AdmittedAt.ToUnixTimeMilliseconds());
                return null;
            }
        }

        return Find(userId);
    }

    public void Dismiss(string userId, SessionMember member)
    {
        lock (_lock)
        {
            if (UserOrNull(userId) is { } user
                && _notes.Find(new NoteKey(user, member.Id)) is >= 0 and var note
                && _notes[note].Admitted <= member.AdmittedAt.UtcTicks)
            {
                Unlist(note);
            }
        }
    }

    /// <summary>The sessions noted under a user, the oldest first.</summary>
    public IReadOnlyList<SessionMember> Find(string userId)
    {
        var members = new List<SessionMember>();
        while (FindSlice(userId, members.Count == 0 ? null : members[^1]) is { Length: > 0 } slice)
        {
            members.AddRange(slice);
            if (slice.Length < SlicedSweep.Length)
            {
                break;
            }
        }

        // One that was noted again meanwhile is there twice.
        return members.Count <= SlicedSweep.Length ? members : [.. members.DistinctBy(member => member.Id)];
    }

    /// <summary>The sessions that belong to a user who is not signed in to them.</summary>
    public IReadOnlyList<SessionMember> FindOwned(string ownerId)
    {
        var members = new List<SessionMember>();
        while (FindOwnedSlice(ownerId, members.Count == 0 ? null : members[^1].Id) is { Length: > 0 } slice)
        {
            members.AddRange(slice);
            if (slice.Length < SlicedSweep.Length)
            {
                break;
            }
        }

        return members;
    }

    /// <summary>The sessions behind one, the newest first, without those that the store has no record of any more.</summary>
    public IReadOnlyList<SessionMember> Page(SessionMember? after, int count, DateTimeOffset now)
    {
        var oldest = (now - _lifetime.RecordTimeToLive).ToUnixTimeMilliseconds();
        var page = new List<SessionMember>(count);
        (long, Guid)? last = after is { } member ? (member.AdmittedAt.ToUnixTimeMilliseconds(), member.Id) : null;
        while (page.Count < count && FillPage(page, count, oldest, ref last))
        {
            // The lock is free for a moment.
        }

        return page;
    }

    /// <summary>The sessions whose end has passed, as far as this process knows when they were used.</summary>
    public IEnumerable<Guid> ListExpired(DateTimeOffset now)
    {
        if (CountEnded(now) == 0)
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

    /// <summary>Forgets what has not been used here for as long as the store keeps it.</summary>
    public void Sweep(long now) => _sweep.Run(now);

    private SessionMember[] FindSlice(string userId, SessionMember? after)
    {
        lock (_lock)
        {
            SessionMember[] slice = UserOrNull(userId) is { } user
                ? [.. user.Notes.After(after is { } last ? (last.AdmittedAt.UtcTicks, last.Id) : null).Take(SlicedSweep.Length).Select(MemberAt)]
                : [];
            CountAtOnce(slice.Length);
            return slice;
        }
    }

    // Counted, so that going through all of them is spared while they live: what has ended and is over is known by the step.
    private int CountEnded(DateTimeOffset now)
    {
        lock (_lock)
        {
            var (anonymous, signedIn) = _live.Count(now);
            return _known.Count - anonymous - signedIn;
        }
    }

    private int FillExpired(List<Guid> slice, int from, long now)
    {
        lock (_lock)
        {
            for (var place = from; place < from + SlicedSweep.Length; place++)
            {
                if (_known.Table.IsUsed(place) && _live.IsOver(_known.SpanOf(place), now))
                {
                    slice.Add(_known[place].Id);
                }
            }

            CountAtOnce(SlicedSweep.Length);
            return _known.Table.End;
        }
    }

    private SessionMember[] FindOwnedSlice(string ownerId, Guid? after)
    {
        lock (_lock)
        {
            SessionMember[] slice = UserOrNull(ownerId)?.Owned is { } owned
                ? [.. owned.After(after is { } last ? (0, last) : null).Take(SlicedSweep.Length).Select(OwnedAt)]
                : [];
            CountAtOnce(slice.Length);
            return slice;
        }
    }

    private SessionMember OwnedAt(int place)
    {
        var id = _owned[place].Id;
        return new SessionMember(id, DateTimeOffset.FromUnixTimeMilliseconds(_known[_known.Find(id)].Started));
    }

    private SessionMember MemberAt(int note) => new(_notes[note].Key.Id, new DateTimeOffset(_notes[note].Admitted, TimeSpan.Zero));

    private bool FillPage(List<SessionMember> page, int count, long oldest, ref (long, Guid)? last)
    {
        lock (_lock)
        {
            var passed = 0;
            foreach (var place in _order.Before(last))
            {
                ref var known = ref _known[place];
                last = known.Order;
                if (_known.SeenOf(known) >= oldest)
                {
                    page.Add(new SessionMember(known.Id, DateTimeOffset.FromUnixTimeMilliseconds(known.Started)));
                }

                if (++passed == SlicedSweep.Length || page.Count == count)
                {
                    break;
                }
            }

            CountAtOnce(passed);
            return passed == SlicedSweep.Length;
        }
    }

    private void SweepIfDue(long now)
    {
        if (_known.Count + _notes.Count >= _sweepAt)
        {
            // Not on this request's time.
            _sweepAt = int.MaxValue;
            _sweep.Start(now);
        }
    }

    private bool SweepSlice(int from, long now)
    {
        var oldest = now - (long)_lifetime.RecordTimeToLive.TotalMilliseconds;
        var place = from;
        for (; place < from + SlicedSweep.Length; place++)
        {
            if (_known.Table.IsUsed(place) && _known.SeenOf(_known[place]) < oldest)
            {
                ForgetAt(place);
            }

            // Of a sign-in that came to nothing.
            if (_notes.IsUsed(place) && MemberAt(place) is var member && member.AdmittedAt.ToUnixTimeMilliseconds() < oldest && _known.Find(member.Id) < 0)
            {
                Unlist(place);
            }
        }

        CountAtOnce(2 * (place - from));
        if (place < Math.Max(_known.Table.End, _notes.End))
        {
            return true;
        }

        _sweepAt = Math.Max(FirstSweep, 2 * (_known.Count + _notes.Count));
        return false;
    }

    private void CountAtOnce(int entries) => MostAtOnce = Math.Max(MostAtOnce, entries);

    private KnownUser? Update(int place, SessionRecord record, string? userId, long started, long seen)
    {
        LiveSpan? before = null;
        if (place >= 0)
        {
            before = _known.SpanOf(place);
            seen = Math.Max(seen, before.Value.Seen);
            if (before.Value.Started != started)
            {
                _order.Remove(place);
            }

            if (_known[place].User is { } other
                && !string.Equals(other.Id, userId, StringComparison.Ordinal)
                && !string.Equals(other.Id, record.ActorId, StringComparison.Ordinal))
            {
                Unlist(other.Id, record.Id);
            }
        }
        else
        {
            place = _known.Add(record.Id);
        }

        KnownUser? user = null;
        if (userId is not null)
        {
            var member = new SessionMember(record.Id, record.AuthenticatedAt ?? record.StartedAt);
            user = Note(userId, member);
            if (record.ActorId is { } actor)
            {
                Note(actor, member);
            }
        }

        _known[place].User = user;
        _known.SetTimes(place, started, seen);
        if (before?.Started != started)
        {
            _order.Add(place);
        }

        _live.Move(before, _known.SpanOf(place));
        return user;
    }

    // Whether it is known whose a session is that its owner is not signed in to; usually there is none.
    private bool TryFindOwner(Guid id, string? ownerId, out KnownUser? owner)
    {
        var place = _owned.Count == 0 ? -1 : _owned.Find(id);
        owner = place < 0 ? null : _owned[place].Owner;
        return string.Equals(owner?.Id, ownerId, StringComparison.Ordinal);
    }

    private KnownUser? Own(Guid id, string? ownerId)
    {
        if (TryFindOwner(id, ownerId, out var owner))
        {
            return owner;
        }

        Disown(id);
        if (ownerId is null)
        {
            return null;
        }

        owner = UserOf(ownerId);
        owner.Owned ??= new SortedPlaces<Guid, KnownOwned>(_owned);
        owner.Owned.Add(_owned.Add(new KnownOwned { Id = id, Owner = owner }));
        return owner;
    }

    private void Disown(Guid id)
    {
        if (_owned.Find(id) is >= 0 and var place)
        {
            var owner = _owned[place].Owner;
            owner.Owned!.Remove(place);
            _owned.Remove(place);
            ForgetIfUnused(owner);
        }
    }

    private KnownUser UserOf(string userId)
    {
        var user = UserOrNull(userId);
        if (user is null)
        {
            user = new KnownUser(userId, _notes);
            _users.Add(new UserEntry { User = user });
        }

        return user;
    }

    private void ForgetIfUnused(KnownUser user)
    {
        if (user.Owned is { Count: 0 })
        {
            user.Owned = null;
        }

        if (user.Notes.Count == 0 && user.Owned is null)
        {
            _users.Remove(_users.Find(user.Id));
        }
    }

    private KnownUser Note(string userId, SessionMember member)
    {
        var user = UserOf(userId);
        var key = new NoteKey(user, member.Id);
        var note = _notes.Find(key);
        if (note < 0)
        {
            note = _notes.Add(new KnownNote { Key = key, Admitted = member.AdmittedAt.UtcTicks });
            user.Notes.Add(note);
        }
        else if (member.AdmittedAt.UtcTicks > _notes[note].Admitted)
        {
            user.Notes.Remove(note);
            _notes[note].Admitted = member.AdmittedAt.UtcTicks;
            user.Notes.Add(note);
        }

        return user;
    }

    private void ForgetAt(int place)
    {
        var (id, user) = (_known[place].Id, _known[place].User);
        _live.Move(_known.SpanOf(place), null);
        _order.Remove(place);
        _known.Remove(place);
        Disown(id);
        if (user is not null)
        {
            Unlist(user.Id, id);
        }
    }

    private void Unlist(string userId, Guid id)
    {
        if (UserOrNull(userId) is { } user && _notes.Find(new NoteKey(user, id)) is >= 0 and var note)
        {
            Unlist(note);
        }
    }

    private void Unlist(int note)
    {
        var user = _notes[note].Key.User;
        user.Notes.Remove(note);
        _notes.Remove(note);
        ForgetIfUnused(user);
    }

    private KnownUser? UserOrNull(string userId) => _users.Find(userId) is >= 0 and var place ? _users[place].User : null;
}
