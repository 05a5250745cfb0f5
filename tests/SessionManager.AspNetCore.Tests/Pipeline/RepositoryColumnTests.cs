using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What a store is told beside the header: how long to keep a record, and under which user and time to find
/// it.</summary>
public sealed class RepositoryColumnTests
{
    private static readonly SessionLifetime Lifetime = RepositoryStage.Lifetime;
    private static readonly DateTimeOffset Now = RepositoryStage.Start.AddMinutes(1);

    [Fact]
    public async Task A_record_is_kept_for_its_time_after_each_use_and_what_finds_it_for_as_long_as_the_session_can_live()
    {
        await using var stage = await new RepositoryStage().BeginAsync("ann");
        await stage.Node.CommitAsync(stage.Change(("a", "1")));
        await stage.Node.TouchAsync(stage.Loaded, Now);

        var (write, touch) = (stage.Store.Writes[0], stage.Store.Touches[0]);
        Assert.Equal((Lifetime.RecordTimeToLive, Lifetime.RecordTimeToLive), (write.TimeToLive, touch.TimeToLive));
        Assert.Equal(
            (Now + Lifetime.RecordTimeToLive, Now + Lifetime.RecordTimeToLive), (write.KeepUntil, touch.KeepUntil));
        Assert.Equal(RepositoryStage.Start + Lifetime.UserTimeToLive, write.IndexUntil);
        Assert.Equal(RepositoryStage.Start + Lifetime.UserTimeToLive, touch.IndexUntil);
    }

    [Fact]
    public async Task A_commit_that_is_no_use_of_the_session_leaves_the_last_use()
    {
        await using var stage = await new RepositoryStage().BeginAsync();
        await stage.Node.CommitAsync(
            new SessionCommit { Id = stage.Id, Now = Now, Base = stage.Loaded, Touches = false, DropsValues = true });

        var write = stage.Store.Writes[0];
        Assert.Equal((RepositoryStage.Start, Now, true), (write.LastSeenAt, write.Now, write.DropsValues));
    }

    [Fact]
    public async Task A_tombstone_keeps_no_user_and_no_values_and_says_where_the_session_was_found()
    {
        await using var stage = await new RepositoryStage().BeginAsync("ann", ("a", "1"));
        await stage.Node.EndAsync(stage.Id, SessionEndReason.SignedOut);

        var write = stage.Store.Writes[0];
        Assert.Equal((true, null, "ann"), (write.IsTombstone, write.UserId, write.FormerUserId));
        Assert.Equal((true, 0), (write.DropsValues, write.Values.Count));
        Assert.True(write.TimeToLive >= Lifetime.RecordTimeToLive);
        Assert.Equal(HeaderEncoder.EncodeTombstone(stage.Id, SessionEndReason.SignedOut), write.Header.ToArray());
    }

    [Theory]
    [InlineData("values", null, "ann", false)]
    [InlineData("sign-in", null, "bob", true)]
    [InlineData("sign-in", "ann", "bob", true)]
    [InlineData("again", "ann", "ann", true)]
    [InlineData("sign-out", "ann", "ann", false)]
    [InlineData("claim", "ann", "eve", true)]
    [InlineData("rotation", "ann", "ann", false)]
    public async Task A_session_is_found_under_its_user_and_the_index_moves_only_where_that_may_change(
        string kind, string? before, string after, bool moves)
    {
        var user = kind == "values" ? "ann" : before;
        await using var stage = await new RepositoryStage().BeginAsync(user);
        await stage.Node.CommitAsync(new SessionCommit
        {
            Id = stage.Id,
            Now = Now,
            Base = stage.Loaded,
            Claim = kind == "claim" ? new SignInClaim("eve", Guid.NewGuid()) : null,
            Secret = kind == "rotation"
                ? new SessionSecretChange(RepositoryStage.NewHash(), stage.Secret, Required: false) : null,
            Identity = kind switch
            {
                "sign-in" => RepositoryStage.SignIn("bob", Now),
                "again" => RepositoryStage.SignIn("ann", Now, again: true),
                "sign-out" => new SessionIdentity(null, null, null, null, MovesGeneration: true),
                _ => null,
            },
        });

        var write = stage.Store.Writes[0];
        Assert.Equal((after, moves), (write.UserId, write.MovesIndex));
        Assert.Equal(kind is "sign-in" or "again" ? Now : RepositoryStage.Start, write.StartedAt);
        Assert.Equal(write.StartedAt + Lifetime.UserTimeToLive, write.IndexUntil);
    }

    [Fact]
    public async Task A_creation_expects_nothing_and_moves_the_index()
    {
        await using var stage = new RepositoryStage();
        await stage.Node.CommitAsync(new SessionCommit
        {
            Id = stage.Id,
            Now = Now,
            Secret = new SessionSecretChange(stage.Secret, default, Required: true),
        });

        var write = Assert.Single(stage.Store.Writes);
        Assert.Equal(
            (0, true, null, false), (write.ExpectedVersion, write.MovesIndex, write.UserId, write.IsTombstone));
        Assert.Equal(0, stage.Store.Loads);
    }

    [Fact]
    public async Task A_change_of_values_sends_the_header_as_it_was_and_the_changed_values_alone()
    {
        await using var stage = await new RepositoryStage().BeginAsync("ann", ("a", "1"), ("b", "1"));
        await stage.Node.CommitAsync(stage.Change(("a", "2")));

        var write = stage.Store.Writes[0];
        Assert.Equal(stage.Loaded.Header.ToArray(), write.Header.ToArray());
        Assert.Equal(["a"], write.Values.Keys);
    }
}
