using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What becomes of a commit, a touch or an end when another process was faster.</summary>
public sealed class RepositoryDecisionTests
{
    [Fact]
    public async Task Without_a_race_a_commit_is_one_write_and_no_load()
    {
        await using var stage = await new RepositoryStage().BeginAsync(userId: null, ("a", "1"));

        var result = await stage.Node.CommitAsync(stage.Change(("a", "2")));

        Assert.Equal((SessionCommitOutcome.Committed, "nobody: a=2"), (result.Outcome, await stage.StateAsync()));
        Assert.Equal((0, 1), (stage.Store.Loads, stage.Store.Writes.Count));
        Assert.Equal(stage.Loaded.Version, stage.Store.Writes[0].ExpectedVersion);
    }

    [Fact]
    public async Task Under_the_same_generation_a_change_is_decided_again_on_what_the_write_brought_back()
    {
        await using var stage = await new RepositoryStage().BeginAsync(userId: null, ("a", "1"));
        stage.Store.BeforeNextWrite(() => stage.ChangesElsewhereAsync(("b", "2")));
        stage.Store.BeforeNextWrite(() => stage.ChangesElsewhereAsync(("c", "3")));

        var result = await stage.Node.CommitAsync(stage.Change(("a", "2")));

        Assert.Equal(
            (SessionCommitOutcome.Committed, "nobody: a=2 b=2 c=3"), (result.Outcome, await stage.StateAsync()));
        Assert.Equal((0, 3), (stage.Store.Loads, stage.Store.Writes.Count));
    }

    [Fact]
    public async Task A_new_decision_sends_a_new_version_and_none_is_zero()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        for (var i = 0; i < 20; i++)
        {
            stage.Store.BeforeNextWrite(() => stage.ChangesElsewhereAsync(("b", "2")));
        }

        await stage.Node.CommitAsync(stage.Change(("a", "2")));

        var versions = stage.Store.Writes.Select(write => write.NewVersion).ToList();
        Assert.Equal(21, versions.Distinct().Count());
        Assert.DoesNotContain(0, versions);
        Assert.DoesNotContain(0, stage.Store.Writes.Select(write => write.ExpectedVersion));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Under_another_generation_a_change_is_refused_and_changes_nothing(bool signsOut)
    {
        await using var stage = await new RepositoryStage().BeginAsync("ann", ("a", "1"));
        stage.Store.BeforeNextWrite(() => stage.ElsewhereAsync(signsOut
            ? new SessionCommit
            {
                Id = stage.Id,
                Now = RepositoryStage.Start,
                Base = stage.Loaded,
                Identity = new(
                null, null, null, null, true)
            }
            : stage.SignInOf("bob")));

        var result = await stage.Node.CommitAsync(stage.Change(("a", "2")));

        Assert.Equal((SessionCommitOutcome.Moved, 1), (result.Outcome, stage.Store.Writes.Count));
        Assert.Equal(signsOut ? "nobody: a=1" : "bob: a=1", await stage.StateAsync());
    }

    [Fact]
    public async Task When_the_same_user_has_signed_in_again_meanwhile_a_change_is_saved()
    {
        await using var stage = await new RepositoryStage().BeginAsync("ann");
        stage.Store.BeforeNextWrite(() => stage.ElsewhereAsync(
            stage.SignInOf(
                "ann", again: true, new SessionSecretChange(RepositoryStage.NewHash(), stage.Secret, Required: true))));

        await stage.Node.CommitAsync(stage.Change(("a", "2")));

        Assert.Equal("ann: a=2", await stage.StateAsync());
    }

    [Fact]
    public async Task A_change_to_a_session_that_has_ended_meanwhile_is_refused()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        stage.Store.BeforeNextWrite(() => stage.Other.EndAsync(stage.Id, SessionEndReason.Revoked));

        var result = await stage.Node.CommitAsync(stage.Change(("a", "2")));

