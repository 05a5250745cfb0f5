using CsCheck;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>Values with changes laid over them: what is shown is what a store would hold.</summary>
public sealed class LayeredValuesTests
{
    // Few different keys, so that they meet.
    private static readonly Gen<string> Key = Gen.Char['a', 'f'].Select(c => c.ToString());

    private static readonly Gen<Dictionary<string, ReadOnlyMemory<byte>?>> Changes =
        Gen.Select(Key, Gen.Null(Gen.Byte.Array[1, 9])).Array[0, 8].Select(pairs => pairs
            .GroupBy(pair => pair.Item1, StringComparer.Ordinal)
            .ToDictionary(
                group => group.Key,
                group => group.Last().Item2 is { } value ? (ReadOnlyMemory<byte>?)value : null,
                StringComparer.Ordinal));

    [Fact]
    public void However_many_changes_are_laid_over_one_another_they_show_what_a_dictionary_would_hold() =>
        Gen.Select(Changes, Gen.Select(Changes, Gen.Bool).Array[1, 4]).Sample((initial, commits) =>
        {
            var model = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal);
            Apply(model, initial);
            IReadOnlyDictionary<string, ReadOnlyMemory<byte>> values = new Dictionary<string, ReadOnlyMemory<byte>>(
                model, StringComparer.Ordinal);
            foreach (var (changes, drops) in commits)
            {
                if (drops)
                {
                    model.Clear();
                }

                Apply(model, changes);
                values = LayeredValues.Over(values, CommitOf(changes, drops));
            }

            AssertSame(model, values);
        });

    [Fact]
    public void Neither_the_values_below_nor_the_layer_before_are_changed()
    {
        var below = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { ["a"] = new byte[] { 1 } };
        var first = LayeredValues.Over(below, CommitOf(new(StringComparer.Ordinal) { ["b"] = new byte[] { 2 } }));
        var second = LayeredValues.Over(
            first, CommitOf(new(StringComparer.Ordinal) { ["a"] = null, ["c"] = new byte[] { 3 } }));

        Assert.Equal(["a"], below.Keys);
        Assert.Equal(["a", "b"], first.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["b", "c"], second.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_commit_without_changes_lays_nothing_over_the_values()
    {
        var below = new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal) { ["a"] = new byte[] { 1 } };

        Assert.Same(below, LayeredValues.Over(below, CommitOf(null)));
        Assert.Same(below, LayeredValues.Over(below, CommitOf(new(StringComparer.Ordinal))));
        Assert.Empty(LayeredValues.Over(below, CommitOf(null, drops: true)));
    }

    [Fact]
    public void A_key_that_is_not_there_is_said_not_to_be()
    {
        var values = LayeredValues.Over(
            LayeredValues.None, CommitOf(new(StringComparer.Ordinal) { ["a"] = null, ["b"] = new byte[] { 1 } }));

        Assert.Throws<KeyNotFoundException>(() => values["a"]);
        Assert.Throws<KeyNotFoundException>(() => values["c"]);
        Assert.Equal(1, values["b"].Length);
    }

    private static SessionCommit CommitOf(Dictionary<string, ReadOnlyMemory<byte>?>? changes, bool drops = false) =>
        new()
        {
            Id = SampleRecords.Id,
            Now = SampleRecords.Start,
            Base = SampleRecords.Anonymous(),
            Values = changes,
            DropsValues = drops
        };

    private static void Apply(
        Dictionary<string, ReadOnlyMemory<byte>> model, Dictionary<string, ReadOnlyMemory<byte>?> changes)
    {
        foreach (var (key, value) in changes)
        {
            model.Remove(key);
            if (value is { } set)
            {
                model[key] = set;
            }
        }
    }

    private static void AssertSame(
        Dictionary<string, ReadOnlyMemory<byte>> expected, IReadOnlyDictionary<string, ReadOnlyMemory<byte>> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(expected.Count, actual.Values.Count());
        foreach (var key in (string[])["a", "b", "c", "d", "e", "f"])
        {
            Assert.Equal(expected.ContainsKey(key), actual.ContainsKey(key));
            Assert.Equal(
                expected.TryGetValue(key, out var left) ? Convert.ToHexString(left.Span) : null,
                actual.TryGetValue(key, out var right) ? Convert.ToHexString(right.Span) : null);
        }
    }
}
