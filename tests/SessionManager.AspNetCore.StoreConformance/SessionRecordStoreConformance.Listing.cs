namespace SessionManager.AspNetCore.StoreConformance;

// All sessions, page by page, whatever happens meanwhile.
public abstract partial class SessionRecordStoreConformance
{
    /// <summary>More than two pages, of 64 as ours have them, and of equal times more than one.</summary>
    private const int Listed = 150;
    private const int OfOneTime = 70;

    [Fact]
    public async Task Where_no_session_is_none_is_listed() => Assert.Empty(await ListAsync());

    [Fact]
    public async Task A_session_is_listed_with_all_but_its_values()
    {
        await CommittedAsync(Creation(SignIn("ann", Start.AddMinutes(-3)), values: ("a", "1")));
        var record = Assert.Single(await RecordsAsync(Store));
        Assert.Equal((_id, "ann", "ann", 0), (record.Id, record.UserId, record.OwnerId, record.Generation));
        Assert.Equal(
            (Start.AddMinutes(-3), Start.AddMinutes(-3), Start.AddMinutes(-3), Start),
            (record.CreatedAt, record.StartedAt, record.AuthenticatedAt, record.LastSeenAt));
    }

    [Fact]
    public async Task Listing_is_no_use_of_a_session_and_changes_nothing()
    {
        await CommittedAsync(Creation(SignIn("ann", Start), values: ("a", "1")));
        var before = await DescribeAsync();
        Assert.Equal([_id], await ListAsync(now: Start.AddMinutes(9)));
        Assert.Equal(before, await DescribeAsync());
    }

    [Fact]
    public async Task Those_that_began_last_are_listed_first()
    {
        var ids = await BeginAsync([.. Enumerable.Range(0, 12).Select(i => Start.AddMinutes(10 * (i - 11)))]);
        await AliveAsync(ids);
        Assert.Equal(Enumerable.Reverse(ids), await ListAsync());
    }

    [Fact]
    public async Task They_are_listed_by_the_time_they_began_and_not_by_the_time_they_were_saved()
    {
        int[] minutes = [-40, -10, -100, -70, 0, -41];
        var ids = new List<Guid>();
        foreach (var minute in minutes)
        {
            ids.AddRange(await BeginAsync([Start.AddMinutes(minute)]));
        }

        await AliveAsync([.. ids]);
        Assert.Equal(ids.Zip(minutes).OrderByDescending(session => session.Second).Select(session => session.First), await ListAsync());
    }

    [Fact]
    public async Task One_that_signs_in_again_is_listed_once_and_first()
    {
        var ids = await BeginAsync([Start.AddMinutes(-90), Start.AddMinutes(-2), Start.AddMinutes(-1)]);
        await AliveAsync(ids[..2]);

        await CommittedAsync(new SessionCommit { Id = ids[0], Now = Start, Identity = SignIn("ann", Start) });
        Assert.Equal([ids[0], ids[2], ids[1]], await ListAsync());

        var again = Start.AddMilliseconds(1);
        await CommittedAsync(new SessionCommit { Id = ids[1], Now = again, Identity = SignIn("ann", again) });
        Assert.Equal([ids[1], ids[0], ids[2]], await ListAsync());
    }

    [Fact]
    public async Task A_sign_in_that_was_refused_leaves_a_session_where_it_was_in_the_list()
    {
        var ids = await BeginAsync([Start.AddMinutes(-4), Start.AddMinutes(-3), Start.AddMinutes(-2)]);
        foreach (var generation in new[] { 5, 6 })
        {
            var now = Start.AddMinutes(-1).AddSeconds(generation);
            var refused = new SessionCommit { Id = ids[1], Now = now, Generation = generation, Identity = SignIn("ann", now) };
            Assert.Equal(SessionCommitOutcome.Moved, (await CommitAsync(refused)).Outcome);
        }

        Assert.Equal(Enumerable.Reverse(ids), await ListAsync());
    }

