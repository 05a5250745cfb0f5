using System.Globalization;
using System.Text;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// Many at once on one session, through as many processes as the store's promise reaches.
public abstract partial class SessionRepositoryTests
{
    private const int Many = 50;

    [Fact]
    public async Task Parallel_commits_of_different_keys_all_survive()
    {
        await CreateAsync();
        var results = await TogetherAsync((node, i) => node.CommitAsync(Change(($"k{i:00}", "1"))));
        Assert.All(results, result => Assert.Equal(SessionCommitOutcome.Committed, result.Outcome));
        await HoldsAsync([.. Enumerable.Range(0, Many).Select(i => $"k{i:00}=1")]);
    }

    [Fact]
    public async Task Of_parallel_creations_of_one_id_exactly_one_wins()
    {
        var secrets = Enumerable.Range(0, Many).Select(_ => NewHash()).ToList();
        var results = await TogetherAsync(
            (node, i) => node.CommitAsync(Creation(secret: secrets[i], values: ("by", $"{i}"))));
        var winner = Assert.Single(
            Enumerable.Range(0, Many), i => results[i].Outcome == SessionCommitOutcome.Committed);
        Assert.All(
            results.Where((_, i) => i != winner), result => Assert.Equal(SessionCommitOutcome.Gone, result.Outcome));
        await HoldsAsync($"by={winner}");
        Assert.Equal(Hex(secrets[winner]), Hex((await LoadAsync()).SecretHash));
    }

    [Fact]
    public async Task Of_parallel_rotations_exactly_one_wins_and_all_other_changes_are_kept()
    {
        await CreateAsync();
        var secrets = Enumerable.Range(0, Many).Select(_ => NewHash()).ToList();
        var results = await TogetherAsync(
            (node, i) => node.CommitAsync(Rotation(secrets[i], _secret, values: ($"k{i:00}", "1"))));
        Assert.All(results, result => Assert.Equal(SessionCommitOutcome.Committed, result.Outcome));
        var winner = Assert.Single(Enumerable.Range(0, Many), i => results[i].SecretChanged);
        var record = await LoadAsync();
        Assert.Equal(Hex(secrets[winner]), Hex(record.SecretHash));
        Assert.Equal(Many, record.Values.Count);
    }

    [Fact]
    public async Task Of_parallel_sign_ins_exactly_one_wins()
    {
        await CreateAsync();
        var results = await TogetherAsync((node, i) =>
            node.CommitAsync(Rotation(NewHash(), _secret, required: true, SignIn($"user{i}", Start))));
        var winner = Assert.Single(
            Enumerable.Range(0, Many), i => results[i].Outcome == SessionCommitOutcome.Committed);
        Assert.All(
            results.Where((_, i) => i != winner), result => Assert.Equal(SessionCommitOutcome.Moved, result.Outcome));
        var record = await LoadAsync();
        Assert.Equal((1, $"user{winner}"), (record.Generation, record.UserId));
    }

    [Fact]
    public async Task Of_parallel_ends_exactly_one_ends_the_session_and_its_reason_stays()
    {
        await CreateAsync();
        SessionEndReason[] reasons = [SessionEndReason.SignedOut, SessionEndReason.Revoked, SessionEndReason.Expired];
        var ended = await TogetherAsync(
            (node, i) => node.EndAsync(_id, reasons[i % 3], known: i % 2 == 0 ? Base() : null));
        var first = Assert.Single(Enumerable.Range(0, Many), i => ended[i]);
        Assert.Equal((SessionLookupStatus.Ended, reasons[first % 3]), await StatusAsync());
    }

    [Fact]
    public async Task A_session_that_is_ended_among_commits_and_touches_stays_ended()
    {
        for (var round = 0; round < 4; round++)
        {
            var id = Guid.NewGuid();
            await CommittedAsync(CreationOf(id, Start));
            await TogetherAsync(async (node, i) => i switch
            {
                Many / 2 => await node.EndAsync(id, SessionEndReason.Revoked),
                _ when i % 5 == 0 => await node.TouchAsync(Base(id: id), Start.AddMinutes(5)),
                _ => (await node.CommitAsync(
                    new SessionCommit
                    {
                        Id = id,
                        Now = Start,
                        Base = Base(id: id),
                        Values = Changes(
                        ($"k{i}", "1"))
                    })).Outcome
                    == SessionCommitOutcome.Committed,
            });
            Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Revoked), await StatusAsync(id: id));
        }
    }

    [Fact]
    public async Task Parallel_increments_that_expect_the_value_they_saw_are_exact()
    {
        await CreateAsync(("n", "0"));
        await TogetherAsync(
            async (node, _) =>
            {
                SessionValue? seen = Text("0");
                while (true)
                {
                    var next = 1 + int.Parse(
                        Encoding.UTF8.GetString(seen!.Value.Data.Span), CultureInfo.InvariantCulture);
                    var result = await node.CommitAsync(Expecting("n", seen, ("n", $"{next}")));
                    if (result.Outcome == SessionCommitOutcome.Committed)
                    {
                        return next;
                    }

                    Assert.Equal(SessionCommitOutcome.Conflict, result.Outcome);
                    seen = result.Before!.TryGetValue("n", out var value) ? value : null;
                }
            },
            Many / 2);
        await HoldsAsync($"n={Many / 2}");
    }

    [Fact]
    public async Task When_many_take_a_value_exactly_one_gets_it()
    {
        await CreateAsync(("ticket", "1"));
        var results = await TogetherAsync(
            (node, _) => node.CommitAsync(Expecting("ticket", Text("1"), ("ticket", null))));
        Assert.Single(results, result => result.Outcome == SessionCommitOutcome.Committed);
        await HoldsAsync();
    }

    [Fact]
    public async Task Parallel_touches_lose_no_commit_and_no_use()
    {
        await CreateAsync();
        await TogetherAsync(async (node, i) => i % 2 == 0
            ? await node.TouchAsync(Base(), Start.AddMinutes(2 + i))
            : (await node.CommitAsync(
                new SessionCommit { Id = _id, Now = Start, Base = Base(), Values = Changes(($"k{i:00}", "1")) }))
                    .SecretChanged);
        await HoldsAsync([.. Enumerable.Range(0, Many).Where(i => i % 2 == 1).Select(i => $"k{i:00}=1")]);
        Assert.Equal(Start.AddMinutes(Many), (await LoadAsync()).LastSeenAt);
    }

    [Fact]
    public async Task What_is_loaded_after_an_acknowledged_commit_has_it()
    {
        await CreateAsync();
        await TogetherAsync(async (node, i) =>
        {
            for (var round = 0; round < 3; round++)
            {
                await node.CommitAsync(Change(($"k{i:00}", $"{round}")));
                Assert.Contains($"k{i:00}={round}", ValuesOf((await node.LoadAsync(_id)).Record!));
            }

            return true;
        });
    }

    /// <summary>Runs a call many times at once, all of them let loose together.</summary>
    private async Task<T[]> TogetherAsync<T>(Func<SessionNode, int, Task<T>> call, int count = Many)
    {
        SessionNode[] nodes = IsExactAcrossNodes ? [Node, NewNode()] : [Node];
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = Enumerable.Range(0, count).Select(i => Task.Run(
            async () =>
            {
                await start.Task;
                return await call(nodes[i % nodes.Length], i);
            },
            Cancellation)).ToList();
        start.SetResult();
        return await Task.WhenAll(calls);
    }
}
