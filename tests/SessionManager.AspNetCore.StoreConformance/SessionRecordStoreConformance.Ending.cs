using System.Text;

namespace SessionManager.AspNetCore.StoreConformance;

// Gone is gone, and how long the medium keeps what is written.
public abstract partial class SessionRecordStoreConformance
{
    [Fact]
    public async Task Ending_a_session_says_that_there_was_one()
    {
        await CreateAsync();
        Assert.True(await EndAsync());
        Assert.False(await EndAsync());
    }

    [Fact]
    public async Task Ending_an_unknown_session_leaves_nothing_behind()
    {
        Assert.False(await EndAsync());
        Assert.Equal(SessionLookupStatus.NotFound, (await LookUpAsync()).Status);
        await CreateAsync();
    }

    [Fact]
    public async Task The_first_reason_stays()
    {
        await CreateAsync();
        await EndAsync(SessionEndReason.Revoked);
        Assert.False(await EndAsync(SessionEndReason.SignedOut));
        Assert.Equal(SessionEndReason.Revoked, (await LookUpAsync()).EndReason);
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
            new SessionCommit { Id = _id, Now = now, Identity = SignIn("ann", now), Secret = Replace(NewHash(), null) },
            Rotation(NewHash(), _secret),
            Rotation(_secret, _secret),
            Expecting("a", null, ("a", "2")),
        ];
        foreach (var commit in commits)
        {
            await RefusedAsync(SessionCommitOutcome.Gone, commit);
        }