    [Fact]
    public async Task A_sign_out_leaves_a_session_where_it_was_in_the_list()
    {
        var ids = await BeginAsync([Start.AddMinutes(-2), Start.AddMinutes(-1)]);
        await CommittedAsync(new SessionCommit { Id = ids[0], Now = Start, Identity = new SessionIdentity(null, null, null, null, MovesGeneration: true) });
        Assert.Equal([ids[1], ids[0]], await ListAsync());
    }

    [Fact]
    public async Task One_that_has_ended_or_that_was_revoked_is_not_listed()
    {
        var other = CreateStore(Lifetime, LongTimeout);
        var (lives, ended, revoked) = (MemberAt(-3), MemberAt(-2), MemberAt(-1));
        await SignedInAsync(Store, "ann", lives);
        await SignedInAsync(Store, "bob", ended);
        await SignedInAsync(Store, "eve", revoked);
        await Store.EndAsync(ended.Id, SessionEndReason.SignedOut, cancellationToken: Cancellation);
        await RevokeAsync(other, "eve");
        Assert.Equal([lives.Id], await ListAsync());
    }

    [Fact]
    public async Task Those_that_are_damaged_or_evicted_hide_no_other()
    {
        _ = RequiredMedium;
        var ids = await BeginAsync([.. Enumerable.Range(0, 6).Select(i => Start.AddMinutes(i - 6))]);
        await RequiredMedium.DamageAsync(ids[1]);
        await RequiredMedium.EvictAsync(ids[3]);
        await RequiredMedium.MakeNewerAsync(ids[4]);
        Assert.Equal([ids[5], ids[2], ids[0]], await ListAsync());
    }

    [Fact]
    public async Task Over_several_pages_each_is_listed_once_the_newest_first_also_among_equal_times()
    {
        var ids = await BeginListedAsync();
        var listed = await RecordsAsync(Store);
        Assert.Equal(Listed, listed.Count);
        Assert.Equal(ids.Order(), listed.Select(record => record.Id).Order());
        Assert.Equal(listed.OrderByDescending(record => record.StartedAt).Select(record => record.Id), listed.Select(record => record.Id));
        Assert.Equal(listed.Select(record => record.Id), await ListAsync());
    }

    [Fact]
    public async Task It_goes_on_behind_whichever_was_last()
    {
        await BeginListedAsync();
        var listed = await RecordsAsync(Store);
        foreach (var last in new[] { 0, 9, 10, 63, 64, 79, 80, 128, Listed - 2, Listed - 1 })
        {
            Assert.Equal(listed[(last + 1)..].Select(record => record.Id), await ListAsync(after: MemberOf(listed[last])));
        }
    }

    [Fact]
    public async Task It_goes_on_behind_one_that_has_ended_or_was_evicted_meanwhile()
    {
        await BeginListedAsync();
        var listed = await RecordsAsync(Store);
        foreach (var last in new[] { 9, 40, 79, 100, 149 })
        {
            var after = MemberOf(listed[last]);
            if (last % 2 == 0 && Medium is { } medium)
            {
                await medium.EvictAsync(after.Id);
            }
            else
            {
                Assert.True(await Store.EndAsync(after.Id, SessionEndReason.Revoked, cancellationToken: Cancellation));
            }

            var rest = listed[(last + 1)..].Select(record => record.Id);
            Assert.Equal(rest, await ListAsync(after: after));
            Assert.Equal(rest, await ListAsync(after: after));
        }
    }

    [Fact]
    public async Task It_goes_on_behind_one_that_has_signed_in_again_meanwhile()
    {
        await BeginListedAsync();
        var listed = await RecordsAsync(Store);
        var after = listed[100];
        await CommittedAsync(new SessionCommit { Id = after.Id, Now = Start, Identity = SignIn("ann", Start) });
        Assert.Equal(listed[101..].Select(record => record.Id), await ListAsync(after: MemberOf(after)));
    }

