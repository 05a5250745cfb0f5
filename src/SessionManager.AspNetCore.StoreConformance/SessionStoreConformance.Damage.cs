#pragma warning disable CS1591 // The names of the tests say what they test.

using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance;

// Records that the store can't read.
public abstract partial class SessionStoreConformance
{
    [Theory]
    [InlineData(StoredSessionStatus.Damaged)]
    [InlineData(StoredSessionStatus.Newer)]
    public async Task A_record_that_cannot_be_read_is_loaded_with_its_status(StoredSessionStatus status)
    {
        await SpoilAsync(status);
        var session = await FindRecordAsync();
        Assert.Equal((_id, status, 0), (session!.Id, session.Status, session.Version));
    }

    [Theory]
    [InlineData(StoredSessionStatus.Damaged)]
    [InlineData(StoredSessionStatus.Newer)]
    public async Task A_write_that_expects_a_version_is_refused_where_the_record_cannot_be_read(
        StoredSessionStatus status)
    {
        var version = await SpoilAsync(status);
        var result = await WriteAsync(NewWrite(version, values: Values(("b", "1"))));
        Assert.Equal((false, status, 0), (result.IsSwapped, result.Current!.Status, result.Current.Version));
        Assert.Equal(status, (await FindRecordAsync())!.Status);
    }

    [Theory]
    [InlineData(StoredSessionStatus.Damaged)]
    [InlineData(StoredSessionStatus.Newer)]
    public async Task A_write_that_expects_no_record_replaces_one_that_cannot_be_read_whole(StoredSessionStatus status)
    {
        await SpoilAsync(status);
        var creation = NewWrite(0, header: "fresh", user: _user, values: Values(("b", "1")));
        await SwapAsync(creation);
        Assert.Equal(Describe(creation.ApplyTo(before: null)), Describe(await LoadAsync()));
        await SwapAsync(creation);
        Assert.Equal(_id, Assert.Single(await FindAsync(_user)).Id);
    }

    [Theory]
    [InlineData(StoredSessionStatus.Damaged)]
    [InlineData(StoredSessionStatus.Newer)]
    public async Task A_touch_does_nothing_to_a_record_that_cannot_be_read(StoredSessionStatus status)
    {
        await SpoilAsync(status);
        Assert.False(await TouchAsync(NewTouch(9)));
        Assert.Equal(status, (await FindRecordAsync())!.Status);
    }

    [Theory]
    [InlineData(StoredSessionStatus.Damaged)]
    [InlineData(StoredSessionStatus.Newer)]
    public async Task A_record_that_cannot_be_read_hides_no_other(StoredSessionStatus status)
    {
        var others = await StartSessionsAsync(2, i => Start.AddMinutes(i));
        await SpoilAsync(status);
        Assert.Equal(others, (await FindAsync(_user)).Select(session => session.Id).Where(id => id != _id));
        Assert.Equal(others.Reverse(), (await ListAllAsync([.. others])).Select(session => session.Id));
    }

    /// <summary>Starts the session of this test, makes its record unreadable, and returns the version it had.</summary>
    private async Task<long> SpoilAsync(StoredSessionStatus status)
    {
        var damage = Damage.Require();
        var version = await SwapAsync(NewWrite(0, user: _user, values: Values(("a", "1"))));
        await (status is StoredSessionStatus.Damaged ? damage.DamageAsync(_id) : damage.MakeNewerAsync(_id));
        return version;
    }
}
