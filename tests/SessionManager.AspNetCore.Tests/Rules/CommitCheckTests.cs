using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>Whether a commit may be applied to the record that is stored by then.</summary>
public sealed class CommitCheckTests
{
    private static readonly SessionLifetime Lifetime = new(
        TimeSpan.FromMinutes(20), TimeSpan.FromHours(2), TimeSpan.FromMinutes(1));
    private static readonly byte[] Current = SampleRecords.Hash(0);
    private static readonly byte[] Next = SampleRecords.Hash(32);
    private static readonly byte[] Former = SampleRecords.Hash(64);
    private static readonly byte[] New = SampleRecords.Hash(96);
    private static readonly DateTimeOffset Now = SampleRecords.Start.AddMinutes(10);

    public static TheoryData<string> Kinds =>
        ["values", "nothing", "drop", "replace", "issue", "promote", "sign-in", "sign-out", "claim", "client"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Under_the_same_generation_every_kind_of_change_is_applied(string kind) =>
        Assert.Equal(SessionCommitOutcome.Committed, Check(OfKind(kind)).Outcome);

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Under_another_generation_no_kind_of_change_is_applied(string kind)
    {
        foreach (var generation in (long[])[0, 2, 4, long.MaxValue])
        {
            Assert.Equal(
                SessionCommitOutcome.Moved, Check(OfKind(kind), Record() with { Generation = generation }).Outcome);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void From_the_absolute_timeout_on_no_kind_of_change_is_applied(string kind)
    {
        var limit = SampleRecords.Start + Lifetime.AbsoluteTimeout;

        Assert.Equal(SessionCommitOutcome.Gone, Check(OfKind(kind, limit)).Outcome);
        Assert.Equal(SessionCommitOutcome.Committed, Check(OfKind(kind, limit.AddMilliseconds(-1))).Outcome);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_idle_timeout_refuses_no_change_of_a_request_that_found_the_session_alive(string kind) =>
        Assert.Equal(
            SessionCommitOutcome.Committed, Check(OfKind(kind, SampleRecords.Start + (2 * Lifetime.IdleTimeout)))
                .Outcome);

    [Fact]
    public void A_creation_is_not_applied_to_what_is_there()
    {
        var creation = new SessionCommit
        {
            Id = SampleRecords.Id,
            Now = Now,
            Secret = new SessionSecretChange(
            New, default, Required: true)
        };

        Assert.Equal(SessionCommitOutcome.Gone, Check(creation).Outcome);
    }

    [Theory]
    [InlineData("none", "any", true)]
    [InlineData("current", "any", true)]
    [InlineData("next", "any", true)]
    [InlineData("former", "previous", true)]
    [InlineData("former", "previous, late", false)]
    [InlineData("former", "replaced", false)]
    [InlineData("former", "replaced, seen", false)]
    [InlineData("former", "rotated", false)]
    [InlineData("other", "any", false)]
    public void A_secret_is_replaced_while_the_expected_one_opens_the_session(string expected, string former, bool wins)
    {
        var current = Record() with { Former = FormerOf(former) };
        foreach (var required in (bool[])[false, true])
        {
            Assert.Equal(
                Outcome(wins, required), Outcome(
                    Change(SessionSecretChangeKind.Replace, HashOf(expected), required), current));
        }
    }

    [Theory]
    [InlineData("current", "next", true)]
    [InlineData("current", "none", false)]
    [InlineData("current", "other", false)]
    [InlineData("next", "next", false)]
    [InlineData("former", "next", false)]
    [InlineData("other", "next", false)]
    [InlineData("none", "next", false)]
    public void A_secret_is_issued_while_the_current_and_the_next_one_are_those_it_was_decided_on(
        string expected, string next, bool wins)
    {
        foreach (var required in (bool[])[false, true])
        {
            var change = Change(SessionSecretChangeKind.Issue, HashOf(expected), required, HashOf(next));

            Assert.Equal(Outcome(wins, required), Outcome(change, Record() with { Former = FormerOf("previous") }));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_first_secret_is_issued_only_where_there_is_no_next_one(bool isFirst)
    {
        var current = isFirst ? Record() with { NextSecretHash = default } : Record();

        Assert.Equal(
            isFirst, Check(Change(SessionSecretChangeKind.Issue, Current, required: false), current).SecretChanged);
    }

    [Theory]
    [InlineData("next", true)]
    [InlineData("former", false)]
    [InlineData("other", false)]
    public void A_secret_is_promoted_while_it_is_the_next_one(string brought, bool wins)
    {
        foreach (var required in (bool[])[false, true])
        {
            var change = new SessionSecretChange(
                HashOf(brought), default, required)
            { Kind = SessionSecretChangeKind.Promote };

            Assert.Equal(Outcome(wins, required), Outcome(WithSecret(change), Record()));
        }

        var late = new SessionSecretChange(Next, default, Required: false) { Kind = SessionSecretChangeKind.Promote };
        Assert.False(Check(WithSecret(late), Record() with { NextSecretHash = default }).SecretChanged);
    }

    [Theory]
    [InlineData("mine", SessionCommitOutcome.Committed)]
    [InlineData("another request's", SessionCommitOutcome.Moved)]
    [InlineData("another user's", SessionCommitOutcome.Moved)]
    [InlineData("none", SessionCommitOutcome.Moved)]
    public void A_sign_in_that_has_claimed_the_session_needs_its_own_claim_to_be_there(string stored, object expected)
    {
        var mine = new SignInClaim("ann", new Guid("00000000-0000-0000-0000-000000000001"));
        var claim = stored switch
        {
            "mine" => mine with { },
            "another request's" => mine with { RequestId = Guid.NewGuid() },
            "another user's" => mine with { UserId = "eve" },
            _ => null,
        };
        var commit = new SessionCommit { Id = SampleRecords.Id, Now = Now, Base = Record(), ExpectedClaim = mine };

        Assert.Equal(expected, Check(commit, Record() with { Claim = claim }).Outcome);
    }

    [Fact]
    public void A_change_that_expects_no_claim_is_applied_whatever_claim_is_there() =>
        Assert.Equal(
            SessionCommitOutcome.Committed,
            Check(OfKind("values"), Record() with { Claim = new SignInClaim("eve", Guid.NewGuid()) }).Outcome);

    [Theory]
    [InlineData("a", "1", SessionCommitOutcome.Committed)]
    [InlineData("a", "2", SessionCommitOutcome.Conflict)]
    [InlineData("a", null, SessionCommitOutcome.Conflict)]
    [InlineData("b", null, SessionCommitOutcome.Committed)]
    [InlineData("b", "1", SessionCommitOutcome.Conflict)]
    [InlineData("damaged", null, SessionCommitOutcome.Committed)]
    [InlineData("damaged", "1", SessionCommitOutcome.Conflict)]
    public void An_expected_value_must_be_the_stored_one_and_a_damaged_one_counts_as_absent(
        string key, string? expected, object outcome)
    {
        var current = Record().StoredWith(values: new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)
        {
            ["a"] = Text("1").Stored,
            ["damaged"] = new byte[] { 99, 49 },
        });

        Assert.Equal(outcome, Check(Expecting(key, expected), current).Outcome);
    }

    [Fact]
    public void A_session_that_has_another_user_by_now_is_moved_before_it_is_in_conflict_and_gone_before_it_is_moved()
    {
        var moved = Record() with { Generation = 9 };

        Assert.Equal(SessionCommitOutcome.Moved, Check(Expecting("a", "1"), moved).Outcome);
        Assert.Equal(
            SessionCommitOutcome.Gone, Check(Expecting("a", "1", Now + Lifetime.AbsoluteTimeout), moved).Outcome);
    }

    [Fact]
    public void What_was_refused_tells_on_what_it_was_decided()
    {
        var current = Record() with { Generation = 9 };

        Assert.Same(current, Check(OfKind("values"), current).Before);
    }

    [Theory]
    [InlineData(SessionSecretChangeKind.Replace, "current", true)]
    [InlineData(SessionSecretChangeKind.Replace, "next", false)]
    [InlineData(SessionSecretChangeKind.Replace, "former", false)]
    [InlineData(SessionSecretChangeKind.Replace, "other", false)]
    [InlineData(SessionSecretChangeKind.Issue, "current", true)]
    [InlineData(SessionSecretChangeKind.Issue, "next", true)]
    [InlineData(SessionSecretChangeKind.Issue, "former", false)]
    [InlineData(SessionSecretChangeKind.Issue, "other", false)]
    [InlineData(SessionSecretChangeKind.Promote, "current", true)]
    [InlineData(SessionSecretChangeKind.Promote, "next", false)]
    [InlineData(SessionSecretChangeKind.Promote, "former", false)]
    [InlineData(SessionSecretChangeKind.Promote, "other", false)]
    public void A_commit_has_been_applied_before_when_its_secret_is_where_it_puts_it(
        object kind, string secret, bool applied)
    {
        var change = new SessionSecretChange(
            HashOf(secret), default, Required: true)
        { Kind = (SessionSecretChangeKind)kind };

        Assert.Equal(
            applied, CommitRules.HasBeenApplied(Record() with { Former = FormerOf("previous") }, WithSecret(change)));
    }

    [Fact]
    public void A_commit_without_a_secret_is_never_known_to_have_been_applied() =>
        Assert.False(CommitRules.HasBeenApplied(Record(), OfKind("values")));

    private static SessionRecord Record() =>
        SampleRecords.Anonymous() with { SecretHash = Current, NextSecretHash = Next, Generation = 3 };

    private static SessionCommitResult Check(SessionCommit commit, SessionRecord? current = null) =>
        CommitRules.Check(current ?? Record(), commit, Lifetime);

    private static (SessionCommitOutcome Outcome, bool SecretChanged) Outcome(
        SessionCommit commit, SessionRecord current) =>
        Check(commit, current) is var result ? (result.Outcome, result.SecretChanged) : default;

    private static (SessionCommitOutcome Outcome, bool SecretChanged) Outcome(bool wins, bool required) =>
        (wins || !required ? SessionCommitOutcome.Committed : SessionCommitOutcome.Moved, wins);

    private static ReadOnlyMemory<byte> HashOf(string which) => which switch
    {
        "current" => Current,
        "next" => Next,
        "former" => Former,
        "none" => default,
        _ => SampleRecords.Hash(200),
    };

    private static FormerSecret FormerOf(string kind) => kind switch
    {
        "previous" => new FormerSecret(FormerSecretKind.Previous, Former, Now.AddMilliseconds(1)),
        "previous, late" => new FormerSecret(FormerSecretKind.Previous, Former, Now),
        "replaced" => new FormerSecret(FormerSecretKind.Replaced, Former, null),
        "replaced, seen" => new FormerSecret(FormerSecretKind.Replaced, Former, Now.AddSeconds(1)),
        "rotated" => new FormerSecret(FormerSecretKind.Rotated, Former, Now.AddSeconds(1)),
        _ => default,
    };

    private static SessionValue Text(string text) =>
        SessionValue.Of(SessionValueKind.Text, System.Text.Encoding.UTF8.GetBytes(text));

    private static SessionCommit Expecting(string key, string? value, DateTimeOffset? now = null) => new()
    {
        Id = SampleRecords.Id,
        Now = now ?? Now,
        Base = Record(),
        ExpectedKey = key,
        ExpectedValue = value is null ? null : Text(value),
    };

    private static SessionCommit Change(
        SessionSecretChangeKind kind, ReadOnlyMemory<byte> expected, bool required,
            ReadOnlyMemory<byte> next = default) =>
        WithSecret(new SessionSecretChange(New, expected, required) { Kind = kind, ExpectedNextHash = next });

    private static SessionCommit WithSecret(
        SessionSecretChange change, DateTimeOffset? now = null, SessionIdentity? identity = null) =>
        new() { Id = SampleRecords.Id, Now = now ?? Now, Base = Record(), Secret = change, Identity = identity };

    private static SessionCommit OfKind(string kind, DateTimeOffset? now = null)
    {
        var at = now ?? Now;
        var replacement = new SessionSecretChange(New, Current, Required: true);
        return kind switch
        {
            "replace" => WithSecret(replacement with { Required = false }, at),
            "issue" => WithSecret(
                replacement with { Kind = SessionSecretChangeKind.Issue, ExpectedNextHash = Next }, at),
            "promote" => WithSecret(
                new SessionSecretChange(Next, default, Required: true) { Kind = SessionSecretChangeKind.Promote }, at),
            "sign-in" => WithSecret(replacement, at, new SessionIdentity("ann", "ann", at, at, MovesGeneration: true)),
            "sign-out" =>
                WithSecret(replacement, at, new SessionIdentity(null, null, null, null, MovesGeneration: true)),
            _ => new SessionCommit
            {
                Id = SampleRecords.Id,
                Now = at,
                Base = Record(),
                DropsValues = kind == "drop",
                Claim = kind == "claim" ? new SignInClaim("ann", Guid.NewGuid()) : null,
                Client = kind == "client" ? new SessionClient("Phone/1.0", null) : null,
                Values = kind == "values" ? new Dictionary<string, ReadOnlyMemory<byte>?>(
                    StringComparer.Ordinal)
                { ["a"] = Text("1").Stored } : null,
            },
        };
    }
}