        Assert.Equal(
            (SessionCommitOutcome.Gone, "Revoked", 1), (
                result.Outcome, await stage.StateAsync(), stage.Store.Writes.Count));
    }

    [Fact]
    public async Task A_change_of_secret_that_another_process_was_faster_with_leaves_the_secret_and_saves_the_rest()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        var (mine, others) = (RepositoryStage.NewHash(), RepositoryStage.NewHash());
        stage.Store.BeforeNextWrite(() => stage.ElsewhereAsync(Rotation(stage, others)));

        var result = await stage.Node.CommitAsync(Rotation(stage, mine));

        Assert.Equal((SessionCommitOutcome.Committed, false), (result.Outcome, result.SecretChanged));
        Assert.Equal(others, (await stage.Other.LoadAsync(stage.Id)).Record!.SecretHash.ToArray());
    }

    [Fact]
    public async Task What_was_refused_on_what_the_request_had_loaded_is_decided_once_more_on_what_is_stored()
    {
        await using var stage = await new RepositoryStage().BeginAsync("ann");
        var late = RepositoryStage.Start + RepositoryStage.Lifetime.AbsoluteTimeout;
        var again = new SessionCommit
        {
            Id = stage.Id,
            Now = late.AddMinutes(-1),
            Base = stage.Loaded,
            Identity = RepositoryStage.SignIn("ann", late.AddMinutes(-1), again: true),
        };
        var change = new SessionCommit
        {
            Id = stage.Id,
            Now = late,
            Base = stage.Loaded,
            Values = stage.Change(
            ("a", "1")).Values
        };
        Assert.Equal(SessionCommitOutcome.Gone, (await stage.Node.CommitAsync(change)).Outcome);
        Assert.Equal((1, 0), (stage.Store.Loads, stage.Store.Writes.Count));
        await stage.ElsewhereAsync(again);

        Assert.Equal(SessionCommitOutcome.Committed, (await stage.Node.CommitAsync(change)).Outcome);

        Assert.Equal("ann: a=1", await stage.StateAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_end_is_done_again_however_often_another_process_was_faster(bool isKnown)
    {
        await using var stage = await new RepositoryStage().BeginAsync("ann", ("a", "1"));
        stage.Store.BeforeNextWrite(() => stage.ChangesElsewhereAsync(("b", "2")));
        stage.Store.BeforeNextWrite(() => stage.Other.TouchAsync(stage.Loaded, RepositoryStage.Start.AddMinutes(5)));
        stage.Store.BeforeNextWrite(() => stage.ElsewhereAsync(stage.SignInOf("bob")));

        Assert.True(
            await stage.Node.EndAsync(stage.Id, SessionEndReason.Revoked, known: isKnown ? stage.Loaded : null));

        Assert.Equal(
            ("Revoked", 4, isKnown ? 0 : 1), (await stage.StateAsync(), stage.Store.Writes.Count, stage.Store.Loads));
    }

    [Fact]
    public async Task An_end_that_another_process_was_faster_with_is_not_this_ones()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        stage.Store.BeforeNextWrite(() => stage.Other.EndAsync(stage.Id, SessionEndReason.SignedOut));

        Assert.False(await stage.Node.EndAsync(stage.Id, SessionEndReason.Revoked, known: stage.Loaded));

        Assert.Equal("SignedOut", await stage.StateAsync());
    }

    [Theory]
    [InlineData(10, true)]
    [InlineData(0, false)]
    public async Task A_touch_between_the_load_and_the_end_of_an_expired_session_lets_it_live(int minutes, bool lives)
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        var judged = RepositoryStage.Start.AddMinutes(20).AddMilliseconds(1);
        stage.Store.BeforeNextWrite(
            () => stage.Other.TouchAsync(stage.Loaded, RepositoryStage.Start.AddMinutes(minutes).AddMilliseconds(1)));

        Assert.Equal(!lives, await stage.Node.EndExpiredAsync(stage.Id, judged, stage.Loaded));

        Assert.Equal(lives ? "nobody:" : "Expired", await stage.StateAsync());
    }

    [Fact]
    public async Task A_commit_that_was_decided_before_a_touch_does_not_set_the_last_use_back()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        var seen = RepositoryStage.Start.AddMinutes(9);
        stage.Store.BeforeNextWrite(() => stage.Other.TouchAsync(stage.Loaded, seen));

        await stage.Node.CommitAsync(stage.Change(("a", "1")));

        Assert.Equal(seen, (await stage.Other.LoadAsync(stage.Id)).Record!.LastSeenAt);
    }

    [Fact]
    public async Task A_touch_is_one_call_with_a_version_of_its_own_and_no_load()
    {
        await using var stage = await new RepositoryStage().BeginAsync("ann");
        await stage.ChangesElsewhereAsync(("a", "1"));

        Assert.True(await stage.Node.TouchAsync(stage.Loaded, RepositoryStage.Start.AddMinutes(5)));

        var touch = Assert.Single(stage.Store.Touches);
        Assert.Equal((0, 0), (stage.Store.Loads, stage.Store.Writes.Count));
        Assert.Equal(touch.NewVersion, (await stage.Other.LoadAsync(stage.Id)).Record!.Version);
        Assert.NotEqual(0, touch.NewVersion);
    }

    [Fact]
    public async Task A_touch_by_the_token_that_a_sign_in_gave_out_writes_that_it_was_seen()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        var secret = RepositoryStage.NewHash();
        await stage.ElsewhereAsync(
            stage.SignInOf("ann", secret: new SessionSecretChange(secret, stage.Secret, Required: true)));
        var signedIn = (await stage.Other.LoadAsync(stage.Id)).Record!;

        Assert.True(await stage.Node.TouchAsync(signedIn, RepositoryStage.Start.AddMinutes(5), secret));
        var seen = (await stage.Other.LoadAsync(stage.Id)).Record!;
        Assert.Equal(
            (1, 0, RepositoryStage.Start.AddMinutes(5).AddSeconds(5)), (
                stage.Store.Writes.Count, stage.Store.Touches.Count, seen.Former.Until));

        Assert.True(await stage.Node.TouchAsync(seen, RepositoryStage.Start.AddMinutes(6), secret));
        Assert.Equal((1, 1), (stage.Store.Writes.Count, stage.Store.Touches.Count));
    }

    private static SessionCommit Rotation(RepositoryStage stage, byte[] secret) => new()
    {
        Id = stage.Id,
        Now = RepositoryStage.Start,
        Base = stage.Loaded,
        Secret = new SessionSecretChange(secret, stage.Secret, Required: false),
    };
}
