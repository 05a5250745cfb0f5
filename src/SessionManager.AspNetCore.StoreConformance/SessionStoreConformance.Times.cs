#pragma warning disable CS1591 // The names of the tests say what they test.

namespace SessionManager.AspNetCore.StoreConformance;

// How long the medium keeps what is written: at least as long as the last write or touch said.
public abstract partial class SessionStoreConformance
{
    // What may pass between the write and the look.
    private static readonly TimeSpan Slack = TimeSpan.FromMinutes(5);

    [Fact]
    public async Task A_record_is_kept_as_long_as_its_write_says()
    {
        var times = Times.Require();
        var version = await SwapAsync(NewWrite(0, kept: TimeSpan.FromHours(2)));
        AssertKept(TimeSpan.FromHours(2), await times.ReadRecordAsync(_id));
        await SwapAsync(NewWrite(version, kept: TimeSpan.FromHours(5), values: Values(("a", "1"))));
        AssertKept(TimeSpan.FromHours(5), await times.ReadRecordAsync(_id));
    }

    [Fact]
    public async Task A_record_is_kept_for_years_where_its_write_says_so()
    {
        var times = Times.Require();
        await SwapAsync(NewWrite(0, kept: TimeSpan.FromDays(3650)));
        AssertKept(TimeSpan.FromDays(3650), await times.ReadRecordAsync(_id));
    }

    [Fact]
    public async Task A_touch_keeps_the_record_longer()
    {
        var times = Times.Require();
        await SwapAsync(NewWrite(0, kept: TimeSpan.FromHours(2)));
        Assert.True(await TouchAsync(NewTouch(Start.AddMinutes(5), kept: TimeSpan.FromHours(5))));
        AssertKept(TimeSpan.FromHours(5), await times.ReadRecordAsync(_id));
    }

    // Decided by a request that loaded the session before a sign-in that lasts for weeks.
    [Fact]
    public async Task A_touch_that_says_less_keeps_the_record_no_shorter()
    {
        var times = Times.Require();
        await SwapAsync(NewWrite(0, kept: TimeSpan.FromDays(30)));
        Assert.True(await TouchAsync(NewTouch(Start.AddMinutes(5), kept: TimeSpan.FromMinutes(20))));
        AssertKept(TimeSpan.FromDays(30), await times.ReadRecordAsync(_id));
    }

    [Fact]
    public async Task A_touch_that_is_not_later_keeps_the_record_as_long_as_before()
    {
        var times = Times.Require();
        await SwapAsync(NewWrite(0, lastSeenAt: Start.AddMinutes(5), kept: TimeSpan.FromHours(2)));
        Assert.False(await TouchAsync(NewTouch(Start.AddMinutes(5), kept: TimeSpan.FromMinutes(1))));
        AssertKept(TimeSpan.FromHours(2), await times.ReadRecordAsync(_id));
    }

    [Fact]
    public async Task A_refused_write_keeps_the_record_as_long_as_before()
    {
        var times = Times.Require();
        await SwapAsync(NewWrite(0, kept: TimeSpan.FromHours(2)));
        await RefuseAsync(NewWrite(NewVersion(), kept: TimeSpan.FromMinutes(1)));
        AssertKept(TimeSpan.FromHours(2), await times.ReadRecordAsync(_id));
    }

    [Fact]
    public async Task A_tombstone_is_kept_as_long_as_its_write_says()
    {
        var times = Times.Require();
        var version = await SwapAsync(NewWrite(0, user: _user, kept: TimeSpan.FromHours(2)));
        await SwapAsync(
            NewWrite(version, user: _user, kept: TimeSpan.FromHours(3), isTombstone: true, dropsValues: true));
        AssertKept(TimeSpan.FromHours(3), await times.ReadRecordAsync(_id));
    }

    [Fact]
    public async Task The_index_is_kept_as_long_as_its_longest_session()
    {
        var times = Times.Require();
        await SwapAsync(NewWrite(0, user: _user, indexed: TimeSpan.FromHours(8)));
        AssertKept(TimeSpan.FromHours(8), await times.ReadIndexAsync(_user));
        await SwapAsync(NewWrite(0, id: Guid.NewGuid(), user: _user, indexed: TimeSpan.FromHours(1)));
        AssertKept(TimeSpan.FromHours(8), await times.ReadIndexAsync(_user));
        await SwapAsync(NewWrite(0, id: Guid.NewGuid(), user: _user, indexed: TimeSpan.FromDays(30)));
        AssertKept(TimeSpan.FromDays(30), await times.ReadIndexAsync(_user));
    }

    // A record is found as long as it is kept, whatever the store's own clock says of its times.
    [Fact]
    public async Task A_store_asks_no_clock_of_its_own()
    {
        var id = Guid.NewGuid();
        var longAgo = new DateTimeOffset(2001, 2, 3, 4, 5, 6, TimeSpan.Zero);
        await SwapAsync(NewWrite(0, id: id, user: _user, startedAt: longAgo, lastSeenAt: longAgo, now: longAgo));
        Assert.Equal((longAgo, longAgo), ((await LoadAsync(id)).StartedAt, (await LoadAsync(id)).LastSeenAt));
        Assert.Equal(id, Assert.Single(await FindAsync(_user)).Id);
        Assert.Equal(id, Assert.Single(await ListAllAsync([id])).Id);
        Assert.True(await TouchAsync(NewTouch(longAgo.AddMilliseconds(1), id: id)));
    }

    private static void AssertKept(TimeSpan least, TimeSpan? kept) =>
        Assert.True(
            kept is null || kept > least - Slack, $"The medium keeps it for {kept}, and the store was told {least}.");
}
