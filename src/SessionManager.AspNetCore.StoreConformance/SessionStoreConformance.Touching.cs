#pragma warning disable CS1591 // The names of the tests say what they test.

namespace SessionManager.AspNetCore.StoreConformance;

// Touches: forwards only, only where there is a record, and with a version of their own.
public abstract partial class SessionStoreConformance
{
    [Fact]
    public async Task A_touch_moves_the_last_use_forwards_and_leaves_its_version()
    {
        var write = NewWrite(0, user: _user, values: Values(("a", "1")));
        await SwapAsync(write);
        var touch = NewTouch(Start.AddMinutes(5), user: _user);
        Assert.True(await TouchAsync(touch));
        Assert.Equal(Describe(touch.ApplyTo(write.ApplyTo(before: null))), Describe(await LoadAsync()));
    }

    [Fact]
    public async Task A_touch_needs_no_version()
    {
        var version = await SwapAsync(NewWrite(0));
        await SwapAsync(NewWrite(version, values: Values(("a", "1"))));
        Assert.True(await TouchAsync(NewTouch(5)));
        Assert.True(await TouchAsync(NewTouch(6)));
        Assert.Equal(Start.AddMinutes(6), (await LoadAsync()).LastSeenAt);
    }

    [Fact]
    public async Task A_touch_by_a_millisecond_counts()
    {
        await SwapAsync(NewWrite(0, lastSeenAt: Start));
        Assert.True(await TouchAsync(NewTouch(Start.AddMilliseconds(1))));
        Assert.Equal(Start.AddMilliseconds(1), (await LoadAsync()).LastSeenAt);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(4)]
    public async Task A_touch_that_is_not_later_changes_nothing(double minutes)
    {
        await SwapAsync(NewWrite(0, lastSeenAt: Start.AddMinutes(5)));
        var before = Describe(await LoadAsync());
        Assert.False(await TouchAsync(NewTouch(minutes)));
        Assert.Equal(before, Describe(await LoadAsync()));
    }

    [Fact]
    public async Task A_touch_creates_nothing()
    {
        Assert.False(await TouchAsync(NewTouch(Start.AddMinutes(5), user: _user)));
        Assert.Null(await FindRecordAsync());
        Assert.Empty(await FindAsync(_user));
        Assert.Empty(await ListAllAsync());
        await SwapAsync(NewWrite(0));
    }

    [Fact]
    public async Task A_touch_changes_neither_user_nor_start()
    {
        await SwapAsync(NewWrite(0, user: _user, values: Values(("a", "1"))));
        Assert.True(await TouchAsync(NewTouch(Start.AddMinutes(5), user: $"{_user}-2", startedAt: Start.AddHours(1))));
        Assert.Equal(Start, (await LoadAsync()).StartedAt);
        Assert.Equal(_id, Assert.Single(await FindAsync(_user)).Id);
        Assert.Empty(await FindAsync($"{_user}-2"));
        Assert.Equal(Start, Assert.Single(await ListAllAsync()).StartedAt);
    }

    // Decided by a request that loaded the session before somebody signed out.
    [Fact]
    public async Task A_touch_of_a_former_user_brings_that_user_not_back()
    {
        var version = await SwapAsync(NewWrite(0, user: _user));
        await SwapAsync(NewWrite(version, user: null));
        Assert.True(await TouchAsync(NewTouch(Start.AddMinutes(5), user: _user)));
        Assert.Empty(await FindAsync(_user));
        Assert.True(await TouchAsync(NewTouch(Start.AddMinutes(6), user: null)));
        Assert.Empty(await FindAsync(_user));
    }

    [Fact]
    public async Task A_write_decided_before_a_touch_is_refused()
    {
        var version = await SwapAsync(NewWrite(0, values: Values(("a", "1"))));
        var touch = NewTouch(5);
        Assert.True(await TouchAsync(touch));
        var current = await RefuseAsync(NewWrite(version, values: Values(("a", "2"))));
        Assert.Equal((touch.NewVersion, Start.AddMinutes(5)), (current!.Version, current.LastSeenAt));
        await SwapAsync(NewWrite(touch.NewVersion, values: Values(("a", "2"))));
    }

    [Fact]
    public async Task A_touch_that_changed_nothing_leaves_writes_as_they_were()
    {
        var version = await SwapAsync(NewWrite(0, lastSeenAt: Start.AddMinutes(5)));
        Assert.False(await TouchAsync(NewTouch(5)));
        await SwapAsync(NewWrite(version));
    }

    [Fact]
    public async Task The_same_touch_again_moves_nothing()
    {
        await SwapAsync(NewWrite(0));
        var touch = NewTouch(5);
        Assert.True(await TouchAsync(touch));
        Assert.False(await TouchAsync(touch));
        Assert.Equal(touch.NewVersion, (await LoadAsync()).Version);
    }

    [Fact]
    public async Task A_touch_shows_in_what_is_found_and_listed()
    {
        await SwapAsync(NewWrite(0, user: _user));
        Assert.True(await TouchAsync(NewTouch(Start.AddMinutes(5), user: _user)));
        var expected = DescribeHead(await LoadAsync());
        Assert.Equal(expected, DescribeHead(Assert.Single(await FindAsync(_user))));
        Assert.Equal(expected, DescribeHead(Assert.Single(await ListAllAsync())));
    }

    [Fact]
    public async Task A_touch_keeps_large_values()
    {
        var write = NewWrite(0, values: Values(("a", new string('1', Megabyte))));
        await SwapAsync(write);
        Assert.True(await TouchAsync(NewTouch(5)));
        Assert.Equal(Megabyte, (await LoadAsync()).Values["a"].Length);
    }

    [Fact]
    public async Task A_touch_brings_a_lost_index_entry_back()
    {
        var eviction = Eviction.Require();
        await SwapAsync(NewWrite(0, user: _user));
        await eviction.EvictIndexAsync(_user);
        Assert.True(await TouchAsync(NewTouch(Start.AddMinutes(5), user: _user)));
        Assert.Equal(_id, Assert.Single(await FindAsync(_user)).Id);
    }
}
