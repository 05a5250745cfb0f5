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

    private static SessionRecord RecordOf(Guid id, DateTimeOffset started, DateTimeOffset seen, string? userId) => new()
    {
        Id = id,
        SecretHash = new byte[32],
        CreatedAt = started,
        StartedAt = started,
        LastSeenAt = seen,
        SecretIssuedAt = started,
        UserId = userId,
        AuthenticatedAt = userId is null ? null : started,
        Values = new Dictionary<string, SessionValue>(StringComparer.Ordinal),
        ValueBytes = 0,
    };
}
