using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>What a commit makes of a record.</summary>
public sealed class CommitApplyTests
{
    private static readonly byte[] Current = SampleRecords.Hash(0);
    private static readonly byte[] Next = SampleRecords.Hash(32);
    private static readonly byte[] New = SampleRecords.Hash(96);
    private static readonly byte[] Expected = SampleRecords.Hash(128);
    private static readonly DateTimeOffset Now = SampleRecords.Start.AddMinutes(10);
    private static readonly DateTimeOffset TailEnd = Now.AddSeconds(5);

    [Fact]
    public void A_change_of_values_leaves_the_header_byte_for_byte()
    {
        var before = Record().StoredWith(header: new byte[] { 1, 2, 3 });
        var commit = new SessionCommit { Id = before.Id, Now = Now, Base = before, Values = Values(("a", 1)) };
        var after = CommitRules.Apply(before, commit, secretChanged: false);

        Assert.True(CommitRules.KeepsHeader(before, commit));
        Assert.Equal(before.Header, after.Header);
        Assert.Equal((1, 2), (after.Values.Count, after.ValueBytes));
        Assert.Equal(SampleRecords.Describe(before.StoredWith(Now, version: 0)), SampleRecords.Describe(after));
    }

    [Theory]
    [InlineData(true, 1, 1)]
    [InlineData(true, 0, 0)]
    [InlineData(true, -1, 0)]
    [InlineData(false, 1, 0)]
    public void The_last_use_moves_forwards_only_and_only_when_the_commit_is_a_use(bool touches, int minutes, int moved)
    {
        var before = Record();
        var commit = new SessionCommit
        {
            Id = before.Id,
            Now = before.LastSeenAt.AddMinutes(
            minutes),
            Base = before,
            Touches = touches
        };

        Assert.Equal(
            before.LastSeenAt.AddMinutes(moved), CommitRules.Apply(before, commit, secretChanged: false).LastSeenAt);
    }

    [Theory]
    [InlineData(true, 4)]
    [InlineData(false, 3)]
    public void A_sign_in_sets_the_user_the_owner_and_the_times_and_takes_the_claim_away(bool moves, long generation)
    {
        var before = Record() with { Claim = new SignInClaim("ann", Guid.NewGuid()), Principal = "old"u8.ToArray() };
        var identity = new SessionIdentity("ann", "ann", Now, Now, moves) { Principal = "new"u8.ToArray() };
        var after = Apply(before, identity);

        Assert.Equal((generation, "ann", "ann", null), (after.Generation, after.UserId, after.OwnerId, after.Claim));
        Assert.Equal((Now, Now, Now.ToUnixTimeMilliseconds()), (after.StartedAt, after.AuthenticatedAt, after.Order));
        Assert.Equal(
            (before.CreatedAt, "new"), (after.CreatedAt, System.Text.Encoding.UTF8.GetString(after.Principal.Span)));
    }

    [Fact]
    public void A_sign_in_under_a_limit_takes_the_place_it_was_given() =>
        Assert.Equal(
            4711, Apply(Record(), new SessionIdentity("ann", "ann", Now, Now, MovesGeneration: true) { Order = 4711 })
                .Order);

    [Fact]
    public void A_sign_out_leaves_the_owner_the_start_and_the_place_where_it_names_none()
    {
        var before = SampleRecords.Of("ann") with { Generation = 3, Order = 815, Principal = "claims"u8.ToArray() };
        var after = Apply(before, new SessionIdentity(null, null, null, null, MovesGeneration: true));

        Assert.Equal((4, null, "ann", null), (after.Generation, after.UserId, after.OwnerId, after.AuthenticatedAt));
        Assert.Equal((before.StartedAt, 815, true), (after.StartedAt, after.Order, after.Principal.IsEmpty));
    }

    [Fact]
    public void The_epoch_changes_only_when_one_is_given()
    {
        var (before, epoch) = (Record() with { Epoch = Guid.NewGuid() }, Guid.NewGuid());
        var commit = new SessionCommit
        {
            Id = before.Id,
            Now = Now,
            Base = before,
            Identity = new SessionIdentity(
            "ann", "ann", Now, Now, true)
        };

        Assert.Equal(before.Epoch, CommitRules.Apply(before, commit, secretChanged: false).Epoch);
        Assert.Equal(epoch, CommitRules.Apply(before, commit, secretChanged: false, epoch).Epoch);
    }

