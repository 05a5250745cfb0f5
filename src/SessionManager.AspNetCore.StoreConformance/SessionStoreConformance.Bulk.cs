#pragma warning disable CS1591 // The names of the tests say what they test.

using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance;

// The bulk writes of a store that has them.
public abstract partial class SessionStoreConformance
{
    [Fact]
    public async Task Writes_in_bulk_are_applied_or_refused_each_by_its_own_version()
    {
        var bulk = Bulk.Require();
        var ids = Enumerable.Range(0, 5).Select(_ => Guid.NewGuid()).ToArray();
        var versions = new List<long>();
        foreach (var id in ids[..4])
        {
            versions.Add(await SwapAsync(NewWrite(0, id: id, user: _user, values: Values(("a", "1"), ("b", "2")))));
        }

        var moved = Describe(await LoadAsync(ids[1]));
        SessionWrite[] writes =
        [
            NewWrite(versions[0], id: ids[0], user: _user, values: Values(("a", "3"), ("b", null))),
            NewWrite(NewVersion(), id: ids[1], user: _user, values: Values(("a", "4"))),
            NewWrite(NewVersion(), versions[2], "other", id: ids[2], values: Values(("a", "5"))),
            NewWrite(versions[3], header: "ended", id: ids[3], isTombstone: true, dropsValues: true),
            NewWrite(0, id: ids[4], user: _user, values: Values(("a", "6"))),
        ];
        var results = await bulk.WriteAllAsync(writes, Cancellation);
        Assert.Equal([true, false, true, true, true], results.Select(result => result.IsSwapped));
        Assert.Equal(moved, Describe(results[1].Current));
        Assert.All(results.Where(result => result.IsSwapped), result => Assert.Null(result.Current));
        Assert.Equal(["a=3"], ValuesOf(await LoadAsync(ids[0])));
        Assert.Equal(moved, Describe(await LoadAsync(ids[1])));
        Assert.Equal(["a=1", "b=2"], ValuesOf(await LoadAsync(ids[2])));
        Assert.Empty(ValuesOf(await LoadAsync(ids[3])));
        Assert.Equal(["a=6"], ValuesOf(await LoadAsync(ids[4])));
        var found = (await FindAsync(_user)).Select(session => session.Id).ToHashSet();
        Assert.Superset(new HashSet<Guid> { ids[0], ids[1], ids[2], ids[4] }, found);
    }

    [Fact]
    public async Task Ends_in_bulk_are_applied_or_refused_each_by_its_own_version()
    {
        var bulk = Bulk.Require();
        var ids = Enumerable.Range(0, 4).Select(_ => Guid.NewGuid()).ToArray();
        var versions = new List<long>();
        foreach (var id in ids[..3])
        {
            versions.Add(await SwapAsync(NewWrite(0, id: id, user: _user, values: Values(("a", "1")))));
        }

        SessionWrite End(int place, long expected, long? version = null) =>
            NewWrite(expected, version, "ended", ids[place], isTombstone: true, dropsValues: true);

        Assert.True(await TouchAsync(NewTouch(30, id: ids[0])));
        var moved = Describe(await LoadAsync(ids[0]));
        var before = Describe(await LoadAsync(ids[1]));
        SessionWrite[] writes =
            [End(2, versions[2]), End(0, versions[0]), End(3, NewVersion()), End(1, NewVersion(), versions[1])];
        var results = await bulk.WriteAllAsync(writes, Cancellation);
        Assert.Equal([true, false, false, true], results.Select(result => result.IsSwapped));
        Assert.Equal([moved, "none"], [Describe(results[1].Current), Describe(results[2].Current)]);
        Assert.Equal(moved, Describe(await LoadAsync(ids[0])));
        Assert.Equal(before, Describe(await LoadAsync(ids[1])));
        var ended = await LoadAsync(ids[2]);
        Assert.Equal(writes[0].NewVersion, ended.Version);
        Assert.Equal(Bytes("ended"), ended.Header.ToArray());
        Assert.Empty(ended.Values);
        Assert.Equal(Start.AddMinutes(1), ended.LastSeenAt);
        Assert.Null(await FindRecordAsync(ids[3]));
        Assert.All(await bulk.WriteAllAsync([writes[0]], Cancellation), result => Assert.True(result.IsSwapped));
        Assert.Empty(await bulk.WriteAllAsync([], Cancellation));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Bulk_writes_of_the_same_sessions_at_once_end_and_one_of_them_is_applied_to_each(int stores)
    {
        var bulk = Bulk.Require();
        var second = stores == 1 ? bulk : Assert.IsType<ISessionBulkStore>(RequiredSecondStore, exactMatch: false);
        var ids = Enumerable.Range(0, 20).Select(_ => Guid.NewGuid()).ToArray();
        foreach (var end in (bool[])[false, true])
        {
            var versions = new Dictionary<Guid, long>();
            foreach (var id in ids)
            {
                var stored = await FindRecordAsync(id);
                versions[id] = await SwapAsync(NewWrite(stored?.Version ?? 0, id: id, values: Values(("a", "1"))));
            }

            SessionWrite Write(Guid id) => NewWrite(
                versions[id], id: id, isTombstone: end, dropsValues: end, values: end ? Values() : Values(("a", "2")));

            var results = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => Task.Run(async () =>
            {
                Guid[] order = i % 2 == 0 ? ids : [.. ids.Reverse()];
                var written = await (i % 3 == 0 ? bulk : second)
                    .WriteAllAsync([.. order.Select(Write)], Cancellation);
                return order.Zip(written, (id, result) => (id, result.IsSwapped)).ToList();
            })));
            Assert.All(
                results.SelectMany(result => result).GroupBy(result => result.id),
                session => Assert.Single(session, result => result.IsSwapped));
        }
    }

    [Fact]
    public async Task Bulk_writes_of_a_medium_that_fails_fail()
    {
        var (bulk, faults) = (Bulk.Require(), Faults.Require());
        var version = await SwapAsync(NewWrite(0, header: SecretHeader, user: _user));
        var write = NewWrite(version, header: SecretHeader, user: _user, values: Values((SecretKey, SecretValue)));
        await faults.FailAsync();
        AssertSaysNothing(await Assert.ThrowsAsync<SessionStoreException>(
            () => bulk.WriteAllAsync([write], Cancellation).AsTask()));
        await faults.HealAsync();
        Assert.True(Assert.Single(await bulk.WriteAllAsync([write], Cancellation)).IsSwapped);
    }
}
