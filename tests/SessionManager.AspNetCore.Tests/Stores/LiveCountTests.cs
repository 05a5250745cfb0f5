using CsCheck;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The count of the living sessions that a process has used, against a list.</summary>
public sealed class LiveCountTests
{
    private static readonly SessionLifetime Lifetime = new(TimeSpan.FromMinutes(20), TimeSpan.FromHours(24), TimeSpan.FromMinutes(1));
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly Gen<(int Kind, int Id, int Minutes)[]> Steps = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 9], Gen.Int[0, 60]).Array[0, 100];

    [Fact]
    public void It_counts_what_a_list_would() => Steps.Sample(steps =>
    {
        var count = new LiveCount(Lifetime);
        var model = new Dictionary<Guid, (DateTimeOffset Started, DateTimeOffset Seen, bool SignedIn)>();
        var now = Start;
        foreach (var (kind, number, minutes) in steps)
        {
            var id = new Guid(number, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]);
            var at = Start.AddMinutes(minutes);
            now = now > at ? now : at;
            var exists = model.TryGetValue(id, out var known);
            switch (kind)
            {
                case 0 when !exists:
                    count.Saw(new SessionCommit { Id = id, Now = at, Creates = true });
                    model[id] = (at, at, false);
                    break;
                case 1 when exists:
                    count.Saw(new SessionCommit { Id = id, Now = at, Identity = new SessionIdentity("alice", "alice", at, at, MovesGeneration: true), Touches = true });
                    model[id] = (at, known.Seen > at ? known.Seen : at, true);
                    break;
                case 2:
                    count.Forget(id);
                    model.Remove(id);
                    break;
                case 3:
                    count.Saw(id, at);
                    if (exists && at > known.Seen)
                    {
                        model[id] = known with { Seen = at };
                    }

                    break;
                case 4:
                    count.Sweep(now.ToUnixTimeMilliseconds());
                    foreach (var (old, _) in model.Where(session => session.Value.Seen + Lifetime.IdleTimeout <= now).ToList())
                    {
                        model.Remove(old);
                    }

                    Assert.Equal(model.Count, count.Known);
                    break;
                default:
                    break;
            }
        }

        var living = model.Values.Where(session => session.Seen + Lifetime.IdleTimeout > now).ToLookup(session => session.SignedIn);
        Assert.Equal((living[false].Count(), living[true].Count()), count.Count(now));
    });

    [Fact]
    public async Task Those_that_have_ended_are_forgotten_when_others_come()
    {
        var count = new LiveCount(Lifetime);
        for (var i = 0; i < 1000; i++)
        {
            count.Saw(new SessionCommit { Id = Guid.NewGuid(), Now = Start, Creates = true });
        }

        for (var i = 0; i < 100; i++)
        {
            count.Saw(new SessionCommit { Id = Guid.NewGuid(), Now = Start.AddHours(1), Creates = true });
        }

        // On the thread pool.
        for (var deadline = Environment.TickCount64 + 30_000; count.Known > 100;)
        {
            Assert.True(Environment.TickCount64 < deadline);
            await Task.Yield();
        }

        Assert.Equal((100, 0), count.Count(Start.AddHours(1)));
    }
}
