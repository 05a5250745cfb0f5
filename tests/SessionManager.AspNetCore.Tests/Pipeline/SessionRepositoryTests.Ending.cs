using System.Text;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// Gone is gone.
public abstract partial class SessionRepositoryTests
{
    [Fact]
    public async Task Ending_a_session_says_that_there_was_one()
    {
        await CreateAsync();
        Assert.True(await EndAsync());
        Assert.False(await EndAsync());
        Assert.False(await Node.EndAsync(_id, SessionEndReason.Revoked, known: Base()));
    }

    [Fact]
    public async Task Ending_an_unknown_session_leaves_nothing_behind()
    {
        Assert.False(await EndAsync());
        Assert.Equal((SessionLookupStatus.NotFound, null), await StatusAsync());
        await CreateAsync();
    }

    [Theory]
    [InlineData(SessionEndReason.Expired)]
    [InlineData(SessionEndReason.SignedOut)]
    [InlineData(SessionEndReason.Revoked)]
    public async Task An_ended_session_is_found_as_ended_with_its_reason(SessionEndReason reason)
    {
        await CreateAsync(("theme", "dark"));
        await EndAsync(reason);
        Assert.Equal((SessionLookupStatus.Ended, reason), await StatusAsync());
    }

    [Fact]
    public async Task The_first_reason_stays()
    {
        await CreateAsync();
        await EndAsync(SessionEndReason.Revoked);
        Assert.False(await EndAsync());
        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Revoked), await StatusAsync());
    }

    [Fact]
    public async Task Nothing_brings_an_ended_session_back()
    {
        await CommittedAsync(Creation(SignIn("ann", Start), values: ("a", "1")));
        await EndAsync(SessionEndReason.Revoked);

        var now = Start.AddMinutes(2);
        SessionCommit[] commits =
        [
            Change(("a", "2")),
            Change(),
            Creation(values: ("a", "2")),
            Creation(SignIn("ann", now), NewHash()),
            new SessionCommit { Id = _id, Now = now, Base = Base(), Identity = SignIn("ann", now), Secret = Replace(
                NewHash(), null) },
            Rotation(NewHash(), _secret),
            Rotation(_secret, _secret),
            Expecting("a", null, ("a", "2")),
        ];
        foreach (var commit in commits)
        {
            await RefusedAsync(SessionCommitOutcome.Gone, commit);
        }

        await TouchAsync(now);
        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Revoked), await StatusAsync());
    }

    [Fact]
    public async Task Another_node_does_not_bring_an_ended_session_back()
    {
        await CreateAsync(("a", "1"));
        var other = NewNode();
        await other.LoadAsync(_id);
        await EndAsync();
        Assert.Equal(SessionCommitOutcome.Gone, (await other.CommitAsync(Change(("a", "2")))).Outcome);
        await other.TouchAsync(Base(), Start.AddMinutes(5));
        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.SignedOut), await StatusAsync(other));
    }

    [Fact]
    public async Task An_ended_sessions_values_user_and_secret_are_nowhere_any_more()
    {
        await CommittedAsync(Creation(SignIn("user-4711", Start), values: ("key-0815", "value-1234")));
        Assert.Contains(
            "user-4711", Encoding.UTF8.GetString((await RawAsync(_id))!.Header.Span), StringComparison.Ordinal);

        await EndAsync();

        var stored = (await RawAsync(_id))!;
        Assert.Empty(stored.Values);
        Assert.DoesNotContain("user-4711", Encoding.UTF8.GetString(stored.Header.Span), StringComparison.Ordinal);
        Assert.DoesNotContain(Hex(_secret), Hex(stored.Header), StringComparison.Ordinal);
        Assert.DoesNotContain(await Node.FindAsync("user-4711"), found => found.Record is not null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_is_ended_as_expired_from_the_moment_a_limit_has_passed(bool absolute)
    {
        await CreateAsync(("a", "1"));
        var limit = Start + Lifetime.IdleTimeout;
        if (absolute)
        {
            limit = Start + Lifetime.AbsoluteTimeout;
            await CommittedAsync(At(limit - TimeSpan.FromMinutes(1)));
        }

        foreach (var known in (SessionRecord?[])[null, await LoadAsync()])
        {
            Assert.False(await Node.EndExpiredAsync(_id, limit - TimeSpan.FromMilliseconds(1), known));
            Assert.Equal((SessionLookupStatus.Found, null), await StatusAsync());
        }

        Assert.True(await Node.EndExpiredAsync(_id, limit));
        Assert.False(await Node.EndExpiredAsync(_id, limit));
        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Expired), await StatusAsync());
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task A_session_that_was_used_since_it_was_judged_expired_is_not_ended(bool commits, bool isKnown)
    {
        await CreateAsync(("a", "1"));
        var judged = Start + Lifetime.IdleTimeout;
        await (commits ? CommittedAsync(At(judged.AddSeconds(-1))) : TouchAsync(judged.AddSeconds(-1)));

        Assert.False(await Node.EndExpiredAsync(_id, judged, isKnown ? Base() : null));

        Assert.Equal(judged.AddSeconds(-1), (await LoadAsync()).LastSeenAt);
        await CommittedAsync(At(judged.AddMinutes(1)));
    }

    [Fact]
    public async Task What_is_no_living_session_is_not_ended_as_expired()
    {
        var late = Start.AddYears(1);
        Assert.False(await Node.EndExpiredAsync(_id, late));
        Assert.Equal((SessionLookupStatus.NotFound, null), await StatusAsync());

        await CreateAsync(("a", "1"));
        await EndAsync(SessionEndReason.Revoked);
        Assert.False(await Node.EndExpiredAsync(_id, late));
        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Revoked), await StatusAsync());
    }

    [Theory]
    [InlineData("ann", true)]
    [InlineData("bob", false)]
    [InlineData("Ann", false)]
    public async Task A_session_is_ended_for_a_user_while_that_user_is_signed_in(string user, bool ends)
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        Assert.Equal(
            ends, await Node.EndAsync(_id, SessionEndReason.Revoked, new SessionEndCondition { UserId = user }));
        Assert.Equal(ends ? SessionLookupStatus.Ended : SessionLookupStatus.Found, (await StatusAsync()).Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_that_is_somebody_elses_by_now_is_not_ended_for_the_user_it_was_loaded_under(
        bool signsOut)
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        await CommittedAsync(new SessionCommit
        {
            Id = _id,
            Now = Start.AddMinutes(1),
            Base = Base(),
            Identity = signsOut ? SignOut() : SignIn("bob", Start.AddMinutes(1)),
        });

        Assert.False(
            await Node.EndAsync(_id, SessionEndReason.Revoked, new SessionEndCondition { UserId = "ann" }, Base()));

        Assert.Equal((SessionLookupStatus.Found, null), await StatusAsync());
    }
}
