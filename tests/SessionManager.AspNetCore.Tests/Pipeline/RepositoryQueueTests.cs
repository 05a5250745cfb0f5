using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Commits of one session in one process: each hands its record to the next.</summary>
public sealed class RepositoryQueueTests
{
    [Fact]
    public async Task A_commit_that_waited_takes_over_the_record_of_the_one_before_and_reads_nothing_again()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        var gate = stage.Node.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var commits = Enumerable.Range(0, 5).Select(i => stage.Node.CommitAsync(stage.Change(($"k{i}", "1")))).ToList();
        await gate.Reached;
        gate.Open();

        Assert.All(await Task.WhenAll(commits), result => Assert.Equal(SessionCommitOutcome.Committed, result.Outcome));

        Assert.Equal("nobody: k0=1 k1=1 k2=1 k3=1 k4=1", await stage.StateAsync());
        Assert.Equal((0, 5), (stage.Store.Loads, stage.Store.Writes.Count));
        Assert.Equal(
            stage.Store.Writes.Select(write => write.NewVersion)
                .SkipLast(1), stage.Store.Writes.Select(write => write.ExpectedVersion).Skip(1));
    }

    [Fact]
    public async Task A_record_that_was_handed_on_and_is_not_the_stored_one_any_more_costs_one_more_write()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        var gate = stage.Node.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var (first, second) = (
            stage.Node.CommitAsync(stage.Change(("a", "1"))), stage.Node.CommitAsync(stage.Change(("b", "1"))));
        await gate.Reached;
        stage.Store.BeforeNextWrite(() => Task.CompletedTask);
        stage.Store.BeforeNextWrite(() => stage.ChangesElsewhereAsync(("c", "1")));
        gate.Open();
        await Task.WhenAll(first, second);

        Assert.Equal(
            ("nobody: a=1 b=1 c=1", 0, 3), (await stage.StateAsync(), stage.Store.Loads, stage.Store.Writes.Count));
    }

    [Fact]
    public async Task What_is_refused_on_a_record_that_was_handed_on_is_refused_without_a_call_of_the_store()
    {
        await using var stage = await new RepositoryStage().BeginAsync("ann");
        var gate = stage.Node.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var (first, second) = (
            stage.Node.CommitAsync(stage.SignInOf("bob")), stage.Node.CommitAsync(stage.Change(("a", "1"))));
        await gate.Reached;
        gate.Open();
        await first;

        Assert.Equal(SessionCommitOutcome.Moved, (await second).Outcome);
        Assert.Equal(("bob:", 0, 1), (await stage.StateAsync(), stage.Store.Loads, stage.Store.Writes.Count));
    }

    [Fact]
    public async Task Sessions_do_not_wait_for_each_other()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        var gate = stage.Node.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var first = stage.Node.CommitAsync(stage.Change(("a", "1")));
        await gate.Reached;
        var other = new SessionCommit
        {
            Id = Guid.NewGuid(),
            Now = RepositoryStage.Start,
            Secret = new SessionSecretChange(RepositoryStage.NewHash(), default, Required: true),
        };

        Assert.Equal(SessionCommitOutcome.Committed, (await stage.Node.CommitAsync(other)).Outcome);
        gate.Open();
        Assert.Equal(SessionCommitOutcome.Committed, (await first).Outcome);
    }

    [Fact]
    public async Task An_end_does_not_wait_for_a_commit_and_is_final()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        var gate = stage.Node.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var commits = Enumerable.Range(0, 3).Select(i => stage.Node.CommitAsync(stage.Change(($"k{i}", "1")))).ToList();
        await gate.Reached;

        Assert.True(await stage.Node.EndAsync(stage.Id, SessionEndReason.Revoked, known: stage.Loaded));
        gate.Open();

        Assert.All(await Task.WhenAll(commits), result => Assert.Equal(SessionCommitOutcome.Gone, result.Outcome));
        Assert.Equal("Revoked", await stage.StateAsync());
    }
}
