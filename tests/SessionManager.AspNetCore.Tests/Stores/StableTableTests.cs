using CsCheck;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Stores;

/// <summary>The table of what a process remembers, against a dictionary.</summary>
public sealed class StableTableTests
{
    private static readonly Gen<(bool Adds, int Number)[]> Steps = Gen.Select(Gen.Bool, Gen.Int[0, 60]).Array[0, 300];

    [Fact]
    public void It_finds_what_a_dictionary_does_and_entries_stay_at_their_place() => Steps.Sample(steps =>
    {
        var table = new StableTable<Guid, LocalSession>();
        var model = new Dictionary<Guid, int>();
        foreach (var (adds, number) in steps)
        {
            var id = NewId(number);
            if (adds && !model.ContainsKey(id))
            {
                model.Add(id, table.Add(new LocalSession { Id = id, Started = number }));
            }
            else if (!adds && model.Remove(id, out var place))
            {
                table.Remove(place);
            }
        }

        Assert.Equal(model.Count, table.Count);
        Assert.All(Enumerable.Range(0, 61).Select(NewId), id => Assert.Equal(model.GetValueOrDefault(id, -1), table.Find(id)));
        Assert.Equal(model.Values.Order(), Enumerable.Range(0, table.End + 5).Where(table.IsUsed));
        Assert.Equal(model.Keys.Order(), model.Values.Select(place => table[place].Id).Order());
    });

    [Fact]
    public void It_grows_without_moving_many_at_once()
    {
        const int Entries = 100_000;
        var table = new StableTable<Guid, LocalSession>();
        for (var i = 0; i < Entries; i++)
        {
            table.Add(new LocalSession { Id = NewId(i) });
        }

        Assert.Equal(Entries, table.Count);
        Assert.Equal(Enumerable.Range(0, Entries), Enumerable.Range(0, Entries).Select(i => table.Find(NewId(i))));
        Assert.InRange(table.MostMoved, 1, 50);
    }

    [Fact]
    public void A_place_that_became_free_is_used_again()
    {
        var table = new StableTable<Guid, LocalSession>();
        var places = Enumerable.Range(0, 2000).Select(i => table.Add(new LocalSession { Id = NewId(i) })).ToList();
        places.GetRange(1, 1999).ForEach(table.Remove);
        for (var i = 2000; i < 3999; i++)
        {
            table.Add(new LocalSession { Id = NewId(i) });
        }

        Assert.Equal((2000, 2000), (table.Count, table.End));
    }

    private static Guid NewId(int number) => new(number, 1, 2, [3, 4, 5, 6, 7, 8, 9, 10]);
}
