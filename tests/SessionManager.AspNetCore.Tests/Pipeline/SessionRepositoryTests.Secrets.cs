using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// The change of the secret.
public abstract partial class SessionRepositoryTests
{
    [Fact]
    public async Task A_commit_without_a_secret_leaves_the_secret()
    {
        await CreateAsync();
        Assert.False((await CommitAsync(Change(("a", "1")))).SecretChanged);
        Assert.Equal(_secret, (await LoadAsync()).SecretHash.ToArray());
    }

    [Fact]
    public async Task A_secret_that_is_still_the_expected_one_is_replaced()
    {
        await CreateAsync(("a", "1"));
        var next = NewHash();
        await SecretChangedAsync(Rotation(next, _secret));

        var record = await LoadAsync();
        Assert.Equal(next, record.SecretHash.ToArray());
        Assert.Equal((0, "a=1"), (record.Generation, Assert.Single(ValuesOf(record))));
    }

    [Fact]
    public async Task Without_an_expected_secret_whatever_is_there_is_replaced()
    {
        await CreateAsync();
        await CommittedAsync(Rotation(NewHash(), _secret));
        var next = NewHash();
        await SecretChangedAsync(Rotation(next, null));
        Assert.Equal(next, (await LoadAsync()).SecretHash.ToArray());
    }

    [Fact]
    public async Task A_rotation_that_lost_the_race_leaves_the_secret_and_stores_the_rest()
    {
        await CreateAsync();
        var winner = NewHash();
        await CommittedAsync(Rotation(winner, _secret));

        await SecretChangedAsync(Rotation(NewHash(), _secret, values: ("a", "1")), changed: false);

        var record = await LoadAsync();
        Assert.Equal(winner, record.SecretHash.ToArray());
        Assert.Equal(["a=1"], ValuesOf(record));
    }

    [Fact]
    public async Task A_required_secret_that_lost_the_race_refuses_the_commit_whole()
    {
        await CreateAsync(("a", "1"));
        await CommittedAsync(Rotation(NewHash(), _secret));
        await RefusedAsync(
            SessionCommitOutcome.Moved, Rotation(NewHash(), _secret, required: true, SignIn("ann", Start), ("a", "2")));
    }

    [Fact]
    public async Task A_secret_of_an_ended_or_expired_session_is_not_replaced()
    {
        await CreateAsync();
        await RefusedAsync(
            SessionCommitOutcome.Gone,
                new SessionCommit
                {
                    Id = _id,
                    Now = Start.AddYears(1),
                    Base = Base(),
                    Secret = Replace(
                    NewHash(), null)
                });
        await EndAsync();
        await RefusedAsync(SessionCommitOutcome.Gone, Rotation(NewHash(), null));
    }

    [Fact]
    public async Task A_creation_whose_acknowledgement_was_lost_is_committed_when_it_is_repeated()
    {
        var creation = Creation(SignIn("ann", Start), values: ("a", "1"));
        await CommittedAsync(creation);
        var before = await DescribeAsync();

        await SecretChangedAsync(creation);

        Assert.Equal(before, await DescribeAsync());
    }

    [Fact]
    public async Task A_change_of_secret_whose_acknowledgement_was_lost_is_committed_when_it_is_repeated()
    {
        await CreateAsync(("a", "1"));
        var signIn = Rotation(NewHash(), _secret, required: true, SignIn("ann", Start), ("a", "2"));
        await CommittedAsync(signIn);
        var before = await DescribeAsync();

        await SecretChangedAsync(signIn);

        Assert.Equal(before, await DescribeAsync());
    }

    [Fact]
    public async Task A_repeated_commit_does_not_undo_what_another_stored_meanwhile()
    {
        await CreateAsync(("a", "1"));
        var signIn = Rotation(NewHash(), _secret, required: true, SignIn("ann", Start), ("a", "mine"));
        await CommittedAsync(signIn);
        await CommittedAsync(ChangeUnder(1, ("a", "newer")));

        await CommittedAsync(signIn);

        await HoldsAsync("a=newer");
    }

    [Fact]
    public async Task A_repeated_commit_brings_no_ended_session_back()
    {
        await CreateAsync();
        var rotation = Rotation(NewHash(), _secret);
        await CommittedAsync(rotation);
        await EndAsync();
        await RefusedAsync(SessionCommitOutcome.Gone, rotation);
    }

