using CsCheck;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>What a process remembers of its sessions, against a list that does the same slowly.</summary>
public sealed class LocalSessionIndexTests
{
    private static readonly SessionLifetime Lifetime = new(
        TimeSpan.FromMinutes(20), TimeSpan.FromHours(24), TimeSpan.FromMinutes(1));
    private static readonly long Start =
        new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    // More than two pieces of the order, and more than two chunks of the table.
    private static readonly Guid[] Ids = [.. Enumerable.Range(0, 1500).Select(i => NewId(i * 7919 % 1500))];

    private static readonly Gen<(int Kind, int Id, int Minutes, int User)[]> Steps =
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 19], Gen.Int[0, 50], Gen.Int[0, 3]).Array[0, 200];

    [Fact]
    public void It_remembers_what_a_list_would() => Steps.Sample(steps =>
    {
        var sessions = new LocalSessionIndex(Lifetime);
        var model = new Dictionary<Guid, SessionSpan>();
        var now = Start;
        foreach (var (kind, number, minutes, user) in steps)
        {
            var (id, at) = (Ids[number], After(minutes));
            switch (kind)
            {
                case < 6:
                    var span = new SessionSpan(at, After(minutes + user), user != 0);
                    sessions.Remember(id, span);
                    var before = model.TryGetValue(id, out var known) ? known.Seen : 0;
                    model[id] = span with { Seen = Math.Max(span.Seen, before) };
                    break;
                case < 8:
                    sessions.Forget(id);
                    model.Remove(id);
                    break;
                case 8:
                    now = at;
                    sessions.Sweep(now);
                    var oldest = now - (long)Lifetime.RecordTimeToLive.TotalMilliseconds;
                    foreach (var (old, _) in model.Where(it => it.Value.Seen < oldest).ToList())
                    {
                        model.Remove(old);
                    }

                    break;
                default:
                    sessions.Touch(id, at);
                    if (model.TryGetValue(id, out var used) && at > used.Seen)
                    {
                        model[id] = used with { Seen = at };
                    }

                    break;
            }
        }

        AssertSame(model, sessions, now);
    });

    [Fact]
    public void Many_are_listed_in_order_and_none_is_lost_when_others_go()
    {
        var sessions = new LocalSessionIndex(Lifetime);
        var model = new Dictionary<Guid, SessionSpan>();
        for (var i = 0; i < Ids.Length; i++)
        {
            // Up and down, so that full pieces are split.
            var at = Start + (i * 7907 % 1000 * 1000);
            sessions.Remember(Ids[i], model[Ids[i]] = new SessionSpan(at, at, IsSignedIn: false));
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
            sessions.Remember(id, new SessionSpan(Start + 5000, Start + 5000, IsSignedIn: true));
            var seen = model.TryGetValue(id, out var known) ? Math.Max(known.Seen, Start + 5000) : Start + 5000;
            model[id] = new SessionSpan(Start + 5000, seen, IsSignedIn: true);
        }

        AssertSame(model, sessions, Start);
        foreach (var id in Ids)
        {
            sessions.Forget(id);
        }

        AssertSame([], sessions, Start);
        sessions.Remember(Ids[0], new SessionSpan(Start, Start, IsSignedIn: false));
        Assert.Single(sessions.Page(null, 10));
    }

    [Fact]
    public void However_many_there_are_the_lock_is_held_for_a_few_at_a_time()
    {
        const int Sessions = 20_000;
        var sessions = new LocalSessionIndex(Lifetime);
        for (var i = 0; i < Sessions; i++)
        {
            sessions.Remember(NewId(i), new SessionSpan(Start + i, Start + i, i % 2 == 0));
        }

        Assert.Equal(10, sessions.Page(null, 10).Count);
        Assert.InRange(sessions.Page(null, Sessions).Count, 100, 1000);
        Assert.Equal(Sessions, sessions.ListExpired(TimeOf(After(60))).Count());
        sessions.Sweep(After(60));
        Assert.Empty(sessions.Page(null, 10));

        Assert.InRange(sessions.MostAtOnce, 1, 1000);
    }

    [Fact]
    public void Sessions_that_have_expired_are_told_and_no_others()
    {
        var sessions = new LocalSessionIndex(Lifetime);
        sessions.Remember(Ids[0], new SessionSpan(Start, Start, IsSignedIn: false));
        sessions.Remember(Ids[1], new SessionSpan(Start, After(10), IsSignedIn: true));
        sessions.Remember(
            Ids[2], new SessionSpan(Start - (long)TimeSpan.FromHours(23.9).TotalMilliseconds, Start, IsSignedIn: true));

        Assert.Empty(sessions.ListExpired(TimeOf(Start)));
        Assert.Equal([Ids[2]], sessions.ListExpired(TimeOf(After(7))));
        Assert.Equal((1, 1), sessions.Count(TimeOf(After(7))));
        Assert.Equal([Ids[0], Ids[2]], sessions.ListExpired(TimeOf(After(21))).OrderBy(id => Array.IndexOf(Ids, id)));
        Assert.Equal((0, 1), sessions.Count(TimeOf(After(21))));

        sessions.Touch(Ids[0], After(15));
        Assert.Equal((1, 1), sessions.Count(TimeOf(After(21))));
        sessions.Forget(Ids[1]);
        Assert.Equal((1, 0), sessions.Count(TimeOf(After(21))));
    }

    [Fact]
    public async Task A_sweep_that_is_due_does_not_forget_what_is_used()
    {
        var sessions = new LocalSessionIndex(Lifetime);
        for (var i = 0; i < 1000; i++)
        {
            sessions.Remember(NewId(i), new SessionSpan(Start, Start, IsSignedIn: false));
        }

        sessions.Touch(NewId(0), After(60));
        for (var i = 1000; i < 1100; i++)
        {
            sessions.Remember(NewId(i), new SessionSpan(After(60), After(60), IsSignedIn: false));
        }

        // On the thread pool.
        for (var deadline = Environment.TickCount64 + 30_000; sessions.Page(null, 256).Count != 101;)
        {
            Assert.True(Environment.TickCount64 < deadline);
            await Task.Yield();
        }

        Assert.Equal(NewId(0), sessions.Page(null, 256)[^1].Id);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(49, 1)]
    [InlineData(400, 9)]
    public void The_last_use_is_known_to_the_millisecond_or_nearly_however_long_a_session_may_live(
        int days, int milliseconds)
    {
        var known = new LocalSessionTable(TimeSpan.FromDays(days));
        var place = known.Add(Ids[0]);
        var seen = Start + (days * 86_400_000L) - 1;

        known.SetTimes(place, Start, seen);

        Assert.Equal(milliseconds, known.Unit);
        Assert.InRange(known.SeenOf(known[place]), seen - milliseconds + 1, seen);

        // Another node's clock may be behind.
        known.SetTimes(place, Start, Start - 1);
        Assert.Equal(Start, known.SeenOf(known[place]));
    }

    private static Guid NewId(int number) => new(number, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]);

    private static long After(int minutes) => Start + (minutes * 60_000L);

    private static DateTimeOffset TimeOf(long milliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(milliseconds);

    private static void AssertSame(Dictionary<Guid, SessionSpan> model, LocalSessionIndex sessions, long now)
    {
        var listed = new List<SessionPosition>();
        while (sessions.Page(listed.Count == 0 ? null : listed[^1], 64) is { Count: > 0 } page)
        {
            listed.AddRange(page);
        }

        Assert.Equal(
            model.Select(
                session => new SessionPosition(TimeOf(session.Value.Started), session.Key)).OrderDescending(), listed);
        var idle = (long)Lifetime.IdleTimeout.TotalMilliseconds;
        var living = model.ToLookup(session => session.Value.Seen + idle > now);
        Assert.Equal(
            (living[true].Count(session => !session.Value.IsSignedIn),
                living[true].Count(session => session.Value.IsSignedIn)),
            sessions.Count(TimeOf(now)));
        Assert.Equal(living[false].Select(session => session.Key).Order(), sessions.ListExpired(TimeOf(now)).Order());
    }
}
