using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>What a sign-in asks for its session: how long that lives, and what a header keeps of it.</summary>
public sealed class SignInTermsTests
{
    private static readonly SessionLifetime Lifetime =
        new(TimeSpan.FromMinutes(20), TimeSpan.FromHours(2), TimeSpan.FromMinutes(1))
        {
            PersistentIdleTimeout = TimeSpan.FromDays(14),
            PersistentAbsoluteTimeout = TimeSpan.FromDays(30),
        };

    public static TheoryData<string> Kinds => ["persistent", "short", "fixed", "fixed and persistent", "short absolute", "above the options"];

    [Theory]
    [InlineData("persistent", 20_160, 43_200)]
    [InlineData("short", 5, 120)]
    [InlineData("fixed", 20, 120)]
    [InlineData("fixed and persistent", 60, 43_200)]
    [InlineData("short absolute", 20, 10)]
    [InlineData("above the options", 20, 120)]
    public void The_terms_decide_and_never_beyond_the_options(string kind, int idle, int absolute)
    {
        var terms = TermsOf(kind);

        Assert.Equal(
            (TimeSpan.FromMinutes(idle), TimeSpan.FromMinutes(absolute)),
            (Lifetime.IdleTimeoutOf(terms), Lifetime.AbsoluteTimeoutOf(terms)));
        var record = SampleRecords.Anonymous() with { Terms = terms };
        var start = record.StartedAt;
        Assert.Equal(start.AddMinutes(Math.Min(idle, absolute) + 20), Lifetime.KeepUntil(record, start));
        Assert.Equal(start.AddMinutes(absolute + 20), Lifetime.KeepUntil(record, start.AddMinutes(absolute)));
        Assert.True(Lifetime.IndexUntil(record) >= Lifetime.KeepUntil(record, start.AddMinutes(absolute)));
        Assert.True(start + Lifetime.UserTimeToLive >= Lifetime.IndexUntil(record));
        Assert.True(Lifetime.LongestTimeout >= Lifetime.AbsoluteTimeoutOf(terms));
    }

    [Theory]
    [InlineData("persistent", 0, 20_160)]
    [InlineData("persistent", 60, 20_220)]
    [InlineData("short", 4, 9)]
    [InlineData("fixed", 19, 20)]
    [InlineData("fixed and persistent", 59, 60)]
    [InlineData("short absolute", 9, 10)]
    public void A_use_moves_the_end_unless_the_terms_are_fixed(string kind, int seen, int ends)
    {
        var record = (SampleRecords.Anonymous() with { Terms = TermsOf(kind) })
            .StoredWith(lastSeenAt: SampleRecords.Start.AddMinutes(seen));
        var end = SampleRecords.Start.AddMinutes(ends);

        Assert.Equal(end, Lifetime.ExpiresAt(record));
        Assert.Equal(end, Lifetime.Describe(record.StoredWith(lastSeenAt: SampleRecords.Start), record.LastSeenAt).ExpiresAt);
        Assert.True(Lifetime.IsExpired(record, end));
        Assert.False(Lifetime.IsExpired(record, end.AddMilliseconds(-1)));
    }

    [Theory]
    [InlineData("persistent", 60)]
    [InlineData("short", 15)]
    [InlineData("fixed", 60)]
    public void A_session_with_a_short_idle_timeout_is_touched_often_enough_to_live(string kind, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Lifetime.TouchIntervalOf(TermsOf(kind)));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_terms_are_read_without_the_rest_of_the_header(string kind)
    {
        var record = SampleRecords.Full() with { Terms = TermsOf(kind), Generation = 40_000 };

        Assert.Equal(record.Terms, HeaderCodec.TermsOf(HeaderEncoder.Encode(record)));
        Assert.Null(HeaderCodec.TermsOf(HeaderEncoder.Encode(record with { Terms = null })));
    }

    [Fact]
    public void A_tombstone_and_a_pointer_have_no_terms()
    {
        Assert.Null(HeaderCodec.TermsOf(HeaderEncoder.EncodeTombstone(SampleRecords.Id, SessionEndReason.Revoked)));
        Assert.Null(HeaderCodec.TermsOf(HeaderEncoder.EncodePointer(SampleRecords.Id, Guid.NewGuid())));
        Assert.Null(HeaderCodec.TermsOf(default));
    }

