#pragma warning disable CS1591 // The names of the tests say what they test.

using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance;

// The list of all sessions, page by page.
public abstract partial class SessionStoreConformance
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    [InlineData(100)]
    public async Task All_sessions_are_listed_newest_first(int pageSize)
    {
        var shuffled = new[] { 3, 0, 4, 1, 2 };
        var ids = await StartSessionsAsync(5, i => Start.AddMilliseconds(shuffled[i]));
        var listed = await ListAllAsync(ids, pageSize);
        Assert.Equal(
            ids.OrderByDescending(id => shuffled[Array.IndexOf(ids, id)]), listed.Select(session => session.Id));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Sessions_of_one_start_are_listed_once_each_by_the_bytes_of_their_ids(int pageSize)
    {
        var ids = await StartSessionsAsync(8, _ => Start);
        var expected = ids.OrderByDescending(
            id => Convert.ToHexString(id.ToByteArray(bigEndian: true)), StringComparer.Ordinal);
        Assert.Equal(expected, (await ListAllAsync(ids, pageSize)).Select(session => session.Id));
    }

    [Fact]
    public async Task A_session_is_listed_as_it_is_loaded_whether_somebody_is_signed_in_or_not()
    {
        var other = Guid.NewGuid();
        await SwapAsync(NewWrite(0, user: _user, lastSeenAt: Start.AddMilliseconds(9), values: Values(("a", "1"))));
        await SwapAsync(NewWrite(0, id: other, startedAt: Start.AddMinutes(1)));
        string[] expected = [DescribeHead(await LoadAsync(other)), DescribeHead(await LoadAsync())];
        Assert.Equal(expected, (await ListAllAsync([_id, other])).Select(DescribeHead));
    }

    [Fact]
    public async Task A_page_has_no_more_than_was_asked_for_and_none_after_the_last()
    {
        await StartSessionsAsync(3, i => Start.AddMinutes(i));
        Assert.InRange((await Store.ListAsync(after: null, count: 2, Cancellation)).Count, 1, 2);
        var last = new SessionPosition(DateTimeOffset.UnixEpoch, Guid.Empty);
        Assert.Empty(await Store.ListAsync(last, count: 10, Cancellation));
    }

    [Fact]
    public async Task The_position_need_not_be_that_of_a_record()
    {
        var ids = await StartSessionsAsync(4, i => Start.AddMinutes(i));
        Assert.Equal(
            [ids[1], ids[0]], await ListBehindAsync(new SessionPosition(Start.AddMinutes(1.5), Guid.NewGuid()), ids));
        Assert.Equal([ids[0]], await ListBehindAsync(new SessionPosition(Start.AddMinutes(1), Guid.Empty), ids));
        Assert.Equal([ids[0]], await ListBehindAsync(new SessionPosition(Start.AddMinutes(1), ids[1]), ids));
    }

    [Fact]
    public async Task The_position_may_be_that_of_a_record_that_has_ended_or_moved()
    {
        var ids = await StartSessionsAsync(4, i => Start.AddMinutes(i));
        var (ended, moved) = (SessionPosition.Of(await LoadAsync(ids[2])), SessionPosition.Of(await LoadAsync(ids[1])));
        await ReplaceAsync(ids[2], Start.AddMinutes(2), isTombstone: true);
        Assert.Equal([ids[1], ids[0]], await ListBehindAsync(ended, ids));
        await ReplaceAsync(ids[1], Start.AddHours(1));
        Assert.Equal([ids[0]], await ListBehindAsync(moved, ids));
    }

    [Fact]
    public async Task A_moved_start_moves_the_session_in_the_list()
    {
        var ids = await StartSessionsAsync(3, i => Start.AddMinutes(i));
        await ReplaceAsync(ids[0], Start.AddHours(1));
        Assert.Equal([ids[0], ids[2], ids[1]], (await ListAllAsync(ids, pageSize: 1)).Select(session => session.Id));
    }

    // Requests write and touch, and sessions begin and end, while an administrator turns the pages.
    [Fact]
    public async Task What_happens_between_two_pages_hides_and_doubles_nothing_else()
    {
        var ids = await StartSessionsAsync(12, i => Start.AddMinutes(i));
        var turned = 0;
        var listed = await ListAllAsync(ids, pageSize: 2, async () =>
        {
            var (ended, used) = (ids[(turned * 3) % 12], ids[((turned * 3) + 1) % 12]);
            turned++;
            await SwapAsync(NewWrite(0, id: Guid.NewGuid(), user: _user, startedAt: Start.AddMinutes(turned)));
            await ReplaceAsync(ended, isTombstone: true);
            await ReplaceAsync(used);
            Assert.True(await TouchAsync(NewTouch(60 + turned, id: used)));
        });
        var seen = listed.Select(session => session.Id).ToList();
        Assert.Equal(seen.Distinct(), seen);
        Assert.Superset(ids.Where((_, i) => i % 3 != 0).ToHashSet(), seen.ToHashSet());
    }

    [Fact]
    public async Task A_long_list_is_listed_whole()
    {
        var ids = await StartSessionsAsync(300, i => Start.AddMilliseconds(i / 3));
        Assert.Equal(ids.ToHashSet(), (await ListAllAsync(ids, pageSize: 7)).Select(session => session.Id).ToHashSet());
    }

    [Fact]
    public async Task A_second_store_goes_on_with_the_list_of_the_first()
    {
        var second = RequiredSecondStore;
        var ids = await StartSessionsAsync(4, i => Start.AddMinutes(i));
        Assert.Equal([ids[1], ids[0]], await ListBehindAsync(SessionPosition.Of(await LoadAsync(ids[2])), ids, second));
    }

    /// <summary>Writes to a session whatever its version is.</summary>
    private async Task ReplaceAsync(Guid id, DateTimeOffset? startedAt = null, bool isTombstone = false)
    {
        var before = await LoadAsync(id);
        await SwapAsync(NewWrite(
            before.Version, id: id, user: _user, startedAt: startedAt ?? before.StartedAt, isTombstone: isTombstone));
    }

    private async Task<IEnumerable<Guid>> ListBehindAsync(
        SessionPosition? after, Guid[] ids, ISessionRecordStore? store = null) =>
        (await ListAllAsync(ids, pageSize: 3, after: after, store: store)).Select(session => session.Id);

    /// <summary>The sessions of this test among all that are listed, in their order.</summary>
    private async Task<IReadOnlyList<StoredSession>> ListAllAsync(
        Guid[]? ids = null,
        int pageSize = 100,
        Func<Task>? turned = null,
        SessionPosition? after = null,
        ISessionRecordStore? store = null)
    {
        var (own, listed) = ((ids ?? [_id]).ToHashSet(), new List<StoredSession>());
        while (true)
        {
            var page = await (store ?? Store).ListAsync(after, pageSize, Cancellation);
            Assert.InRange(page.Count, 0, pageSize);
            if (page.Count == 0)
            {
                return listed;
            }

            foreach (var session in page)
            {
                var position = SessionPosition.Of(session);
                Assert.True(after is null || position < after, "A record stands in front of the one before it.");
                after = position;
            }

            listed.AddRange(page.Where(session => own.Contains(session.Id)));
            if (turned is not null)
            {
                await turned();
            }
        }
    }
}
