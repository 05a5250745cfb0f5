#pragma warning disable CS1591 // The names of the tests say what they test.

namespace SessionManager.AspNetCore.StoreConformance;

// What a write expects, and what becomes of one that expects something else.
public abstract partial class SessionStoreConformance
{
    [Fact]
    public async Task A_write_that_expects_no_record_creates_the_record()
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", "1"))));
        Assert.Equal(version, (await LoadAsync()).Version);
    }

    [Fact]
    public async Task A_write_that_expects_no_record_is_refused_where_there_is_a_record()
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", "1"))));
        var current = await RefuseAsync(
            NewWrite(0, header: "other", user: _user, values: Values(("a", "2"), ("b", "2"))));
        Assert.Equal((version, "a=1"), (current!.Version, Assert.Single(ValuesOf(current))));
    }

    [Fact]
    public async Task A_write_that_expects_a_record_is_refused_where_there_is_none()
    {
        Assert.Null(await RefuseAsync(NewWrite(NewVersion(), user: _user, values: Values(("a", "1")))));
        Assert.Null(await FindRecordAsync());
        Assert.Empty(await FindAsync(_user));
    }

    [Fact]
    public async Task A_write_that_expects_the_stored_version_is_applied()
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", "1"))));
        var next = await SwapAsync(NewWrite(version, header: "next", values: Values(("a", "2"))));
        var session = await LoadAsync();
        Assert.Equal((next, "a=2"), (session.Version, Assert.Single(ValuesOf(session))));
        Assert.Equal(Bytes("next"), session.Header.ToArray());
    }

    [Fact]
    public async Task A_write_that_expects_another_version_is_refused_whole()
    {
        var version = await SwapAsync(NewWrite(0, user: _user, values: Values(("a", "1"), ("b", "1"))));
        var late = NewWrite(
            unchecked(version + 1) is 0 ? 1 : version + 1,
            header: "late",
            user: $"{_user}-2",
            startedAt: Start.AddDays(1),
            lastSeenAt: Start.AddDays(1),
            dropsValues: true,
            values: Values(("c", "1")));
        await RefuseAsync(late);
        Assert.Equal(_id, Assert.Single(await FindAsync(_user)).Id);
        Assert.Empty(await FindAsync($"{_user}-2"));
    }

    [Fact]
    public async Task A_write_decided_before_another_is_refused()
    {
        var first = await SwapAsync(NewWrite(0));
        var second = await SwapAsync(NewWrite(first));
        await RefuseAsync(NewWrite(first));
        await SwapAsync(NewWrite(second));
    }

    [Fact]
    public async Task A_refused_write_brings_back_all_that_is_stored()
    {
        var values = Enumerable.Range(0, 200).Select(i => ($"k{i}", (string?)$"{i}")).ToArray();
        await SwapAsync(NewWrite(0, headerBytes: AllBytes, values: Values(values)));
        var current = await RefuseAsync(NewWrite(NewVersion(), values: Values(("k1", "other"))));
        Assert.Equal(200, current!.Values.Count);
        Assert.Equal(AllBytes, current.Header.ToArray());
    }

    [Fact]
    public async Task What_a_refused_write_brings_back_is_enough_to_decide_again()
    {
        var first = await SwapAsync(NewWrite(0));
        await SwapAsync(NewWrite(first, values: Values(("a", "1"))));
        var current = await RefuseAsync(NewWrite(first, values: Values(("b", "2"))));
        await SwapAsync(NewWrite(current!.Version, values: Values(("b", "2"))));
        Assert.Equal(["a=1", "b=2"], ValuesOf(await LoadAsync()));
    }

    [Fact]
    public async Task The_same_write_again_is_swapped_and_changes_nothing()
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", "1"), ("b", "1"))));
        var write = NewWrite(version, header: "next", user: _user, values: Values(("a", "2"), ("b", null)));
        await SwapAsync(write);
        var before = Describe(await LoadAsync());
        await SwapAsync(write);
        await SwapAsync(write);
        Assert.Equal(before, Describe(await LoadAsync()));
        Assert.Single(await FindAsync(_user));
    }

    [Fact]
    public async Task The_same_creation_again_is_swapped_and_changes_nothing()
    {
        var creation = NewWrite(0, user: _user, values: Values(("a", "1")));
        await SwapAsync(creation);
        var before = Describe(await LoadAsync());
        await SwapAsync(creation);
        Assert.Equal(before, Describe(await LoadAsync()));
        Assert.Single(await FindAsync(_user));
    }

    // The version alone says that a write was applied. What else the write says is not looked at.
    [Fact]
    public async Task A_write_whose_version_is_stored_changes_nothing_whatever_else_it_says()
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", "1"))));
        var before = Describe(await LoadAsync());
        await SwapAsync(
            NewWrite(NewVersion(), version, header: "other", lastSeenAt: Start.AddDays(1), values: Values(("a", "2"))));
        Assert.Equal(before, Describe(await LoadAsync()));
    }

    [Fact]
    public async Task The_same_write_again_is_refused_after_another_write()
    {
        var write = NewWrite(0, values: Values(("a", "1")));
        var version = await SwapAsync(write);
        await SwapAsync(NewWrite(version, values: Values(("a", "2"))));
        await RefuseAsync(write);
    }

    [Fact]
    public async Task The_same_write_again_is_refused_after_a_touch()
    {
        var write = NewWrite(0, values: Values(("a", "1")));
        await SwapAsync(write);
        Assert.True(await TouchAsync(NewTouch(5)));
        await RefuseAsync(write);
    }

    [Fact]
    public async Task A_write_changes_no_other_record()
    {
        var other = Guid.NewGuid();
        await SwapAsync(NewWrite(0, id: other, user: _user, values: Values(("a", "1"))));
        var before = Describe(await LoadAsync(other));
        var version = await SwapAsync(NewWrite(0, user: _user, values: Values(("a", "2"), ("b", "2"))));
        await SwapAsync(NewWrite(version, user: _user, isTombstone: true, dropsValues: true));
        Assert.Equal(before, Describe(await LoadAsync(other)));
        Assert.Contains(await FindAsync(_user), session => session.Id == other);
    }

    [Fact]
    public async Task A_second_store_loads_what_the_first_has_written()
    {
        var second = RequiredSecondStore;
        var version = await SwapAsync(NewWrite(0, user: _user, values: Values(("a", "1"))));
        Assert.Equal(Describe(await LoadAsync()), Describe(await LoadAsync(store: second)));
        version = await SwapAsync(NewWrite(version, header: "next", user: _user, values: Values(("b", "1"))), second);
        Assert.Equal(
            (version, "a=1, b=1"), ((await LoadAsync()).Version, string.Join(", ", ValuesOf(await LoadAsync()))));
        Assert.True(await TouchAsync(NewTouch(5), second));
        Assert.Equal(Describe(await LoadAsync(store: second)), Describe(await LoadAsync()));
    }

    [Fact]
    public async Task A_second_store_refuses_what_was_decided_before_the_first_has_written()
    {
        var second = RequiredSecondStore;
        var creation = NewWrite(0, values: Values(("a", "1")));
        var first = await SwapAsync(creation);
        await LoadAsync(store: second);
        await SwapAsync(NewWrite(first, values: Values(("a", "2"))));
        await RefuseAsync(NewWrite(first, values: Values(("a", "3"))), second);
        await RefuseAsync(creation, second);
    }
}
