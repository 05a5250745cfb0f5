using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>Whether a session may be ended, at the moment at which it is ended.</summary>
public sealed class SessionEndConditionTests
{
    private static readonly SessionLifetime Lifetime = new(
        TimeSpan.FromMinutes(20), TimeSpan.FromHours(2), TimeSpan.FromMinutes(1));

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("ann", null, true)]
    [InlineData("Ann", null, false)]
    [InlineData("bob", null, false)]
    [InlineData(null, "ann", true)]
    [InlineData(null, "bob", false)]
    [InlineData("ann", "ann", true)]
    [InlineData("ann", "bob", false)]
    [InlineData("bob", "ann", false)]
    public void A_session_is_ended_for_the_user_who_is_signed_in_and_owns_it(string? user, string? owner, bool holds) =>
        Assert.Equal(holds, Holds(Found(SampleRecords.Of("ann")), user, owner));

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(-1, false)]
    public void A_session_that_is_ended_for_one_sign_in_is_left_alone_after_another(int milliseconds, bool holds)
    {
        var record = SampleRecords.Of("ann");
        var condition = new SessionEndCondition
        {
            UserId = "ann",
            AuthenticatedAt = record.AuthenticatedAt!.Value.AddMilliseconds(milliseconds),
        };

        Assert.Equal(holds, condition.Holds(Found(record), Lifetime));
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("ann", null, false)]
    [InlineData(null, "ann", true)]
    [InlineData(null, "bob", false)]
    public void A_session_that_the_user_has_signed_out_of_is_ended_for_its_owner_alone(
        string? user, string? owner, bool holds) =>
        Assert.Equal(holds, Holds(Found(SampleRecords.Of("ann") with { UserId = null }), user, owner));

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("ann", null, false)]
    [InlineData(null, "ann", false)]
    public void A_session_that_was_nobodys_is_ended_for_no_user(string? user, string? owner, bool holds) =>
        Assert.Equal(holds, Holds(Found(SampleRecords.Anonymous()), user, owner));

    [Theory]
    [InlineData(0, 20, 0, true)]
    [InlineData(0, 20, -1, false)]
    [InlineData(110, 10, 0, true)]
    [InlineData(110, 10, -1, false)]
    public void A_session_is_ended_as_expired_from_the_moment_a_limit_has_passed(
        int seen, int later, int milliseconds, bool holds)
    {
        var record = SampleRecords.Anonymous().StoredWith(SampleRecords.Start.AddMinutes(seen));

        Assert.Equal(
            holds, Holds(Found(record), expiredAt: record.LastSeenAt.AddMinutes(later).AddMilliseconds(milliseconds)));
    }

    [Theory]
    [InlineData(SessionLookupStatus.NotFound, false, false, false, false)]
    [InlineData(SessionLookupStatus.Ended, false, false, false, false)]
    [InlineData(SessionLookupStatus.Pointer, false, false, false, false)]
    [InlineData(SessionLookupStatus.Newer, true, true, true, false)]
    [InlineData(SessionLookupStatus.Unreadable, true, false, true, false)]
    public void What_is_no_session_is_ended_only_where_that_can_be_told(
        object status, bool always, bool ofUser, bool ofOwner, bool expired)
    {
        var found = new SessionLookup((SessionLookupStatus)status) { Stored = SampleRecords.Stored(default) };

        Assert.Equal(
            (always, ofUser, ofOwner, expired),
            (Holds(found), Holds(found, user: "ann"), Holds(found, owner: "ann"), Holds(
                found, expiredAt: DateTimeOffset.MaxValue)));
    }

    [Theory]
    [InlineData("s1", "u1", true)]
    [InlineData("s2", null, false)]
    [InlineData(null, "u2", false)]
    public void A_session_is_ended_for_the_provider_that_vouched_for_its_user(string? sid, string? subject, bool holds)
    {
        var condition = new SessionEndCondition { Provider = new ProviderSession("https://op.example", sid, subject) };
        var terms = new SignInTerms { Provider = new ProviderSession("https://op.example", "s1", "u1") };

        Assert.Equal(holds, condition.Holds(Found(SampleRecords.Of("ann") with { Terms = terms }), Lifetime));
        Assert.False(condition.Holds(Found(SampleRecords.Of("ann")), Lifetime));
        Assert.True(condition.Holds(new SessionLookup(SessionLookupStatus.Newer), Lifetime));
        Assert.False(condition.Holds(new SessionLookup(SessionLookupStatus.Unreadable), Lifetime));
    }

    private static SessionLookup Found(SessionRecord record) => new(SessionLookupStatus.Found, record);

    private static bool Holds(
        SessionLookup found, string? user = null, string? owner = null, DateTimeOffset? expiredAt = null) =>
        new SessionEndCondition { UserId = user, OwnerId = owner, ExpiredAt = expiredAt }.Holds(found, Lifetime);
}