        Assert.False(await TouchAsync(now));
        Assert.Equal(new SessionLookup(SessionLookupStatus.Ended, EndReason: SessionEndReason.Revoked), await LookUpAsync());
    }

    [Fact]
    public async Task Another_instance_does_not_bring_an_ended_session_back()
    {
        await CreateAsync(("a", "1"));
        var other = CreateStore(Lifetime, LongTimeout);
        await other.LoadAsync(_id, default, Cancellation);
        await EndAsync();
        Assert.Equal(SessionCommitOutcome.Gone, (await other.CommitAsync(Change(("a", "2")), Cancellation)).Outcome);
        Assert.False(await other.TouchAsync(_id, new RecordTouch(_secret, Start.AddMinutes(5), Allowed: true), Cancellation));
        Assert.Equal(SessionLookupStatus.Ended, (await other.LoadAsync(_id, default, Cancellation)).Status);
    }

    [Fact]
    public async Task An_ended_sessions_values_user_and_secret_are_nowhere_any_more()
    {
        _ = RequiredMedium;
        await CommittedAsync(Creation(SignIn("user-4711", Start), values: ("key-0815", "value-1234")));
        Assert.Contains(await DumpAsync(), entry => Contains(entry, "value-1234"));

        await EndAsync();

        Assert.DoesNotContain(await DumpAsync(), entry =>
            Contains(entry, "value-1234") || Contains(entry, "key-0815") || Contains(entry, "user-4711")
            || entry.Value.Contains(Convert.ToHexString(_secret), StringComparison.Ordinal));

        static bool Contains(KeyValuePair<string, string> entry, string text) =>
            entry.Value.Contains(Convert.ToHexString(Encoding.UTF8.GetBytes(text)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("ann")]
    public async Task A_session_whose_record_is_of_a_newer_version_is_ended_for_good(string? onlyOfUser)
    {
        await CommittedAsync(Creation(SignIn("ann", Start), values: ("a", "1")));
        await RequiredMedium.MakeNewerAsync(_id);

        Assert.True(await Store.EndAsync(_id, SessionEndReason.SignedOut, onlyOfUser, Cancellation));

        Assert.Equal(new SessionLookup(SessionLookupStatus.Ended, EndReason: SessionEndReason.SignedOut), await LookUpAsync());
        Assert.False(await Store.EndAsync(_id, SessionEndReason.Revoked, onlyOfUser, Cancellation));
        await RefusedAsync(SessionCommitOutcome.Gone, Change(("a", "2")));
        await AllKeptForAsync(Lifetime.TombstoneTimeToLive);
    }

    [Fact]
    public async Task An_unreadable_record_is_ended_though_there_is_no_session_to_end()
    {
        await CreateAsync(("a", "1"));
        await RequiredMedium.DamageAsync(_id);

        await EndAsync();

        Assert.Equal(SessionLookupStatus.Ended, (await LookUpAsync()).Status);
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

        Assert.False(await Store.EndExpiredAsync(_id, limit - TimeSpan.FromMilliseconds(1), Cancellation));
        Assert.Equal(SessionLookupStatus.Found, (await LookUpAsync()).Status);

        Assert.True(await Store.EndExpiredAsync(_id, limit, Cancellation));
        Assert.False(await Store.EndExpiredAsync(_id, limit, Cancellation));
        Assert.Equal(new SessionLookup(SessionLookupStatus.Ended, EndReason: SessionEndReason.Expired), await LookUpAsync());
        await AllKeptForAsync(Lifetime.TombstoneTimeToLive);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_that_was_used_since_it_was_judged_expired_is_not_ended(bool commits)
    {
        await CreateAsync(("a", "1"));
        var judged = Start + Lifetime.IdleTimeout;
        await (commits ? CommittedAsync(At(judged.AddSeconds(-1))) : TouchAsync(judged.AddSeconds(-1)));

        Assert.False(await Store.EndExpiredAsync(_id, judged, Cancellation));

        Assert.Equal(judged.AddSeconds(-1), (await LoadAsync()).LastSeenAt);
        await CommittedAsync(At(judged.AddMinutes(1)));
    }

    [Fact]
    public async Task What_is_no_living_session_is_not_ended_as_expired()
    {
        var late = Start.AddYears(1);
        Assert.False(await Store.EndExpiredAsync(_id, late, Cancellation));
        Assert.Equal(SessionLookupStatus.NotFound, (await LookUpAsync()).Status);

        await CreateAsync(("a", "1"));
        await EndAsync(SessionEndReason.Revoked);
        Assert.False(await Store.EndExpiredAsync(_id, late, Cancellation));
        Assert.Equal(SessionEndReason.Revoked, (await LookUpAsync()).EndReason);
    }

    [Fact]
    public async Task A_session_whose_end_has_passed_is_listed_as_expired_until_it_was_ended_or_found_to_be_gone()
    {
        Assert.SkipWhen(Store.ListExpired(Start) is null, "This store can't know which sessions have expired.");
        await CreateAsync(("a", "1"));
        var (ended, gone) = (_id, Guid.NewGuid());
        await CommittedAsync(new SessionCommit { Id = gone, Now = Start, Creates = true, Secret = Replace(NewHash(), null, required: true) });
        var late = Start + Lifetime.RecordTimeToLive;
        Assert.Empty(Store.ListExpired(Start + Lifetime.IdleTimeout - TimeSpan.FromMinutes(1))!);
        Assert.Equal(new[] { ended, gone }.Order(), Store.ListExpired(late)!.Order());

        Assert.True(await Store.EndExpiredAsync(ended, late, Cancellation));
        Assert.Equal([gone], Store.ListExpired(late)!);

        await RequiredMedium.EvictAsync(gone);
        Assert.False(await Store.EndExpiredAsync(gone, late, Cancellation));
        Assert.Empty(Store.ListExpired(late)!);
    }

    [Fact]
    public async Task A_record_is_kept_for_twice_the_idle_timeout()
    {
        await CreateAsync(("a", "1"));
        await AllKeptForAsync(Lifetime.RecordTimeToLive);
    }

    [Fact]
    public async Task A_commit_renews_the_time_to_live()
    {
        await CreateAsync(("a", "1"));
        var longer = Longer();
        await longer.CommitAsync(Change(("a", "2")), Cancellation);
        await AllKeptForAsync(Lifetime.RecordTimeToLive * 3);
    }

    [Fact]
    public async Task A_touch_renews_the_time_to_live()
    {
        await CreateAsync(("a", "1"));
        Assert.True(await Longer().TouchAsync(_id, new RecordTouch(_secret, Start.AddMinutes(5), Allowed: true), Cancellation));
        await AllKeptForAsync(Lifetime.RecordTimeToLive * 3);
    }

    [Fact]
    public async Task A_load_without_a_touch_a_refused_commit_and_a_touch_that_is_not_due_renew_nothing()
    {
        await CreateAsync(("a", "1"));
        var longer = Longer();
        await longer.LoadAsync(_id, new RecordTouch(_secret, Start.AddMinutes(5), Allowed: false), Cancellation);
        await longer.CommitAsync(Expecting("a", Text("2"), ("a", "3")), Cancellation);
        await longer.TouchAsync(_id, new RecordTouch(_secret, Start, Allowed: true), Cancellation);
        await AllKeptForAsync(Lifetime.RecordTimeToLive);
    }

    [Fact]
    public async Task A_tombstone_is_kept_for_one_idle_timeout()
    {
        await CreateAsync(("a", "1"));
        await EndAsync();
        await AllKeptForAsync(Lifetime.TombstoneTimeToLive);
    }

    [Fact]
    public async Task Every_key_has_a_time_to_live_whatever_happened()
    {
        _ = RequiredMedium;
        await CommittedAsync(Creation(SignIn("ann", Start), values: [("a", "1"), ("b", "1")]));
        await CommittedAsync(Rotation(NewHash(), _secret, values: [("a", null), ("c", "1")]));
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, DropsValues = true, Touches = false });
        var ended = Guid.NewGuid();
        await CommittedAsync(new SessionCommit { Id = ended, Now = Start, Creates = true, Secret = Replace(NewHash(), null) });
        await Store.EndAsync(ended, SessionEndReason.Revoked, cancellationToken: Cancellation);

        var keys = await RequiredMedium.ListKeysAsync();
        Assert.NotEmpty(keys);
        foreach (var key in keys)
        {
            Assert.NotNull(await RequiredMedium.ReadTimeToLiveAsync(key));
        }
    }

    /// <summary>An instance whose sessions live three times as long: what it writes can be told by its time to live.</summary>
    private ISessionRecords Longer() =>
        CreateStore(new SessionLifetime(Lifetime.IdleTimeout * 3, Lifetime.AbsoluteTimeout, Lifetime.TouchInterval), LongTimeout);

    private async Task AllKeptForAsync(TimeSpan expected)
    {
        var keys = await RequiredMedium.ListKeysAsync();
        Assert.NotEmpty(keys);
        foreach (var key in keys)
        {
            var kept = await RequiredMedium.ReadTimeToLiveAsync(key);
            Assert.InRange(kept ?? TimeSpan.MaxValue, expected - TimeSpan.FromMinutes(1), expected);
        }
    }
}