    [Fact]
    public void A_client_is_replaced_only_by_a_commit_that_names_one()
    {
        var (phone, desk) = (new SessionClient("Phone/1.0", null), new SessionClient("Desk/2.0", "192.0.2.7"));
        var before = Record() with { Client = phone };

        Assert.Equal(phone, Apply(before, new SessionIdentity("ann", "ann", Now, Now, true)).Client);
        Assert.Equal(
            desk, CommitRules.Apply(
                before, new SessionCommit { Id = before.Id, Now = Now, Base = before, Client = desk }, false).Client);
    }

    [Fact]
    public void A_claim_is_made_kept_and_withdrawn()
    {
        var claim = new SignInClaim("ann", Guid.NewGuid());
        var before = Record();
        var claimed = Claim(before, claim);

        Assert.Equal(claim, claimed.Claim);
        Assert.Equal(
            SampleRecords.Describe((before with { Claim = claim }).StoredWith(version: 0)), SampleRecords.Describe(
                claimed));
        Assert.Equal(claim, Claim(claimed, null, new SessionClient(null, null)).Claim);
        Assert.Null(Claim(claimed, claim with { UserId = "" }).Claim);
    }

    [Fact]
    public void An_issued_secret_becomes_the_next_one_and_the_former_one_stays()
    {
        var before = Record() with
        {
            NextSecretHash = default,
            Former = new FormerSecret(
            FormerSecretKind.Replaced, Expected, null)
        };
        var after = Apply(before, identity: null, Change(SessionSecretChangeKind.Issue));

        Assert.Equal(
            SampleRecords.Describe(
                (before with { NextSecretHash = New, SecretIssuedAt = Now }).StoredWith(Now, version: 0)),
                    SampleRecords.Describe(after));
    }

    [Fact]
    public void A_promoted_secret_becomes_the_current_one_and_the_one_before_it_is_accepted_for_five_seconds()
    {
        var before = Record() with { Former = new FormerSecret(FormerSecretKind.Replaced, Expected, null) };
        var after = Apply(
            before, identity: null, new SessionSecretChange(
                Next, default, false)
            { Kind = SessionSecretChangeKind.Promote });

        Assert.Equal(
            SampleRecords.Describe((before with
            {
                SecretHash = Next,
                NextSecretHash = default,
                Former = new FormerSecret(FormerSecretKind.Previous, Current, TailEnd),
            }).StoredWith(Now, version: 0)),
            SampleRecords.Describe(after));
    }

    [Theory]
    [InlineData("sign-in", "ann", FormerSecretKind.Replaced, null)]
    [InlineData("sign-in", null, FormerSecretKind.Replaced, null)]
    [InlineData("rotation", "ann", FormerSecretKind.Rotated, 5)]
    [InlineData("rotation", null, FormerSecretKind.None, null)]
    [InlineData("sign-out", "ann", FormerSecretKind.None, null)]
    [InlineData("acting", "ann", FormerSecretKind.None, null)]
    public void A_replaced_secret_is_recognised_as_what_it_was_replaced_by(
        string by, string? user, object kind, int? seconds)
    {
        var identity = by switch
        {
            "sign-in" => new SessionIdentity("ann", "ann", Now, Now, MovesGeneration: true),
            "sign-out" => new SessionIdentity(null, null, null, null, MovesGeneration: true),
            "acting" => new SessionIdentity("bob", "bob", Now, null, MovesGeneration: true),
            _ => null,
        };
        var before = Record() with
        {
            UserId = user,
            OwnerId = user,
            Former = new FormerSecret(FormerSecretKind.Previous, SampleRecords.Hash(7), TailEnd),
        };
        foreach (var expected in (ReadOnlyMemory<byte>[])[default, Current, Expected])
        {
            var after = Apply(before, identity, new SessionSecretChange(New, expected, Required: true));

            Assert.Equal(kind, after.Former.Kind);
            Assert.True(
                after.Former.Kind == FormerSecretKind.None
                    || after.Former.Until == (seconds is { } tail ? Now.AddSeconds(tail) : null));
            Assert.Equal(Hex(New), Hex(after.SecretHash));
            Assert.Equal((true, Now), (after.NextSecretHash.IsEmpty, after.SecretIssuedAt));

            // The secret that the change was decided on: a timed rotation may have put another one in its place
            // meanwhile.
            var replaced = expected.IsEmpty ? Current : expected;
            Assert.Equal(after.Former.Kind == FormerSecretKind.None ? "" : Hex(replaced), Hex(after.Former.Hash));
        }
    }

