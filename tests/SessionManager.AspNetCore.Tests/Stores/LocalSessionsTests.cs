using CsCheck;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>What a process remembers of its sessions, against a list that does the same slowly.</summary>
public sealed class LocalSessionsTests
{
    private static readonly SessionLifetime Lifetime = new(TimeSpan.FromMinutes(20), TimeSpan.FromHours(24), TimeSpan.FromMinutes(1));
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // More than two pieces of the order, and more than two chunks of the table.
    private static readonly Guid[] Ids = [.. Enumerable.Range(0, 1500).Select(i => new Guid(i * 7919 % 1500, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]))];

    private static readonly Gen<(int Kind, int Id, int Minutes, int User)[]> Steps =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 19], Gen.Int[0, 50], Gen.Int[0, 3]).Array[0, 200];

    [Fact]
    public void It_remembers_what_a_list_would() => Steps.Sample(
        steps =>
        {
            var sessions = new LocalSessions(Lifetime);
            var model = new Dictionary<Guid, SessionRecord>();
            var now = Start;
            foreach (var step in steps)
            {
                var id = Ids[step.Id];
                switch (step.Kind)
                {
                    case < 6:
                        var record = RecordOf(id, Start.AddMinutes(step.Minutes), Start.AddMinutes(step.Minutes + step.User), step.User == 0 ? null : $"user{step.User}");
                        Assert.Equal(record.UserId, sessions.Remember(record)?.Id);
                        var seen = model.TryGetValue(id, out var known) && known.LastSeenAt > record.LastSeenAt ? known.LastSeenAt : record.LastSeenAt;
                        model[id] = RecordOf(id, record.StartedAt, seen, record.UserId);
                        break;
                    case < 8:
                        sessions.Forget(id);
                        model.Remove(id);
                        break;
                    case 8:
                        now = Start.AddMinutes(step.Minutes);
                        sessions.Sweep(now.ToUnixTimeMilliseconds());
                        foreach (var old in model.Values.Where(session => session.LastSeenAt < now - Lifetime.RecordTimeToLive).ToList())
                        {
                            model.Remove(old.Id);
                        }

                        break;
                    default:
                        var at = Start.AddMinutes(step.Minutes);
                        sessions.Saw(id, at);
                        if (model.TryGetValue(id, out var used) && at > used.LastSeenAt)
                        {
                            model[id] = RecordOf(id, used.StartedAt, at, used.UserId);
                        }

                        break;
                }
            }

            AssertSame(model, sessions, now);
        });

    [Fact]
    public void Many_are_listed_in_order_and_none_is_lost_when_others_go()
    {
        var sessions = new LocalSessions(Lifetime);
        var model = new Dictionary<Guid, SessionRecord>();
        for (var i = 0; i < Ids.Length; i++)
        {
            // Up and down, so that full pieces are split.
            var at = Start.AddSeconds(i * 7907 % 1000);
            model[Ids[i]] = RecordOf(Ids[i], at, at, userId: null);
            sessions.Remember(model[Ids[i]]);
        }

        AssertSame(model, sessions, Start);
        foreach (var id in Ids.Where((_, i) => i % 3 != 0))
        {
            sessions.Forget(id);
            model.Remove(id);
        }

        AssertSame(model, sessions, Start);
        foreach (var id in Ids.Where((_, i) => i % 2 == 0))
        {
            model[id] = RecordOf(id, Start.AddSeconds(5), Start.AddSeconds(5), "alice");
            sessions.Remember(model[id]);
        }

        AssertSame(model, sessions, Start);
        foreach (var id in Ids)
        {
            sessions.Forget(id);
        }

        AssertSame([], sessions, Start);
        sessions.Remember(RecordOf(Ids[0], Start, Start, userId: null));
        Assert.Single(sessions.Page(null, 10, Start));
    }

    [Fact]
    public void However_many_there_are_the_lock_is_held_for_a_few_at_a_time()
    {
        const int Sessions = 20_000;
        var sessions = new LocalSessions(Lifetime);
        for (var i = 0; i < Sessions; i++)
        {
            sessions.Remember(RecordOf(NewId(i), Start.AddMilliseconds(i), Start.AddMilliseconds(i), i % 2 == 0 ? "alice" : $"user{i}"));
        }

        // A sweep that forgets them all, a listing that passes all of them by, and a user with many of them.
        var later = Start.AddHours(1);
        Assert.Equal(Sessions / 2, sessions.Find("alice").Count);
        Assert.Equal(Sessions / 2, sessions.Admit("alice", new SessionMember(NewId(Sessions), later), limit: 1)!.Count);
        Assert.Equal(10, sessions.Page(null, 10, Start).Count);
        Assert.Empty(sessions.Page(null, 10, later));
        sessions.Sweep(later.ToUnixTimeMilliseconds());
        Assert.Empty(sessions.Page(null, 10, Start));

        Assert.InRange(sessions.MostAtOnce, 1, 1000);
    }

    [Fact]
    public void Pages_and_a_users_sessions_are_whole_across_slices()
    {
        const int Sessions = 1500;
        var sessions = new LocalSessions(Lifetime);
        var records = Enumerable.Range(0, Sessions).Select(i => RecordOf(Ids[i], Start.AddMilliseconds(i % 700), Start.AddMilliseconds(i % 700), "alice")).ToList();
        records.ForEach(record => sessions.Remember(record));

        var expected = records.OrderBy(record => record.StartedAt).ThenBy(record => record.Id).Select(record => new SessionMember(record.Id, record.StartedAt)).ToList();
        Assert.Equal(expected, sessions.Find("alice"));
        Assert.Equal(Enumerable.Reverse(expected).Take(1000), sessions.Page(null, 1000, Start));

        // Those in front are passed by: the store has no record of them any more.
        sessions.Saw(expected[0].Id, Start.AddMinutes(10));
        Assert.Equal([expected[0]], sessions.Page(null, 1000, Start.AddMinutes(10) + Lifetime.RecordTimeToLive));
    }

    [Fact]
    public void A_sweep_takes_the_notes_of_sign_ins_that_came_to_nothing_and_leaves_the_others()
    {
        var sessions = new LocalSessions(Lifetime);
        var later = Start + Lifetime.RecordTimeToLive + TimeSpan.FromMinutes(1);
        sessions.Admit("alice", new SessionMember(Ids[0], Start), limit: null);
        sessions.Admit("alice", new SessionMember(Ids[1], later), limit: null);
        sessions.Remember(RecordOf(Ids[2], Start, later, "alice"));
        sessions.Admit("bob", new SessionMember(Ids[0], Start), limit: null);

        sessions.Sweep(later.ToUnixTimeMilliseconds());

        Assert.Equal([Ids[2], Ids[1]], sessions.Find("alice").Select(member => member.Id));
        Assert.Empty(sessions.Find("bob"));
    }

    [Fact]
    public async Task Notes_alone_are_swept_too()
    {
        var sessions = new LocalSessions(Lifetime);
        for (var i = 0; i < 1000; i++)
        {
            sessions.Admit("alice", new SessionMember(NewId(i), Start), limit: null);
        }

        for (var i = 1000; i < 1100; i++)
        {
            sessions.Admit("bob", new SessionMember(NewId(i), Start.AddHours(1)), limit: null);
        }

        // On the thread pool.
        await UntilAsync(() => sessions.Find("alice").Count == 0);
        Assert.Equal(100, sessions.Find("bob").Count);
    }

    [Fact]
    public async Task A_sweep_that_is_due_does_not_forget_what_is_used()
    {
        var sessions = new LocalSessions(Lifetime);
        for (var i = 0; i < 1000; i++)
        {
            sessions.Remember(RecordOf(NewId(i), Start, Start, userId: null));
        }

        sessions.Saw(NewId(0), Start.AddHours(1));
        for (var i = 1000; i < 1100; i++)
        {
            sessions.Remember(RecordOf(NewId(i), Start.AddHours(1), Start.AddHours(1), userId: null));
        }

        await UntilAsync(() => sessions.Page(null, 2000, Start).Count == 101);
        Assert.Equal(NewId(0), sessions.Page(null, 2000, Start)[^1].Id);
    }

    [Fact]
    public void A_session_whose_note_was_taken_back_and_written_again_leaves_none_when_it_is_forgotten()
    {
        var sessions = new LocalSessions(Lifetime);
        var member = new SessionMember(Ids[0], Start);
        sessions.Remember(RecordOf(Ids[0], Start, Start, "alice"));
        sessions.Dismiss("alice", member);
        sessions.Admit("alice", member, limit: null);

        sessions.Forget(Ids[0]);

        Assert.Empty(sessions.Find("alice"));
    }

    [Fact]
    public void What_a_user_has_signed_out_of_is_known_as_the_users_until_it_is_forgotten_or_somebody_elses()
    {
        var sessions = new LocalSessions(Lifetime);
        foreach (var id in Ids.Take(1000))
        {
            sessions.Remember(RecordOf(id, Start, Start, "alice"));
            Assert.Equal("alice", sessions.Remember(RecordOf(id, Start, Start, userId: null, ownerId: "alice"))?.Id);
            Assert.Equal("alice", sessions.Remember(RecordOf(id, Start, Start, userId: null, ownerId: "alice"))?.Id);
        }

        Assert.Empty(sessions.Find("alice"));
        Assert.Equal(Ids.Take(1000).Order(), sessions.FindOwned("alice").Select(member => member.Id).Order());
        Assert.Null(sessions.Admit("alice", new SessionMember(Ids[1001], Start), limit: 1));
        Assert.Equal((1000, 0), sessions.CountLive(Start));
        Assert.InRange(sessions.MostAtOnce, 1, 1000);

        sessions.Remember(RecordOf(Ids[0], Start, Start, "bob"));
        sessions.Remember(RecordOf(Ids[1], Start, Start, userId: null, ownerId: "bob"));
        sessions.Remember(RecordOf(Ids[2], Start, Start, "alice"));
        sessions.Forget(Ids[3]);
        sessions.Remember(RecordOf(Ids[4], Start, Start.AddHours(2), userId: null, ownerId: "alice"));
        Assert.Equal(Ids.Take(1000).Skip(4).Order(), sessions.FindOwned("alice").Select(member => member.Id).Order());
        Assert.Equal([Ids[1]], sessions.FindOwned("bob").Select(member => member.Id));

        sessions.Sweep(Start.AddHours(2).ToUnixTimeMilliseconds());
        Assert.Equal([Ids[4]], sessions.FindOwned("alice").Select(member => member.Id));
        Assert.Empty(sessions.FindOwned("bob"));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(49, 1)]
    [InlineData(400, 9)]
    public void The_last_use_is_known_to_the_millisecond_or_nearly_however_long_a_session_may_live(int days, int milliseconds)
    {
        var known = new KnownSessions(TimeSpan.FromDays(days));
        var place = known.Add(Ids[0]);
        var started = Start.ToUnixTimeMilliseconds();
        var seen = started + (days * 86_400_000L) - 1;

        known.SetTimes(place, started, seen);

        Assert.Equal(milliseconds, known.Unit);
        Assert.InRange(known.SeenOf(known[place]), seen - milliseconds + 1, seen);

        // Another node's clock may be behind.
        known.SetTimes(place, started, started - 1);
        Assert.Equal(started, known.SeenOf(known[place]));
    }

    private static Guid NewId(int number) => new(number, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]);

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var deadline = Environment.TickCount64 + 30_000; !condition();)
        {
            Assert.True(Environment.TickCount64 < deadline);
            await Task.Yield();
        }
    }

    private static void AssertSame(Dictionary<Guid, SessionRecord> model, LocalSessions sessions, DateTimeOffset now)
    {
        SessionMember[] expected =
        [
            .. model.Values
                .Where(session => session.LastSeenAt >= now - Lifetime.RecordTimeToLive)
                .OrderByDescending(session => session.StartedAt)
                .ThenByDescending(session => session.Id)
                .Select(session => new SessionMember(session.Id, session.StartedAt)),
        ];
        var listed = new List<SessionMember>();
        IReadOnlyList<SessionMember> page;
        do
        {
            page = sessions.Page(listed.Count == 0 ? null : listed[^1], 64, now);
            listed.AddRange(page);
        }
        while (page.Count == 64);

        Assert.Equal(expected, listed);
        var living = model.Values.Where(session => session.LastSeenAt + Lifetime.IdleTimeout > now).ToLookup(session => session.UserId is not null);
        Assert.Equal((living[false].Count(), living[true].Count()), sessions.CountLive(now));
        foreach (var user in model.Values.Where(session => session.UserId is not null).GroupBy(session => session.UserId!))
        {
            Assert.Equal(user.Select(session => session.Id).Order(), sessions.Find(user.Key).Select(member => member.Id).Order());
        }
    }

    private static SessionRecord RecordOf(Guid id, DateTimeOffset started, DateTimeOffset seen, string? userId, string? ownerId = null) => new()
    {
        Id = id,
        SecretHash = new byte[32],
        CreatedAt = started,
        StartedAt = started,
        LastSeenAt = seen,
        SecretIssuedAt = started,
        UserId = userId,
        OwnerId = ownerId ?? userId,
        AuthenticatedAt = userId is null ? null : started,
        Values = new Dictionary<string, SessionValue>(StringComparer.Ordinal),
        ValueBytes = 0,
    };
}
