using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// All sessions, page by page, whatever happens meanwhile.
public abstract partial class SessionRepositoryTests
{
    /// <summary>More than two pages, of 64 as ours have them, and of equal times more than one.</summary>
    private const int Listed = 150;
    private const int OfOneTime = 70;

    [Fact]
    public async Task Where_no_session_is_none_is_listed() => Assert.Empty(await Node.ListAsync());

    [Fact]
    public async Task A_session_is_listed_with_all_but_its_values_and_is_not_used_by_that()
    {
        await CommittedAsync(Creation(SignIn("ann", Start.AddMinutes(-3)), values: ("a", "1")));
        var before = await DescribeAsync();
        var record = Assert.Single(await Node.ListAsync());
        Assert.Equal((_id, "ann", "ann", 0), (record.Id, record.UserId, record.OwnerId, record.Generation));
        Assert.Equal(
            (Start.AddMinutes(-3), Start.AddMinutes(-3), Start.AddMinutes(-3), Start),
            (record.CreatedAt, record.StartedAt, record.AuthenticatedAt, record.LastSeenAt));
        Assert.Equal(before, await DescribeAsync());
    }

    [Fact]
    public async Task Sessions_are_listed_by_the_time_they_began_the_last_in_front_and_not_by_the_time_they_were_saved()
    {
        int[] minutes = [-40, -10, -100, -70, 0, -41];
        var ids = new List<Guid>();
        foreach (var minute in minutes)
        {
            ids.AddRange(await BeginAsync([Start.AddMinutes(minute)]));
        }

        Assert.Equal(
            ids.Zip(minutes).OrderByDescending(session => session.Second)
                .Select(session => session.First), await ListAsync());
    }

    [Fact]
    public async Task A_session_that_signs_in_again_is_listed_once_and_first()
    {
        var ids = await BeginAsync([Start.AddMinutes(-90), Start.AddMinutes(-2), Start.AddMinutes(-1)]);

        await CommittedAsync(SignInTo(ids[0], Start));
        Assert.Equal([ids[0], ids[2], ids[1]], await ListAsync());

        await CommittedAsync(SignInTo(ids[1], Start.AddMilliseconds(1)));
        Assert.Equal([ids[1], ids[0], ids[2]], await ListAsync());
    }

    [Fact]
    public async Task A_sign_in_that_was_refused_leaves_a_session_where_it_was_in_the_list()
    {
        var ids = await BeginAsync([Start.AddMinutes(-4), Start.AddMinutes(-3), Start.AddMinutes(-2)]);
        foreach (var generation in (int[])[5, 6])
        {
            var refused = SignInTo(ids[1], Start.AddMinutes(-1).AddSeconds(generation), generation);
            Assert.Equal(SessionCommitOutcome.Moved, (await CommitAsync(refused)).Outcome);
        }

        Assert.Equal(Enumerable.Reverse(ids), await ListAsync());
    }

    [Fact]
    public async Task A_sign_out_leaves_a_session_where_it_was_in_the_list()
    {
        var ids = await BeginAsync([Start.AddMinutes(-2), Start.AddMinutes(-1)]);
        await CommittedAsync(
            new SessionCommit { Id = ids[0], Now = Start, Base = Base(id: ids[0]), Identity = SignOut() });
        Assert.Equal([ids[1], ids[0]], await ListAsync());
    }

    [Fact]
    public async Task A_session_that_has_ended_or_that_was_revoked_is_not_listed()
    {
        var other = NewNode();
        var (lives, ended, revoked) = (
            await SignedInAsync(Node, "ann", -3), await SignedInAsync(Node, "bob", -2), await SignedInAsync(
                Node, "eve", -1));
        await Node.EndAsync(ended, SessionEndReason.SignedOut);
        Assert.Equal(1, await other.Directory.RevokeUserAsync("eve", cancellationToken: Cancellation));
        Assert.Equal([lives], await ListAsync());
        Assert.NotEqual(revoked, lives);
    }

