using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>What a secret that is not the current one any more is still good for, and for how long.</summary>
public sealed class FormerSecretTests
{
    private static readonly byte[] Current = SampleRecords.Hash(0);
    private static readonly byte[] Next = SampleRecords.Hash(32);
    private static readonly byte[] Former = SampleRecords.Hash(64);
    private static readonly DateTimeOffset Now = SampleRecords.Start.AddMinutes(10);

    [Theory]
    [InlineData(FormerSecretKind.None, null, null, false, false)]
    [InlineData(FormerSecretKind.Previous, 1, TokenKind.Previous, false, false)]
    [InlineData(FormerSecretKind.Previous, 0, null, false, false)]
    [InlineData(FormerSecretKind.Previous, -1, null, false, false)]
    [InlineData(FormerSecretKind.Previous, null, null, false, false)]
    [InlineData(FormerSecretKind.Replaced, null, null, true, true)]
    [InlineData(FormerSecretKind.Replaced, 1, null, true, true)]
    [InlineData(FormerSecretKind.Replaced, 0, null, false, false)]
    [InlineData(FormerSecretKind.Replaced, -1, null, false, false)]
    [InlineData(FormerSecretKind.Rotated, 1, null, true, false)]
    [InlineData(FormerSecretKind.Rotated, 0, null, false, false)]
    public void It_opens_ends_or_signs_in_by_what_replaced_it_and_until_its_time(
        object kind, int? milliseconds, object? tokenKind, bool mayEnd, bool maySignIn)
    {
        DateTimeOffset? until = milliseconds is { } left ? Now.AddMilliseconds(left) : null;
        var record = SampleRecords.Of("ann") with
        {
            SecretHash = Current,
            NextSecretHash = Next,
            Former = new FormerSecret((FormerSecretKind)kind, kind is FormerSecretKind.None ? default : Former, until),
        };

        Assert.Equal(tokenKind, record.KindOf(Former, Now));
        Assert.Equal(tokenKind is not null, record.Accepts(Former, Now));
        Assert.Equal((mayEnd, maySignIn), (record.WasReplaced(Former, Now), record.WasReplacedBySignIn(Former, Now)));

        // Whatever became of the former one, the others are what they are.
        Assert.Equal((TokenKind.Current, TokenKind.Next), (record.KindOf(Current, Now), record.KindOf(Next, Now)));
        foreach (var other in (ReadOnlyMemory<byte>[])[Current, Next, SampleRecords.Hash(200), default])
        {
            Assert.Equal((false, false), (record.WasReplaced(other, Now), record.WasReplacedBySignIn(other, Now)));
        }

        Assert.Null(record.KindOf(default, Now));
        Assert.Null(record.KindOf(SampleRecords.Hash(200), Now));
    }

    [Theory]
    [InlineData(FormerSecretKind.Replaced)]
    [InlineData(FormerSecretKind.Rotated)]
    public void It_is_nobodys_once_the_user_has_signed_out(object kind)
    {
        var record = SampleRecords.Of(
            "ann") with
        { UserId = null, Former = new FormerSecret((FormerSecretKind)kind, Former, Now.AddHours(1)) };

        Assert.Equal((false, false), (record.WasReplaced(Former, Now), record.WasReplacedBySignIn(Former, Now)));
    }

    [Fact]
    public void Where_the_user_acts_as_another_one_it_may_end_the_session_and_signs_nobody_in()
    {
        var record = SampleRecords.ActingAs(
            "bob", "ann") with
        { Former = new FormerSecret(FormerSecretKind.Replaced, Former, null) };

        Assert.Equal((true, false), (record.WasReplaced(Former, Now), record.WasReplacedBySignIn(Former, Now)));
    }

    [Theory]
    [InlineData("current", true)]
    [InlineData("next", true)]
    [InlineData("former", false)]
    [InlineData("other", false)]
    [InlineData("none", false)]
    public void A_commit_by_the_token_that_replaced_it_gives_it_five_seconds_more(string brought, bool closes)
    {
        var before = Replaced(until: null);
        foreach (var commit in Commits(before, HashOf(brought)))
        {
            var after = CommitRules.Apply(before, commit, secretChanged: false);

            Assert.Equal(closes ? Now.AddSeconds(5) : null, after.Former.Until);
            Assert.Equal(
                (FormerSecretKind.Replaced, Convert.ToHexString(Former)), (
                    after.Former.Kind, Convert.ToHexString(after.Former.Hash.Span)));
            Assert.Equal(closes || commit.Client is not null, after.Header.IsEmpty);
            Assert.Equal(!closes && commit.Client is null, CommitRules.KeepsHeader(before, commit));
        }
    }

    [Fact]
    public void Its_end_is_not_put_off_by_later_commits()
    {
        var until = Now.AddSeconds(-1);
        var before = Replaced(until);
        foreach (var commit in Commits(before, Current))
        {
            Assert.Equal(until, CommitRules.Apply(before, commit, secretChanged: false).Former.Until);
            Assert.Equal(commit.Client is null, CommitRules.KeepsHeader(before, commit));
        }
    }

    [Theory]
    [InlineData(FormerSecretKind.None)]
    [InlineData(FormerSecretKind.Previous)]
    [InlineData(FormerSecretKind.Rotated)]
    public void Only_one_that_a_sign_in_replaced_waits_for_the_new_token(object kind)
    {
        var before = Replaced(until: null) with { Former = new FormerSecret((FormerSecretKind)kind, Former, null) };
        foreach (var commit in Commits(before, Current))
        {
            Assert.Null(CommitRules.Apply(before, commit, secretChanged: false).Former.Until);
        }
    }

    private static SessionRecord Replaced(DateTimeOffset? until) =>
        SampleRecords.Of("ann").StoredWith(header: new byte[] { 1 }) with
        {
            SecretHash = Current,
            NextSecretHash = Next,
            Former = new FormerSecret(FormerSecretKind.Replaced, Former, until),
        };

    private static ReadOnlyMemory<byte> HashOf(string which) => which switch
    {
        "current" => Current,
        "next" => Next,
        "former" => Former,
        "none" => default,
        _ => SampleRecords.Hash(200),
    };

    private static SessionCommit[] Commits(SessionRecord before, ReadOnlyMemory<byte> brought) =>
    [
        new() { Id = before.Id, Now = Now, Base = before, BroughtHash = brought },
        new() { Id = before.Id, Now = Now, Base = before, BroughtHash = brought, Touches = false, DropsValues = true },
        new() { Id = before.Id, Now = Now, Base = before, BroughtHash = brought, Client = new SessionClient(
            "Phone/1.0", null) },
    ];
}
