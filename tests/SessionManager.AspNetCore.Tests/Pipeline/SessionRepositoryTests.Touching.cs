using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// When a session counts as used, by a touch.
public abstract partial class SessionRepositoryTests
{
    [Fact]
    public async Task A_touch_moves_the_last_use_and_nothing_else()
    {
        await CommittedAsync(Creation(SignIn("ann", Start), values: [("a", "1"), ("b", "2")]));
        var before = await DescribeAsync();
        var now = Start + Lifetime.TouchInterval;

        Assert.True(await TouchAsync(now));

        Assert.Equal(before.Replace($"{Start:O} 4", $"{now:O} 4", StringComparison.Ordinal), await DescribeAsync());
        Assert.Equal(now, (await LoadAsync()).LastSeenAt);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-10)]
    public async Task A_touch_never_moves_the_last_use_backwards(int minutes)
    {
        await CreateAsync(("a", "1"));
        await NotTouchedAsync(Start.AddMinutes(minutes));
    }

    [Fact]
    public async Task A_touch_of_a_request_whose_secret_was_replaced_meanwhile_is_a_use_of_the_session()
    {
        await CreateAsync(("a", "1"));
        await CommittedAsync(Rotation(NewHash(), _secret));
        var now = Start.AddMinutes(10);

        Assert.True(await Node.TouchAsync(Base(), now, _secret));

        Assert.Equal(now, (await LoadAsync()).LastSeenAt);
    }

    [Fact]
    public async Task A_touch_past_the_idle_timeout_is_a_use_of_the_session()
    {
        await CreateAsync(("a", "1"));
        var now = Start + (Lifetime.IdleTimeout * 1.5);

        Assert.True(await TouchAsync(now));

        Assert.Equal(now, (await LoadAsync()).LastSeenAt);
        Assert.False(await Node.EndExpiredAsync(_id, now + Lifetime.IdleTimeout - TimeSpan.FromMilliseconds(1)));
        Assert.False(await Node.EndExpiredAsync(_id, now, known: Base()));
    }

    [Fact]
    public async Task A_touch_at_the_last_moment_keeps_the_session_alive()
    {
        await CreateAsync();
        var last = Start + Lifetime.IdleTimeout - TimeSpan.FromMilliseconds(1);
        Assert.True(await TouchAsync(last));
        await CommittedAsync(At(last + Lifetime.IdleTimeout - TimeSpan.FromMilliseconds(1)));
    }

    [Fact]
    public async Task A_touch_of_an_unknown_session_creates_none() => await NotTouchedAsync(Start.AddMinutes(5));

    [Fact]
    public async Task A_touch_does_not_bring_an_ended_session_back()
    {
        await CreateAsync(("a", "1"));
        await EndAsync();
        await TouchAsync(Start.AddMinutes(5));
        await Node.TouchAsync(
            Base() with { Former = new FormerSecret(FormerSecretKind.Replaced, NewHash(), null) }, Start.AddMinutes(
                6), _secret);
        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.SignedOut), await StatusAsync());
    }

    [Fact]
    public async Task A_commit_that_was_decided_before_a_touch_does_not_set_the_session_back()
    {
        await CreateAsync(("a", "1"));
        var change = Change(("a", "2"));
        Assert.True(await TouchAsync(Start.AddMinutes(9)));

        await CommittedAsync(change);

        Assert.Equal(Start.AddMinutes(9), (await LoadAsync()).LastSeenAt);
        await HoldsAsync("a=2");
    }

    private async Task NotTouchedAsync(DateTimeOffset now)
    {
        var before = await DescribeAsync();
        Assert.False(await TouchAsync(now));
        Assert.Equal(before, await DescribeAsync());
    }
}
