using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>How long sessions live, and how long a store keeps what is left of them.</summary>
public sealed class SessionLifetimeTests
{
    private static readonly SessionLifetime Lifetime = new(
        TimeSpan.FromMinutes(20), TimeSpan.FromHours(2), TimeSpan.FromMinutes(1));

    [Theory]
    [InlineData(1, 21)]
    [InlineData(20, 40)]
    [InlineData(60, 120)]
    public void A_record_is_kept_for_twice_the_idle_timeout_and_at_least_20_minutes_past_it(int idle, int kept)
    {
        var lifetime = new SessionLifetime(TimeSpan.FromMinutes(idle), TimeSpan.FromHours(24), TimeSpan.Zero);

        Assert.Equal(TimeSpan.FromMinutes(kept), lifetime.RecordTimeToLive);
        Assert.Equal(TimeSpan.FromHours(24) + TimeSpan.FromMinutes(kept), lifetime.UserTimeToLive);
        Assert.True(lifetime.RecordTimeToLive >= lifetime.IdleTimeout + lifetime.IdleTimeout);
    }

    [Fact]
    public void A_replaced_secret_has_a_tail_of_five_seconds() =>
        Assert.Equal(TimeSpan.FromSeconds(5), SessionLifetime.RotationTail);

    [Theory]
    [InlineData(0, 20)]
    [InlineData(99, 119)]
    [InlineData(100, 120)]
    [InlineData(101, 120)]
    [InlineData(119, 120)]
    public void A_session_ends_by_whichever_limit_comes_first(int seen, int ends)
    {
        var record = At(seen);
        var end = SampleRecords.Start.AddMinutes(ends);

        Assert.Equal(end, Lifetime.ExpiresAt(record));
        Assert.True(Lifetime.IsExpired(record, end));
        Assert.False(Lifetime.IsExpired(record, end.AddMilliseconds(-1)));
    }

    [Fact]
    public void The_absolute_timeout_counts_from_the_last_sign_in_and_has_passed_at_its_very_moment()
    {
        var record = At(0) with { CreatedAt = SampleRecords.Start.AddDays(-9) };
        var limit = SampleRecords.Start.AddHours(2);

        Assert.False(Lifetime.IsPastAbsoluteTimeout(record, limit.AddMilliseconds(-1)));
        Assert.True(Lifetime.IsPastAbsoluteTimeout(record, limit));
    }

    [Theory]
    [InlineData(-60_000, false)]
    [InlineData(0, false)]
    [InlineData(59_999, false)]
    [InlineData(60_000, true)]
    [InlineData(9_999_999, true)]
    public void A_touch_is_due_once_the_last_use_is_an_interval_old_and_never_moves_it_backwards(
        int milliseconds, bool due) =>
        Assert.Equal(due, Lifetime.IsTouchDue(At(5), At(5).LastSeenAt.AddMilliseconds(milliseconds)));

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void Without_an_interval_a_touch_is_due_as_soon_as_time_has_passed(int milliseconds, bool due) =>
        Assert.Equal(
            due,
            new SessionLifetime(Lifetime.IdleTimeout, Lifetime.AbsoluteTimeout, TimeSpan.Zero)
                .IsTouchDue(At(5), At(5).LastSeenAt.AddMilliseconds(milliseconds)));

    [Fact]
    public void What_is_shown_of_a_session_is_what_its_record_says()
    {
        var record = SampleRecords.Full() with { Principal = new ActorFrame("support", default, default, []).Write() };

        var info = Lifetime.Describe(record);

        Assert.Equal((record.Id.ToString(), "größe", "support"), (info.SessionId, info.UserId, info.ActorId));
        Assert.Equal(
            (record.CreatedAt, record.AuthenticatedAt, record.LastSeenAt), (
                info.CreatedAt, info.AuthenticatedAt, info.LastSeenAt));
        Assert.Equal(
            ("Phone/1.0", null, Lifetime.ExpiresAt(record)), (info.UserAgent, info.RemoteIpAddress, info.ExpiresAt));
    }

    [Theory]
    [InlineData(4, 5, 25)]
    [InlineData(9, 9, 29)]
    [InlineData(110, 110, 120)]
    public void A_session_that_was_seen_later_than_its_record_says_is_shown_so(int seen, int shown, int ends)
    {
        var info = Lifetime.Describe(At(5), SampleRecords.Start.AddMinutes(seen));

        Assert.Equal(
            (SampleRecords.Start.AddMinutes(shown), SampleRecords.Start.AddMinutes(ends)), (
                info.LastSeenAt, info.ExpiresAt));
    }

    private static SessionRecord At(int minutes) =>
        SampleRecords.Anonymous().StoredWith(SampleRecords.Start.AddMinutes(minutes));
}