    [Fact]
    public async Task An_issued_secret_whose_acknowledgement_was_lost_is_committed_when_it_is_repeated()
    {
        await CreateAsync(("a", "1"));
        var issue = Issue(NewHash(), ("a", "2"));
        await CommittedAsync(issue);
        var before = await DescribeAsync();

        await SecretChangedAsync(issue);

        Assert.Equal(before, await DescribeAsync());
    }

    [Fact]
    public async Task A_repeated_issue_does_not_undo_what_another_stored_meanwhile_nor_whatever_became_of_its_secret()
    {
        await CreateAsync(("a", "1"));
        var next = NewHash();
        var issue = Issue(next, ("a", "mine"));
        await CommittedAsync(issue);
        await CommittedAsync(Change(("a", "newer")));
        await SecretChangedAsync(issue);
        await HoldsAsync("a=newer");

        await CommittedAsync(Promotion(next, Start.AddMinutes(1)));
        await SecretChangedAsync(issue);

        var record = await LoadAsync();
        Assert.Equal(["a=newer"], ValuesOf(record));
        Assert.Equal(
            (Convert.ToHexString(next), ""), (
                Convert.ToHexString(record.SecretHash.Span), Convert.ToHexString(record.NextSecretHash.Span)));
    }

    [Fact]
    public async Task A_secret_is_issued_only_when_both_are_still_the_expected_ones()
    {
        await CreateAsync();
        var (next, other) = (NewHash(), NewHash());
        await CommittedAsync(Issue(next));

        await SecretChangedAsync(Issue(other), changed: false);
        Assert.Equal(next, (await LoadAsync()).NextSecretHash.ToArray());

        await CommittedAsync(Promotion(next, Start.AddMinutes(1)));
        await SecretChangedAsync(Issue(other), changed: false);
        Assert.True((await LoadAsync()).NextSecretHash.IsEmpty);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_secret_that_a_timed_rotation_replaced_is_as_good_as_the_current_one_for_its_tail_and_no_longer(bool required)
    {
        var promoted = Start.AddMinutes(1);
        var tail = promoted + SessionLifetime.RotationTail;
        await CreateAsync(("a", "1"));
        var next = NewHash();
        await CommittedAsync(Issue(next));
        await CommittedAsync(Promotion(next, promoted));

        var late = await CommitAsync(Late(tail));
        Assert.Equal(
            (required ? SessionCommitOutcome.Moved : SessionCommitOutcome.Committed, false), (
                late.Outcome, late.SecretChanged));
        Assert.Equal(next, (await LoadAsync()).SecretHash.ToArray());

        var inTime = Late(tail - TimeSpan.FromMilliseconds(1));
        await SecretChangedAsync(inTime);
        Assert.Equal(inTime.Secret!.NewHash.ToArray(), (await LoadAsync()).SecretHash.ToArray());

        SessionCommit Late(DateTimeOffset now) =>
            new() { Id = _id, Now = now, Base = Base(), Secret = Replace(NewHash(), _secret, required) };
    }

    private SessionCommit Promotion(byte[] next, DateTimeOffset now) => new()
    {
        Id = _id,
        Now = now,
        Base = Base(),
        Secret = new SessionSecretChange(next, _secret, Required: false) { Kind = SessionSecretChangeKind.Promote },
    };

    private SessionCommit Issue(byte[] next, params (string Key, string? Value)[] values) => new()
    {
        Id = _id,
        Now = Start.AddMinutes(1),
        Base = Base(),
        Secret = NextSecret(next),
        Values = Changes(values),
    };

    /// <summary>Issues a secret, decided on the first one and no next one.</summary>
    private SessionSecretChange NextSecret(byte[] next) =>
        new(next, _secret, Required: false) { Kind = SessionSecretChangeKind.Issue };

    private SessionCommit Rotation(
        byte[] next, byte[]? expected, bool required = false, SessionIdentity? identity = null, params (
            string Key, string? Value)[] values) => new()
            {
                Id = _id,
                Now = Start.AddMinutes(1),
                Base = Base(),
                Identity = identity,
                Secret = Replace(next, expected, required),
                Values = Changes(values),
            };
}
