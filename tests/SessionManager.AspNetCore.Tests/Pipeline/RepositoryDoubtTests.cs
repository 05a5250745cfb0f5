using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A commit of which nobody knows whether it was applied, sent again; and sessions that keep
/// changing.</summary>
public sealed class RepositoryDoubtTests
{
    private const long Version = 4711;

    [Theory]
    [InlineData(StoreFaultKind.LoseAcknowledgement)]
    [InlineData(StoreFaultKind.Fail)]
    public async Task A_repetition_sends_the_same_version_and_is_applied_once(StoreFaultKind fault)
    {
        await using var stage = await new RepositoryStage().BeginAsync(userId: null, ("a", "1"));
        var commit = Versioned(stage.Change(("a", "2")));
        stage.Node.Store.Plan(StoreOperation.Commit, fault);
        await Assert.ThrowsAsync<SessionStoreException>(() => stage.Node.CommitAsync(commit));

        Assert.Equal(SessionCommitOutcome.Committed, (await stage.Node.CommitAsync(stage.Again(commit))).Outcome);

        Assert.Equal("nobody: a=2", await stage.StateAsync());
        Assert.All(stage.Store.Writes, write => Assert.Equal(Version, write.NewVersion));
        Assert.Equal(Version, (await stage.Other.LoadAsync(stage.Id)).Record!.Version);
    }

    [Theory]
    [InlineData(StoreFaultKind.LoseAcknowledgement)]
    [InlineData(StoreFaultKind.Fail)]
    public async Task When_another_process_has_written_since_nothing_is_decided_again(StoreFaultKind fault)
    {
        await using var stage = await new RepositoryStage().BeginAsync(userId: null, ("a", "1"));
        var commit = Versioned(stage.Change(("a", "2")));
        stage.Node.Store.Plan(StoreOperation.Commit, fault);
        await Assert.ThrowsAsync<SessionStoreException>(() => stage.Node.CommitAsync(commit));
        await stage.ChangesElsewhereAsync(("a", "3"));

        await Assert.ThrowsAsync<SessionStoreException>(() => stage.Node.CommitAsync(stage.Again(commit)));

        Assert.Equal("nobody: a=3", await stage.StateAsync());
    }

    [Theory]
    [InlineData(SessionSecretChangeKind.Replace)]
    [InlineData(SessionSecretChangeKind.Issue)]
    public async Task A_secret_of_ours_in_what_another_process_has_written_since_says_that_the_commit_was_applied(
        object kind)
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        var secret = new SessionSecretChange(
            RepositoryStage.NewHash(), stage.Secret, Required: true)
        { Kind = (SessionSecretChangeKind)kind };
        var commit = Versioned(stage.SignInOf("ann", secret: secret));
        stage.Node.Store.Plan(StoreOperation.Commit, StoreFaultKind.LoseAcknowledgement);
        await Assert.ThrowsAsync<SessionStoreException>(() => stage.Node.CommitAsync(commit));
        var signedIn = (await stage.Other.LoadAsync(stage.Id)).Record!;
        await stage.ElsewhereAsync(new SessionCommit
        {
            Id = stage.Id,
            Now = RepositoryStage.Start,
            Base = signedIn,
            Values = stage.Change(("b", "2")).Values,
        });

        var result = await stage.Node.CommitAsync(stage.Again(commit));

        Assert.Equal((SessionCommitOutcome.Committed, true), (result.Outcome, result.SecretChanged));
        Assert.Equal(("ann: b=2", 1), (await stage.StateAsync(), result.AfterOf(commit).Generation));
    }

    [Fact]
    public async Task A_repetition_to_a_session_that_has_ended_since_is_refused()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        var commit = Versioned(stage.Change(("a", "2")));
        stage.Node.Store.Plan(StoreOperation.Commit, StoreFaultKind.LoseAcknowledgement);
        await Assert.ThrowsAsync<SessionStoreException>(() => stage.Node.CommitAsync(commit));
        await stage.Other.EndAsync(stage.Id, SessionEndReason.Revoked);

        Assert.Equal(SessionCommitOutcome.Gone, (await stage.Node.CommitAsync(stage.Again(commit))).Outcome);
        Assert.Equal("Revoked", await stage.StateAsync());
    }

    [Fact]
    public async Task An_end_in_doubt_is_done_again_whatever_was_written_since()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        stage.Node.Store.Plan(StoreOperation.End, StoreFaultKind.Fail);
        await Assert.ThrowsAsync<SessionStoreException>(
            () => stage.Node.EndAsync(stage.Id, SessionEndReason.Revoked, known: stage.Loaded));
        await stage.ChangesElsewhereAsync(("a", "3"));

        Assert.True(await stage.Node.EndAsync(stage.Id, SessionEndReason.Revoked, known: stage.Loaded));
        Assert.Equal("Revoked", await stage.StateAsync());
    }

    [Fact]
    public async Task A_commit_of_a_session_that_keeps_changing_fails_by_the_time_it_takes()
    {
        await using var stage = await new RepositoryStage(TimeSpan.FromMilliseconds(300))
            .BeginAsync(userId: null, ("a", "1"));
        stage.Store.Always = () => stage.ChangesElsewhereAsync(("b", "2"));

        await Assert.ThrowsAsync<SessionStoreException>(() => stage.Node.CommitAsync(stage.Change(("a", "2"))));

        Assert.Equal("nobody: a=1 b=2", await stage.StateAsync());
    }

    [Fact]
    public async Task An_end_of_a_session_that_keeps_changing_fails_by_the_time_it_takes()
    {
        await using var stage = await new RepositoryStage(TimeSpan.FromMilliseconds(300)).BeginAsync();
        stage.Store.Always = async () =>
        {
            await Task.Yield();
            await stage.ChangesElsewhereAsync(("b", "2"));
        };

        await Assert.ThrowsAsync<SessionStoreException>(
            () => stage.Node.EndAsync(stage.Id, SessionEndReason.Revoked)
                .WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task It_is_the_time_and_not_the_number_of_other_writes_that_counts()
    {
        await using var stage = await new RepositoryStage().BeginAsync(userId: null, ("a", "1"));
        for (var i = 0; i < 1_000; i++)
        {
            stage.Store.BeforeNextWrite(() => stage.ChangesElsewhereAsync(("b", "2")));
        }

        Assert.Equal(SessionCommitOutcome.Committed, (await stage.Node.CommitAsync(stage.Change(("a", "2")))).Outcome);
        Assert.Equal(("nobody: a=2 b=2", 1_001), (await stage.StateAsync(), stage.Store.Writes.Count));
    }

    private static SessionCommit Versioned(SessionCommit commit)
    {
        commit.Version = Version;
        return commit;
    }
}