    [Fact]
    public void A_session_without_terms_takes_no_byte_for_them_and_a_persistent_one_a_single_byte()
    {
        var without = HeaderEncoder.Encode(SampleRecords.Anonymous());

        Assert.Equal(
            without.Length + 1,
            HeaderEncoder.Encode(SampleRecords.Anonymous() with { Terms = TermsOf("persistent") }).Length);
        Assert.Null(new SignInTerms().OrNone());
    }

    [Fact]
    public void A_sign_out_ends_the_terms_and_begins_the_short_timeouts_anew()
    {
        var record = SampleRecords.Full() with { Terms = TermsOf("persistent"), Principal = default };
        var now = SampleRecords.Start.AddDays(9);

        var after = CommitRules.Apply(record, SignOut(record, now), secretChanged: false);

        Assert.Null(after.Terms);
        Assert.Equal((now, now), (after.StartedAt, after.Stored.StartedAt));
        Assert.False(Lifetime.IsExpired(after, now.AddMinutes(1)));
    }

    [Fact]
    public void A_sign_out_without_terms_leaves_the_absolute_timeout_as_it_is()
    {
        var record = SampleRecords.Full() with { Terms = null };

        Assert.Equal(record.StartedAt, CommitRules.Apply(record, SignOut(record, SampleRecords.Start.AddHours(1)), secretChanged: false).StartedAt);
    }

    [Fact]
    public void An_impersonation_keeps_the_terms_and_a_sign_in_without_terms_ends_them()
    {
        var record = SampleRecords.Full() with { Terms = TermsOf("persistent") };
        var now = SampleRecords.Start.AddHours(1);

        Assert.Equal(record.Terms, After(new SessionIdentity("eve", "eve", now, StartedAt: null, MovesGeneration: true)).Terms);
        Assert.Null(After(new SessionIdentity("eve", "eve", now, now, MovesGeneration: true)).Terms);

        SessionRecord After(SessionIdentity identity) => CommitRules.Apply(
            record,
            new SessionCommit { Id = record.Id, Now = now, Base = record, Identity = identity },
            secretChanged: false);
    }

    [Fact]
    public void A_renewal_changes_the_principal_and_when_it_was_validated_and_nothing_else()
    {
        var record = SampleRecords.Full();
        var later = record.Terms!.ValidatedAt!.Value.AddMinutes(1);
        var commit = new SessionCommit
        {
            Id = record.Id,
            Now = record.LastSeenAt,
            Base = record,
            Renewal = new SignInRenewal(record.AuthenticatedAt, "others"u8.ToArray(), later),
        };

        var after = CommitRules.Apply(record, commit, secretChanged: false);

        Assert.Equal("others"u8.ToArray(), after.Principal.ToArray());
        Assert.Equal(record.Terms with { ValidatedAt = later }, after.Terms);
        Assert.Equal(
            (record.Generation, record.StartedAt, record.AuthenticatedAt, record.Order, record.UserId, record.Claim),
            (after.Generation, after.StartedAt, after.AuthenticatedAt, after.Order, after.UserId, after.Claim));
        Assert.True(after.SecretHash.Span.SequenceEqual(record.SecretHash.Span));
        Assert.False(commit.ChangesValuesAlone);
        Assert.False(CommitRules.KeepsHeader(record, commit));
    }

    [Fact]
    public void A_validation_alone_leaves_the_principal_that_another_renewal_has_left_and_never_moves_backwards()
    {
        var record = SampleRecords.Full();
        var before = record.Terms!.ValidatedAt!.Value;

        Assert.Equal("claims"u8.ToArray(), new SignInRenewal(null, null, before.AddDays(1)).Apply(record).Principal.ToArray());
        Assert.Equal(before, new SignInRenewal(null, null, before.AddDays(-1)).Apply(record).Terms!.ValidatedAt);
        Assert.Null(new SignInRenewal(null, "others"u8.ToArray(), null).Apply(record with { Terms = null }).Terms);
        Assert.Equal(before, new SignInRenewal(null, null, before).Apply(record with { Terms = null }).Terms!.ValidatedAt);
    }