    [Fact]
    public async Task Sessions_that_end_or_begin_while_they_are_listed_hide_no_other_and_show_none_twice()
    {
        await BeginListedAsync();
        var all = await ListAsync();
        var (listed, ended, begun) = (new List<Guid>(), new HashSet<Guid>(), new HashSet<Guid>());
        await foreach (var record in Store.ListAsync(Start, cancellationToken: Cancellation))
        {
            listed.Add(record.Id);
            if (listed.Count % 20 != 0)
            {
                continue;
            }

            // One before, this one, and some behind.
            var here = all.IndexOf(record.Id);
            foreach (var id in all.Where((_, i) => i == here || i == here - 7 || (i > here && (i - here) % 9 == 0)))
            {
                await Store.EndAsync(id, SessionEndReason.Revoked, cancellationToken: Cancellation);
                ended.Add(id);
            }

            begun.UnionWith(await BeginAsync([Start, record.StartedAt]));
        }

        Assert.Equal(listed.Distinct(), listed);
        Assert.NotEmpty(ended);
        Assert.Equal(all.Where(id => !ended.Contains(id)), listed.Where(id => !ended.Contains(id) && !begun.Contains(id)));
    }

    [Fact]
    public async Task Another_instance_lists_those_that_it_has_loaded_in_whatever_order_it_loaded_them()
    {
        var ids = await BeginListedAsync();
        var other = CreateStore(Lifetime, LongTimeout);
        foreach (var id in ids.Order())
        {
            await other.LoadAsync(id, default, Cancellation);
        }

        var listed = await RecordsAsync(other);
        Assert.Equal(ids.Order(), listed.Select(record => record.Id).Order());
        Assert.Equal(listed.OrderByDescending(record => record.StartedAt).Select(record => record.Id), listed.Select(record => record.Id));
        foreach (var last in new[] { 0, 40, 79 })
        {
            Assert.Equal(
                listed[(last + 1)..].Select(record => record.Id),
                (await RecordsAsync(other, after: MemberOf(listed[last]))).Select(record => record.Id));
        }
    }

    private static SessionMember MemberOf(SessionRecord record) => new(record.Id, record.StartedAt);

    /// <summary>Begins so many that pages end among equal times: those of one time are more than a page.</summary>
    private Task<Guid[]> BeginListedAsync() => BeginAsync([.. Enumerable.Range(0, Listed).Select(i => Start.AddMinutes((9 * (i / OfOneTime)) - 18))]);

    private async Task<Guid[]> BeginAsync(DateTimeOffset[] times)
    {
        var ids = times.Select(_ => Guid.NewGuid()).ToArray();
        await Task.WhenAll(ids.Zip(times, (id, time) =>
            CommittedAsync(new SessionCommit { Id = id, Now = time, Creates = true, Secret = Replace(NewHash(), null) })));
        return ids;
    }

    /// <summary>Keeps sessions from expiring until a little after the start.</summary>
    private async Task AliveAsync(params Guid[] ids)
    {
        foreach (var id in ids)
        {
            var record = (await Store.LoadAsync(id, default, Cancellation)).Record!;
            for (var now = record.LastSeenAt; now < Start; now += Lifetime.IdleTimeout / 2)
            {
                await CommittedAsync(new SessionCommit { Id = id, Now = now });
            }
        }
    }

    private async Task<List<Guid>> ListAsync(DateTimeOffset? now = null, SessionMember? after = null) =>
        [.. (await RecordsAsync(Store, now, after)).Select(record => record.Id)];

    private static async Task<List<SessionRecord>> RecordsAsync(ISessionRecords store, DateTimeOffset? now = null, SessionMember? after = null)
    {
        var records = new List<SessionRecord>();
        await foreach (var record in store.ListAsync(now ?? Start, after, Cancellation))
        {
            records.Add(record);
        }

        return records;
    }
}