    [Fact]
    public async Task Over_several_pages_each_is_listed_once_the_newest_first_also_among_equal_times()
    {
        var ids = await BeginListedAsync();
        var listed = await Node.ListAsync();
        Assert.Equal(Listed, listed.Count);
        Assert.Equal(ids.Order(), listed.Select(record => record.Id).Order());
        Assert.Equal(
            listed.OrderByDescending(record => record.StartedAt)
                .Select(record => record.Id), listed.Select(record => record.Id));
        Assert.Equal(listed.Select(record => record.Id), await ListAsync());
        foreach (var last in (int[])[0, 9, 10, 63, 64, 79, 80, 128, Listed - 2, Listed - 1])
        {
            Assert.Equal(
                listed[(last + 1)..].Select(record => record.Id), await ListAsync(after: PositionOf(listed[last])));
        }
    }

    [Fact]
    public async Task A_list_goes_on_behind_a_session_that_has_ended_or_was_evicted_or_has_signed_in_again_meanwhile()
    {
        await BeginListedAsync();
        var listed = await Node.ListAsync();
        foreach (var last in (int[])[149, 100, 79, 40, 9])
        {
            var after = PositionOf(listed[last]);
            if (last == 100)
            {
                await CommittedAsync(SignInTo(after.Id, Start));
            }
            else if (last % 2 == 0 && Evict is { } evict)
            {
                await evict(after.Id);
            }
            else
            {
                Assert.True(await Node.EndAsync(after.Id, SessionEndReason.Revoked));
            }

            var gone = listed.Where((_, i) => i is 149 or 79 or 40 or 9 && i >= last).Select(record => record.Id)
                .ToHashSet();
            var rest = listed[(last + 1)..].Select(record => record.Id)
                .Where(id => !gone.Contains(id) && (last >= 100 || id != listed[100].Id));
            Assert.Equal(rest, await ListAsync(after: after));
        }
    }

    [Fact]
    public async Task Sessions_that_end_or_begin_while_they_are_listed_hide_no_other_and_show_none_twice()
    {
        await BeginListedAsync();
        var all = await ListAsync();
        var (listed, ended, begun) = (new List<Guid>(), new HashSet<Guid>(), new HashSet<Guid>());
        await foreach (var record in Node.Finder.ListAsync(after: null, Cancellation))
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
                await Node.EndAsync(id, SessionEndReason.Revoked);
                ended.Add(id);
            }

            begun.UnionWith(await BeginAsync([Start, record.StartedAt]));
        }

        Assert.Equal(listed.Distinct(), listed);
        Assert.NotEmpty(ended);
        Assert.Equal(
            all.Where(id => !ended.Contains(id)), listed.Where(id => !ended.Contains(id) && !begun.Contains(id)));
    }

    [Fact]
    public async Task Another_node_lists_the_sessions_that_it_has_loaded_in_whatever_order_it_loaded_them()
    {
        var ids = await BeginListedAsync();
        var other = NewNode();
        foreach (var id in ids.Order())
        {
            await other.LoadAsync(id);
        }

        var listed = await other.ListAsync();
        Assert.Equal(ids.Order(), listed.Select(record => record.Id).Order());
        Assert.Equal(
            listed.OrderByDescending(record => record.StartedAt)
                .Select(record => record.Id), listed.Select(record => record.Id));
    }

    private static SessionPosition PositionOf(SessionRecord record) => new(record.StartedAt, record.Id);

    private SessionCommit SignInTo(Guid id, DateTimeOffset now, long generation = 0) =>
        new() { Id = id, Now = now, Base = Base(generation, id), Identity = SignIn("ann", now) };

    /// <summary>Begins so many that pages end among equal times: those of one time are more than a page.</summary>
    private Task<Guid[]> BeginListedAsync() =>
        BeginAsync([.. Enumerable.Range(0, Listed).Select(i => Start.AddMinutes((9 * (i / OfOneTime)) - 18))]);

    private async Task<Guid[]> BeginAsync(DateTimeOffset[] times)
    {
        var ids = times.Select(_ => Guid.NewGuid()).ToArray();
        await Task.WhenAll(ids.Zip(times, (id, time) => CommittedAsync(CreationOf(id, time))));
        return ids;
    }

    private async Task<List<Guid>> ListAsync(SessionPosition? after = null) =>
        [.. (await Node.ListAsync(after)).Select(record => record.Id)];
}
