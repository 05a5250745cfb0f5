#pragma warning disable CS1591 // The names of the tests say what they test.

namespace SessionManager.AspNetCore.StoreConformance;

// Records of sessions that have ended: records like others, but for where they are found.
public abstract partial class SessionStoreConformance
{
    [Fact]
    public async Task A_tombstone_is_loaded_and_has_no_values()
    {
        var version = await EndAsync();
        var session = await LoadAsync();
        Assert.Equal(version, session.Version);
        Assert.Equal(Bytes("ended"), session.Header.ToArray());
        Assert.Empty(session.Values);
    }

    [Fact]
    public async Task Nothing_begins_under_the_id_of_a_tombstone()
    {
        var version = await EndAsync();
        var current = await RefuseAsync(NewWrite(0, user: _user, values: Values(("a", "1"))));
        Assert.Equal(version, current!.Version);
    }

    [Fact]
    public async Task A_write_decided_before_the_end_is_refused()
    {
        var before = await SwapAsync(NewWrite(0, user: _user, values: Values(("a", "1"))));
        var ended = await SwapAsync(
            NewWrite(before, header: "ended", user: _user, isTombstone: true, dropsValues: true));
        var current = await RefuseAsync(NewWrite(before, user: _user, values: Values(("a", "2"))));
        Assert.Equal((ended, 0), (current!.Version, current.Values.Count));
    }

    [Fact]
    public async Task The_same_end_again_is_swapped()
    {
        var version = await SwapAsync(NewWrite(0));
        var end = NewWrite(version, header: "ended", isTombstone: true, dropsValues: true);
        await SwapAsync(end);
        await SwapAsync(end);
        Assert.Equal(end.NewVersion, (await LoadAsync()).Version);
    }

    [Fact]
    public async Task A_tombstone_may_be_the_first_record_of_an_id()
    {
        await SwapAsync(NewWrite(0, header: "ended", isTombstone: true));
        await RefuseAsync(NewWrite(0));
    }

    [Fact]
    public async Task A_tombstone_can_be_written_and_touched()
    {
        var version = await EndAsync();
        Assert.True(await TouchAsync(NewTouch(9, version = NewVersion())));
        Assert.False(await TouchAsync(NewTouch(8)));
        await SwapAsync(NewWrite(version, header: "ended twice", user: _user, isTombstone: true));
        var session = await LoadAsync();
        Assert.Equal(Bytes("ended twice"), session.Header.ToArray());
        Assert.Equal(Start.AddMinutes(9), session.LastSeenAt);
    }

    [Fact]
    public async Task A_tombstone_that_is_still_found_or_listed_is_the_tombstone()
    {
        var version = await EndAsync();
        Assert.All(
            [.. await FindAsync(_user), .. await ListAllAsync()],
            session => Assert.Equal((_id, version), (session.Id, session.Version)));
    }

    [Fact]
    public async Task A_tombstone_hides_no_other_session_of_its_user()
    {
        var others = await StartSessionsAsync(3, i => Start.AddMinutes(i));
        await EndAsync();
        Assert.Equal(others, (await FindAsync(_user)).Select(session => session.Id).Where(id => id != _id));
        Assert.Equal(others.Reverse(), (await ListAllAsync([.. others])).Select(session => session.Id));
    }

    /// <summary>Starts and ends the session of this test, and returns the version of its tombstone.</summary>
    private async Task<long> EndAsync()
    {
        var version = await SwapAsync(NewWrite(0, user: _user, values: Values(("a", "1"), ("b", "1"))));
        return await SwapAsync(NewWrite(version, header: "ended", user: _user, isTombstone: true, dropsValues: true));
    }
}