    [Theory]
    [InlineData(SessionSecretChangeKind.Replace)]
    [InlineData(SessionSecretChangeKind.Issue)]
    [InlineData(SessionSecretChangeKind.Promote)]
    public void A_change_of_secret_that_lost_leaves_the_secrets_and_applies_the_rest(object kind)
    {
        var before = Record();
        var commit = new SessionCommit
        {
            Id = before.Id,
            Now = Now,
            Base = before,
            Secret = Change(
            (SessionSecretChangeKind)kind),
            Values = Values(("a", 1))
        };
        var after = CommitRules.Apply(before, commit, secretChanged: false);

        Assert.Equal(SampleRecords.Describe(before.StoredWith(Now, version: 0)), SampleRecords.Describe(after));
        Assert.Single(after.Values);
    }

    [Fact]
    public void A_creation_begins_the_session_with_all_that_the_commit_says()
    {
        var (epoch, claim) = (Guid.NewGuid(), new SignInClaim("ann", Guid.NewGuid()));
        var record = CommitRules.Create(Creation(null, claim), epoch);

        Assert.Equal(
            SampleRecords.Describe((SampleRecords.Anonymous() with
            {
                SecretHash = New,
                SecretIssuedAt = Now,
                CreatedAt = Now,
                StartedAt = Now,
                Order = Now.ToUnixTimeMilliseconds(),
                Epoch = epoch,
                Claim = claim,
                Client = new SessionClient("Phone/1.0", null),
            }).StoredWith(Now, version: 0)),
            SampleRecords.Describe(record));
        Assert.Equal(["a"], record.Values.Keys);
    }

    [Fact]
    public void A_creation_that_signs_in_counts_from_the_sign_in()
    {
        var signedIn = Now.AddMinutes(-3);
        var identity = new SessionIdentity(
            "ann", "ann", signedIn, signedIn, MovesGeneration: true)
        { Order = 815, Principal = New };
        var record = CommitRules.Create(Creation(identity));

        Assert.Equal((0, "ann", "ann", 815), (record.Generation, record.UserId, record.OwnerId, record.Order));
        Assert.Equal(
            (signedIn, signedIn, signedIn, Now), (
                record.CreatedAt, record.StartedAt, record.AuthenticatedAt, record.LastSeenAt));
        Assert.Equal(
            (Hex(New), Guid.Empty, FormerSecretKind.None), (Hex(record.Principal), record.Epoch, record.Former.Kind));
    }

    private static SessionCommit Creation(SessionIdentity? identity, SignInClaim? claim = null) => new()
    {
        Id = SampleRecords.Id,
        Now = Now,
        Identity = identity,
        Secret = new SessionSecretChange(New, default, Required: true),
        Claim = claim,
        Client = new SessionClient("Phone/1.0", null),
        Values = Values(("a", 1), ("removed", null)),
    };

    private static SessionRecord Record() =>
        SampleRecords.Anonymous() with { SecretHash = Current, NextSecretHash = Next, Generation = 3 };

    private static SessionSecretChange Change(SessionSecretChangeKind kind) =>
        new(New, Current, Required: false) { Kind = kind };

    private static SessionRecord Apply(
        SessionRecord before, SessionIdentity? identity, SessionSecretChange? secret = null) => CommitRules.Apply(
        before,
        new SessionCommit { Id = before.Id, Now = Now, Base = before, Identity = identity, Secret = secret },
        secretChanged: secret is not null);

    private static SessionRecord Claim(SessionRecord before, SignInClaim? claim, SessionClient? client = null) =>
        CommitRules.Apply(
        before,
        new SessionCommit { Id = before.Id, Now = Now, Base = before, Touches = false, Claim = claim, Client = client },
        secretChanged: false);

    private static Dictionary<string, ReadOnlyMemory<byte>?> Values(params (string Key, byte? Value)[] values) =>
        values.ToDictionary(
        value => value.Key, value =>
            value.Value is { } set ? (ReadOnlyMemory<byte>?)new byte[] { 1, set } : null, StringComparer.Ordinal);

    private static string Hex(ReadOnlyMemory<byte> bytes) => Convert.ToHexString(bytes.Span);
}
