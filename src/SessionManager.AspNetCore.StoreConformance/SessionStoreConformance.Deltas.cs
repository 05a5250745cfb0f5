#pragma warning disable CS1591 // The names of the tests say what they test.

using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance;

// What a write says of values and columns, and what it leaves as it was.
public abstract partial class SessionStoreConformance
{
    [Fact]
    public async Task Values_that_a_write_does_not_name_stay()
    {
        await AssertValuesAsync(["a=1", "b=1", "c=1"], NewWriteOf(("c", "1")));
        await AssertValuesAsync(["a=1", "b=1"], NewWriteOf());
    }

    [Fact]
    public async Task A_write_sets_replaces_and_removes_values_in_one_step()
    {
        await AssertValuesAsync(["a=2"], NewWriteOf(("a", "2"), ("b", null)));
        await AssertValuesAsync(["b=1"], NewWriteOf(("a", null)));
        await AssertValuesAsync([], NewWriteOf(("a", null), ("b", null)));
    }

    [Fact]
    public async Task Removing_a_key_that_is_not_stored_is_no_fault() =>
        await AssertValuesAsync(["a=1", "b=1", "d=1"], NewWriteOf(("c", null), ("d", "1")));

    [Fact]
    public async Task A_creation_may_remove_keys_and_drop_values()
    {
        await SwapAsync(NewWrite(0, dropsValues: true, values: Values(("a", "1"), ("b", null))));
        Assert.Equal(["a=1"], ValuesOf(await LoadAsync()));
    }

    [Fact]
    public async Task An_empty_value_is_stored_and_no_value_is_removed()
    {
        await AssertValuesAsync(["a=", "b=1"], NewWriteOf(("a", "")));
        await AssertValuesAsync(["a=", "b=1"], NewWriteOf(("a", "")));
    }

    [Fact]
    public async Task All_values_can_be_dropped() =>
        await AssertValuesAsync([], version => NewWrite(version, dropsValues: true));

    [Fact]
    public async Task Values_of_a_write_that_drops_all_are_stored()
    {
        await AssertValuesAsync(
            ["b=2", "c=2"], version => NewWrite(version, dropsValues: true, values: Values(("b", "2"), ("c", "2"))));
        await AssertValuesAsync(
            ["c=2"], version => NewWrite(version, dropsValues: true, values: Values(("b", null), ("c", "2"))));
    }

    [Fact]
    public async Task Dropped_values_do_not_come_back()
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", "1"), ("b", "1"))));
        version = await SwapAsync(NewWrite(version, dropsValues: true));
        version = await SwapAsync(NewWrite(version, values: Values(("c", "1"))));
        Assert.True(await TouchAsync(NewTouch(5)));
        Assert.Equal(["c=1"], ValuesOf(await LoadAsync()));
        await RefuseAsync(NewWrite(version));
    }

    [Fact]
    public async Task Large_values_grow_shrink_and_go()
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", new string('1', Megabyte)), ("b", "1"))));
        version = await SwapAsync(NewWrite(version, values: Values(("a", "1"), ("b", new string('2', Megabyte)))));
        Assert.Equal((1, Megabyte), ((await LoadAsync()).Values["a"].Length, (await LoadAsync()).Values["b"].Length));
        await SwapAsync(NewWrite(version, values: Values(("b", null))));
        Assert.Equal(["a=1"], ValuesOf(await LoadAsync()));
    }

    [Fact]
    public async Task Hundreds_of_values_are_set_and_removed_in_one_write()
    {
        static (string, string?)[] Many(int first, int count, string? value) =>
            [.. Enumerable.Range(first, count).Select(i => ($"k{i:0000}", value))];

        var version = await SwapAsync(NewWrite(0, values: Values(Many(0, 600, "1"))));
        await SwapAsync(
            NewWrite(version, values: Values([.. Many(0, 300, null), .. Many(300, 100, "2"), .. Many(600, 300, "3")])));
        var expected = Many(300, 100, "2").Concat(Many(400, 200, "1")).Concat(Many(600, 300, "3"))
            .Select(value => $"{value.Item1}={value.Item2}");
        Assert.Equal(expected, ValuesOf(await LoadAsync()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a longer header than the one before")]
    public async Task The_header_is_replaced_whole(string header)
    {
        var version = await SwapAsync(NewWrite(0, header: "the one before"));
        await SwapAsync(NewWrite(version, header: header));
        Assert.Equal(Bytes(header), (await LoadAsync()).Header.ToArray());
    }

    [Fact]
    public async Task A_write_moves_the_last_use_forwards_only()
    {
        var version = await SwapAsync(NewWrite(0, lastSeenAt: Start.AddMinutes(5)));
        version = await SwapAsync(NewWrite(version, lastSeenAt: Start.AddMinutes(4), values: Values(("a", "1"))));
        Assert.Equal(Start.AddMinutes(5), (await LoadAsync()).LastSeenAt);
        version = await SwapAsync(NewWrite(version, lastSeenAt: Start.AddMinutes(6)));
        Assert.Equal(Start.AddMinutes(6), (await LoadAsync()).LastSeenAt);
        Assert.True(await TouchAsync(NewTouch(9, version = NewVersion())));
        await SwapAsync(NewWrite(version, lastSeenAt: Start.AddMinutes(7)));
        Assert.Equal(Start.AddMinutes(9), (await LoadAsync()).LastSeenAt);
    }

    [Fact]
    public async Task A_write_replaces_the_start_also_with_an_earlier_one()
    {
        var version = await SwapAsync(NewWrite(0, startedAt: Start));
        version = await SwapAsync(NewWrite(version, startedAt: Start.AddHours(1)));
        Assert.Equal(Start.AddHours(1), (await LoadAsync()).StartedAt);
        await SwapAsync(NewWrite(version, startedAt: Start.AddHours(-1)));
        Assert.Equal(Start.AddHours(-1), (await LoadAsync()).StartedAt);
    }

    private Func<long, SessionWrite> NewWriteOf(params (string Key, string? Value)[] values) =>
        version => NewWrite(version, values: Values(values));

    /// <summary>Makes the record a fresh one with the values a=1 and b=1, writes to it, and compares what is stored
    /// then.</summary>
    private async Task AssertValuesAsync(string[] expected, Func<long, SessionWrite> write)
    {
        var before = NewWrite(
            (await FindRecordAsync())?.Version ?? 0, dropsValues: true, values: Values(("a", "1"), ("b", "1")));
        await SwapAsync(write(await SwapAsync(before)));
        Assert.Equal(expected, ValuesOf(await LoadAsync()));
    }
}
