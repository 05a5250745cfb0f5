namespace SessionManager.AspNetCore.StoreConformance;

// Sign-in, sign-out, and the change of the secret.
public abstract partial class SessionRecordStoreConformance
{
    [Fact]
    public async Task A_sign_in_sets_the_user_and_moves_the_generation_by_one()
    {
        await CreateAsync(("cart", "7"));
        var now = Start.AddMinutes(2);
        await CommittedAsync(new SessionCommit { Id = _id, Now = now, Identity = SignIn("ann", now) });

        var record = await LoadAsync();
        Assert.Equal((1, "ann", "ann"), (record.Generation, record.UserId, record.OwnerId));
        Assert.Equal((now, now, Start), (record.AuthenticatedAt, record.StartedAt, record.CreatedAt));
        Assert.Equal(["cart=7"], ValuesOf(record));
    }

    [Fact]
    public async Task The_same_user_again_does_not_move_the_generation()
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        var now = Start.AddMinutes(2);
        await CommittedAsync(new SessionCommit { Id = _id, Now = now, Identity = SignIn("ann", now, again: true) });
        var record = await LoadAsync();
        Assert.Equal((0, "ann", now, now), (record.Generation, record.UserId, record.AuthenticatedAt, record.StartedAt));
    }

    [Fact]
    public async Task A_sign_out_removes_the_user_and_leaves_owner_and_start_where_it_names_none()
    {
        await CommittedAsync(Creation(SignIn("ann", Start.AddMinutes(-3)), values: ("cart", "7")));
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start.AddMinutes(2), Identity = new SessionIdentity(null, null, null, null, MovesGeneration: true) });

        var record = await LoadAsync();
        Assert.Equal((1, null, "ann"), (record.Generation, record.UserId, record.OwnerId));
        Assert.Equal((null, Start.AddMinutes(-3)), (record.AuthenticatedAt, record.StartedAt));
        Assert.Equal(["cart=7"], ValuesOf(record));
    }

    [Fact]
    public async Task A_change_of_user_sets_the_owner()
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, Identity = SignIn("bob", Start), DropsValues = true });
        var record = await LoadAsync();
        Assert.Equal((1, "bob", "bob"), (record.Generation, record.UserId, record.OwnerId));
    }

    [Fact]
    public async Task A_commit_without_identity_leaves_user_and_generation()
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        await CommittedAsync(Change(("a", "1")));
        var record = await LoadAsync();
        Assert.Equal((0, "ann", Start), (record.Generation, record.UserId, record.AuthenticatedAt));
    }

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
        var result = await CommitAsync(Rotation(next, _secret));
        Assert.Equal(new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true), result);

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
        Assert.True((await CommitAsync(Rotation(next, null))).SecretChanged);
        Assert.Equal(next, (await LoadAsync()).SecretHash.ToArray());
    }

    [Fact]
    public async Task A_rotation_that_lost_the_race_leaves_the_secret_and_stores_the_rest()
    {
        await CreateAsync();
        var winner = NewHash();
        await CommittedAsync(Rotation(winner, _secret));

        var result = await CommitAsync(Rotation(NewHash(), _secret, values: ("a", "1")));

        Assert.Equal(new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: false), result);
        var record = await LoadAsync();
        Assert.Equal(winner, record.SecretHash.ToArray());
        Assert.Equal(["a=1"], ValuesOf(record));
    }

    [Fact]
    public async Task A_required_secret_that_lost_the_race_refuses_the_commit_whole()
    {
        await CreateAsync(("a", "1"));
        await CommittedAsync(Rotation(NewHash(), _secret));
        await RefusedAsync(SessionCommitOutcome.Moved, Rotation(NewHash(), _secret, required: true, SignIn("ann", Start), ("a", "2")));
    }

    [Fact]
    public async Task A_secret_of_an_ended_or_expired_session_is_not_replaced()
    {
        await CreateAsync();
        await RefusedAsync(SessionCommitOutcome.Gone, new SessionCommit { Id = _id, Now = Start.AddYears(1), Secret = Replace(NewHash(), null) });
        await EndAsync();
        await RefusedAsync(SessionCommitOutcome.Gone, Rotation(NewHash(), null));
    }

    [Fact]
    public async Task A_creation_whose_acknowledgement_was_lost_is_committed_when_it_is_repeated()
    {
        var creation = Creation(SignIn("ann", Start), values: ("a", "1"));
        await CommittedAsync(creation);
        var before = await DescribeAsync();

        var repeated = await CommitAsync(creation);

        Assert.Equal(new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true), repeated);
        Assert.Equal(before, await DescribeAsync());
    }

    [Fact]
    public async Task A_change_of_secret_whose_acknowledgement_was_lost_is_committed_when_it_is_repeated()
    {
        await CreateAsync(("a", "1"));
        var signIn = Rotation(NewHash(), _secret, required: true, SignIn("ann", Start), ("a", "2"));
        await CommittedAsync(signIn);
        var before = await DescribeAsync();

        var repeated = await CommitAsync(signIn);

        Assert.Equal(new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true), repeated);
        Assert.Equal(before, await DescribeAsync());
    }

    [Fact]
    public async Task A_repeated_commit_does_not_undo_what_another_stored_meanwhile()
    {
        await CreateAsync(("a", "1"));
        var signIn = Rotation(NewHash(), _secret, required: true, SignIn("ann", Start), ("a", "mine"));
        await CommittedAsync(signIn);
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, Generation = 1, Values = Changes(("a", "newer")) });

        await CommittedAsync(signIn);

        Assert.Equal(["a=newer"], ValuesOf(await LoadAsync()));
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

        var repeated = await CommitAsync(issue);

        Assert.Equal(new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true), repeated);
        Assert.Equal(before, await DescribeAsync());
    }

    [Fact]
    public async Task A_repeated_issue_does_not_undo_what_another_stored_meanwhile_nor_whatever_became_of_its_secret()
    {
        await CreateAsync(("a", "1"));
        var next = NewHash();
        var issue = Issue(next, ("a", "mine"));
        await CommittedAsync(issue);
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, Values = Changes(("a", "newer")) });
        Assert.True((await CommitAsync(issue)).SecretChanged);
        Assert.Equal(["a=newer"], ValuesOf(await LoadAsync()));

        await CommittedAsync(Promotion(next, Start.AddMinutes(1)));
        Assert.True((await CommitAsync(issue)).SecretChanged);

        var record = await LoadAsync();
        Assert.Equal(["a=newer"], ValuesOf(record));
        Assert.Equal((Convert.ToHexString(next), ""), (Convert.ToHexString(record.SecretHash.Span), Convert.ToHexString(record.NextSecretHash.Span)));
    }

    [Fact]
    public async Task A_secret_is_issued_only_when_both_are_still_the_expected_ones()
    {
        await CreateAsync();
        var (next, other) = (NewHash(), NewHash());
        await CommittedAsync(Issue(next));

        Assert.False((await CommitAsync(Issue(other))).SecretChanged);
        Assert.Equal(next, (await LoadAsync()).NextSecretHash.ToArray());

        await CommittedAsync(Promotion(next, Start.AddMinutes(1)));
        Assert.False((await CommitAsync(Issue(other))).SecretChanged);
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
        Assert.Equal((required ? SessionCommitOutcome.Moved : SessionCommitOutcome.Committed, false), (late.Outcome, late.SecretChanged));
        Assert.Equal(next, (await LoadAsync()).SecretHash.ToArray());

        var inTime = Late(tail - TimeSpan.FromMilliseconds(1));
        Assert.Equal(new SessionCommitResult(SessionCommitOutcome.Committed, SecretChanged: true), await CommitAsync(inTime));
        Assert.Equal(inTime.Secret!.Value.NewHash.ToArray(), (await LoadAsync()).SecretHash.ToArray());

        SessionCommit Late(DateTimeOffset now) => new() { Id = _id, Now = now, Secret = Replace(NewHash(), _secret, required) };
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sign_in_leaves_the_secret_it_replaced_to_be_recognised_for_a_tail(bool expects)
    {
        await CreateAsync(("a", "1"));
        await CommittedAsync(Rotation(NewHash(), expects ? _secret : null, required: true, SignIn("ann", Start)));

        var record = await LoadAsync();
        Assert.Equal(_secret, record.ReplacedSecretHash.ToArray());
        Assert.Equal(Start.AddMinutes(1) + SessionLifetime.RotationTail, record.ReplacedUntil);
        Assert.Equal((true, null, false), (record.PreviousSecretHash.IsEmpty, record.PreviousValidUntil, record.Accepts(_secret, Start)));
    }

    [Fact]
    public async Task A_secret_that_a_sign_in_replaced_replaces_none()
    {
        await CreateAsync();
        await CommittedAsync(Rotation(NewHash(), _secret, required: true, SignIn("ann", Start)));
        await RefusedAsync(SessionCommitOutcome.Moved, new SessionCommit
        {
            Id = _id,
            Now = Start.AddMinutes(1),
            Generation = 1,
            Secret = Replace(NewHash(), _secret, required: true),
        });
    }

    [Fact]
    public async Task A_sign_in_decided_before_a_timed_rotation_leaves_the_secret_it_was_decided_on()
    {
        await CreateAsync();
        var next = NewHash();
        await CommittedAsync(Issue(next));
        await CommittedAsync(Promotion(next, Start.AddMinutes(1)));

        await CommittedAsync(Rotation(NewHash(), _secret, required: true, SignIn("ann", Start)));

        Assert.Equal(_secret, (await LoadAsync()).ReplacedSecretHash.ToArray());
    }

    [Fact]
    public async Task An_issued_secret_leaves_the_replaced_one_and_its_promotion_forgets_it()
    {
        await CreateAsync();
        var (signedIn, next) = (NewHash(), NewHash());
        await CommittedAsync(Rotation(signedIn, _secret, required: true, SignIn("ann", Start)));
        var before = (await LoadAsync()).ReplacedUntil;
        var issue = new SessionSecretChange(next, signedIn, Required: true) { Kind = SessionSecretChangeKind.Issue };
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start.AddMinutes(1), Generation = 1, Identity = SignIn("ann", Start, again: true), Secret = issue });

        var issued = await LoadAsync();
        Assert.Equal((Convert.ToHexString(_secret), before), (Convert.ToHexString(issued.ReplacedSecretHash.Span), issued.ReplacedUntil));
        Assert.Equal((1, true, true), (issued.Generation, issued.Accepts(signedIn, Start), issued.Accepts(next, Start)));

        var promotion = new SessionSecretChange(next, default, Required: false) { Kind = SessionSecretChangeKind.Promote };
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start.AddMinutes(1), Generation = 1, Secret = promotion });

        var promoted = await LoadAsync();
        Assert.Equal((true, null), (promoted.ReplacedSecretHash.IsEmpty, promoted.ReplacedUntil));
        Assert.Equal(signedIn, promoted.PreviousSecretHash.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rotation_and_a_sign_out_leave_no_replaced_secret(bool signsOut)
    {
        await CreateAsync();
        var signedIn = NewHash();
        await CommittedAsync(Rotation(signedIn, _secret, required: true, SignIn("ann", Start)));
        await CommittedAsync(new SessionCommit
        {
            Id = _id,
            Now = Start.AddMinutes(1),
            Generation = 1,
            Identity = signsOut ? new SessionIdentity(null, "ann", null, null, MovesGeneration: true) : null,
            Secret = Replace(NewHash(), signedIn),
        });

        var record = await LoadAsync();
        Assert.Equal((true, null, true), (record.ReplacedSecretHash.IsEmpty, record.ReplacedUntil, record.PreviousSecretHash.IsEmpty));
    }

    [Fact]
    public async Task A_session_that_begins_signed_in_has_no_replaced_secret()
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        Assert.True((await LoadAsync()).ReplacedSecretHash.IsEmpty);
    }

    private SessionCommit Promotion(byte[] next, DateTimeOffset now) => new()
    {
        Id = _id,
        Now = now,
        Secret = new SessionSecretChange(next, _secret, Required: false) { Kind = SessionSecretChangeKind.Promote },
    };

    private SessionCommit Issue(byte[] next, params (string Key, string? Value)[] values) => new()
    {
        Id = _id,
        Now = Start.AddMinutes(1),
        Secret = NextSecret(next),
        Values = Changes(values),
    };

    /// <summary>Issues a secret, decided on the first one and no next one.</summary>
    private SessionSecretChange NextSecret(byte[] next) => new(next, _secret, Required: false) { Kind = SessionSecretChangeKind.Issue };

    private SessionCommit Rotation(
        byte[] next, byte[]? expected, bool required = false, SessionIdentity? identity = null, params (string Key, string? Value)[] values) => new()
        {
            Id = _id,
            Now = Start.AddMinutes(1),
            Identity = identity,
            Secret = Replace(next, expected, required),
            Values = Changes(values),
        };
}