    [Fact]
    public void Two_renewals_of_one_request_have_the_effect_of_both()
    {
        var at = SampleRecords.Start;
        var both = new SignInRenewal(at, "first"u8.ToArray(), at).Then(new SignInRenewal(at, "second"u8.ToArray(), null));

        Assert.Equal("second"u8.ToArray(), both.Principal!.Value.ToArray());
        Assert.Equal(at, both.ValidatedAt);
        Assert.Equal("second"u8.ToArray(), both.Then(new SignInRenewal(at, null, at.AddDays(1))).Principal!.Value.ToArray());
    }

    [Fact]
    public void A_renewal_of_a_former_sign_in_is_refused()
    {
        var record = SampleRecords.Full();
        SessionCommit Renewal(DateTimeOffset? of) => new()
        {
            Id = record.Id,
            Now = record.LastSeenAt,
            Base = record,
            Renewal = new SignInRenewal(of, "others"u8.ToArray(), null),
        };

        Assert.Equal(SessionCommitOutcome.Committed, CommitRules.Check(record, Renewal(record.AuthenticatedAt), Lifetime).Outcome);
        Assert.Equal(SessionCommitOutcome.Moved, CommitRules.Check(record, Renewal(record.AuthenticatedAt!.Value.AddMilliseconds(-1)), Lifetime).Outcome);
    }

    [Fact]
    public void A_persistent_session_is_remembered_as_long_as_its_record_is_kept()
    {
        var index = new LocalSessionIndex(Lifetime);
        var start = SampleRecords.Start.ToUnixTimeMilliseconds();
        var (persistent, plain) = (Guid.NewGuid(), Guid.NewGuid());
        index.Remember(persistent, new SessionSpan(start, start, IsSignedIn: true), TermsOf("persistent"));
        index.Remember(plain, new SessionSpan(start, start, IsSignedIn: true));

        index.Sweep(start + (long)TimeSpan.FromDays(10).TotalMilliseconds);

        Assert.Equal([persistent], index.Page(null, 10).Select(position => position.Id));
        index.Sweep(start + (long)TimeSpan.FromDays(15).TotalMilliseconds);
        Assert.Empty(index.Page(null, 10));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_a_process_remembers_of_the_timeouts_is_never_early_and_hardly_late(string kind)
    {
        var terms = TermsOf(kind);
        var start = SampleRecords.Start.ToUnixTimeMilliseconds();
        var record = SampleRecords.Anonymous() with { Terms = terms };
        var ends = Lifetime.ExpiresAt(record).ToUnixTimeMilliseconds();

        var remembered = new SessionSpan(start, record.LastSeenAt.ToUnixTimeMilliseconds(), IsSignedIn: true)
            .By(terms, Lifetime).ExpiresAt(Lifetime);

        Assert.InRange(remembered - start, ends - start, (ends - start) * 1.01);
    }

    [Fact]
    public void A_duration_is_rounded_up_by_less_than_one_percent()
    {
        for (var milliseconds = 1L; milliseconds < TimeSpan.FromDays(3650).TotalMilliseconds; milliseconds += 1 + (milliseconds / 7))
        {
            var rounded = RoundedDuration.Of(TimeSpan.FromMilliseconds(milliseconds)).MillisecondsOr(-1);

            Assert.InRange(rounded, milliseconds, milliseconds + 1 + (milliseconds / 100));
        }

        Assert.Equal(7, default(RoundedDuration).MillisecondsOr(7));
    }

    private static SignInTerms TermsOf(string kind) => kind switch
    {
        "persistent" => new SignInTerms { IsPersistent = true },
        "short" => new SignInTerms { IdleTimeout = TimeSpan.FromMinutes(5) },
        "fixed" => new SignInTerms { IsFixed = true },
        "fixed and persistent" => new SignInTerms { IsFixed = true, IsPersistent = true, IdleTimeout = TimeSpan.FromHours(1) },
        "short absolute" => new SignInTerms { AbsoluteTimeout = TimeSpan.FromMinutes(10) },
        _ => new SignInTerms { IdleTimeout = TimeSpan.FromDays(1), AbsoluteTimeout = TimeSpan.FromDays(40) },
    };

    private static SessionCommit SignOut(SessionRecord record, DateTimeOffset now) => new()
    {
        Id = record.Id,
        Now = now,
        Base = record,
        Identity = new SessionIdentity(null, record.UserId, null, null, MovesGeneration: true),
    };
}
