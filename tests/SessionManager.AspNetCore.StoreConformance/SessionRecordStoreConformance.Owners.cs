namespace SessionManager.AspNetCore.StoreConformance;

// All that a user left: the sessions that belong or last belonged to the user, signed in or not.
public abstract partial class SessionRecordStoreConformance
{
    [Fact]
    public async Task A_session_is_found_by_its_owner_while_signed_in_and_after_a_sign_out_that_kept_its_values()
    {
        var (signedIn, signedOut) = (MemberAt(0), MemberAt(1));
        await SignedInAsync(Store, "ann", signedIn);
        await SignedOutAsync(Store, "ann", signedOut);
        await SignedInAsync(Store, "bob", MemberAt(2));
        await CreateAsync(("cart", "7"));

        Assert.Equal(Ids(signedIn, signedOut), await OwnedAsync(Store, "ann"));
    }

    [Fact]
    public async Task A_session_that_signed_in_after_it_began_is_found_by_its_owner_too()
    {
        await CreateAsync(("cart", "7"));
        var signedIn = Start.AddMinutes(2);
        await AdmitAsync("ann", new SessionMember(_id, signedIn));
        await CommittedAsync(new SessionCommit { Id = _id, Now = signedIn, Identity = SignIn("ann", signedIn) });
        await SignOutAsync(Store, "ann", new SessionMember(_id, signedIn), generation: 1);

        Assert.Equal([_id], await OwnedAsync(Store, "ann"));
    }

    [Fact]
    public async Task A_session_that_was_signed_out_of_counts_for_no_limit_and_is_no_member()
    {
        await SignedOutAsync(Store, "ann", MemberAt(0));

        Assert.Empty(await FindAsync("ann"));
        Assert.Null(await AdmitAsync("ann", MemberAt(1), limit: 1));
    }

    [Fact]
    public async Task An_expired_session_is_found_by_its_owner()
    {
        var member = MemberAt(0);
        await SignedOutAsync(Store, "ann", member);

        Assert.Equal([member.Id], await OwnedAsync(Store, "ann", Start + Lifetime.IdleTimeout + TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task Owners_whose_ids_look_alike_are_different_owners()
    {
        var members = LookAlikes.ToDictionary(user => user, _ => MemberAt(0), StringComparer.Ordinal);
        foreach (var (user, member) in members)
        {
            await SignedOutAsync(Store, user, member);
        }

        foreach (var (user, member) in members)
        {
            Assert.Equal([member.Id], await OwnedAsync(Store, user));
        }

        await Store.EraseUnlistedAsync("Ann", Cancellation);
        Assert.True(await EndOwnedAsync(members["Ann"].Id, "Ann"));
        foreach (var (user, member) in members.Where(pair => !string.Equals(pair.Key, "Ann", StringComparison.Ordinal)))
        {
            Assert.Null(await EndReasonAsync(Store, member.Id));
            Assert.False(await EndOwnedAsync(member.Id, user + "x"));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_is_ended_for_its_owner_whether_signed_in_or_not(bool signedOut)
    {
        var member = MemberAt(0);
        await (signedOut ? SignedOutAsync(Store, "ann", member) : SignedInAsync(Store, "ann", member));

        Assert.False(await EndOwnedAsync(member.Id, "bob"));
        Assert.Null(await EndReasonAsync(Store, member.Id));

        Assert.True(await EndOwnedAsync(member.Id, "ann"));
        Assert.False(await EndOwnedAsync(member.Id, "ann"));
        Assert.Equal(new SessionLookup(SessionLookupStatus.Ended, EndReason: SessionEndReason.Revoked), await Store.LoadAsync(member.Id, default, Cancellation));
        var commit = new SessionCommit { Id = member.Id, Now = Start.AddMinutes(3), Generation = signedOut ? 1 : 0, Values = Changes(("late", "1")) };
        Assert.Equal(SessionCommitOutcome.Gone, (await Store.CommitAsync(commit, Cancellation)).Outcome);
    }

    [Fact]
    public async Task A_session_that_belongs_to_somebody_else_by_now_is_not_ended_for_its_former_owner()
    {
        var member = MemberAt(0);
        await SignedInAsync(Store, "ann", member);
        await CommittedAsync(new SessionCommit { Id = member.Id, Now = Start.AddMinutes(1), Identity = SignIn("bob", Start.AddMinutes(1)), DropsValues = true });

        Assert.False(await EndOwnedAsync(member.Id, "ann"));

        await LivesAsync(Store, member.Id, generation: 1);
        Assert.Contains(member.Id, await OwnedAsync(Store, "bob"));
    }

    [Fact]
    public async Task What_is_nobodys_or_not_there_is_not_ended_for_an_owner()
    {
        await CreateAsync(("a", "1"));

        Assert.False(await EndOwnedAsync(_id, "ann"));
        Assert.False(await EndOwnedAsync(Guid.NewGuid(), "ann"));

        Assert.Equal(["a=1"], ValuesOf(await LoadAsync()));
    }

    [Fact]
    public async Task A_record_of_a_newer_version_is_ended_for_the_owner_it_was_found_under()
    {
        var member = MemberAt(0);
        await SignedOutAsync(Store, "ann", member);
        await RequiredMedium.MakeNewerAsync(member.Id);

        Assert.True(await EndOwnedAsync(member.Id, "ann"));

        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(Store, member.Id));
    }

    [Fact]
    public async Task The_values_of_a_damaged_record_are_gone_once_it_was_ended_for_its_owner()
    {
        var member = MemberAt(0);
        await SignedOutAsync(Store, "ann", member);
        await RequiredMedium.DamageAsync(member.Id);

        await EndOwnedAsync(member.Id, "ann");

        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(Store, member.Id));
    }

    [Fact]
    public async Task A_user_is_erased_for_every_instance_whichever_made_the_sessions()
    {
        var other = CreateStore(Lifetime, LongTimeout);
        SessionMember[] members = [MemberAt(0), MemberAt(1), MemberAt(2), MemberAt(3)];
        await SignedInAsync(Store, "ann", members[0]);
        await SignedInAsync(other, "ann", members[1]);
        await SignedOutAsync(Store, "ann", members[2]);
        await SignedOutAsync(other, "ann", members[3]);

        await EraseAsync(Store, "ann");

        for (var i = 0; i < members.Length; i++)
        {
            foreach (var store in new[] { other, Store, CreateStore(Lifetime, LongTimeout) })
            {
                Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(store, members[i].Id));
                SessionCommit[] commits =
                [
                    new() { Id = members[i].Id, Now = Start.AddMinutes(4), Generation = i / 2, Values = Changes(("late", "1")) },
                    new() { Id = members[i].Id, Now = Start.AddMinutes(4), Generation = i / 2, Identity = SignIn("ann", Start.AddMinutes(4)), Secret = Replace(NewHash(), null) },
                ];
                foreach (var commit in commits)
                {
                    Assert.Equal(new SessionCommitResult(SessionCommitOutcome.Gone), await store.CommitAsync(commit, Cancellation));
                }
            }
        }
    }

    [Fact]
    public async Task What_the_user_begins_after_the_erasure_lives()
    {
        var other = CreateStore(Lifetime, LongTimeout);
        await SignedOutAsync(other, "ann", MemberAt(0));
        await EraseAsync(Store, "ann");

        var (signedIn, signedOut) = (MemberAt(1), MemberAt(1));
        await SignedInAsync(other, "ann", signedIn);
        await SignedOutAsync(other, "ann", signedOut);
        await LivesAsync(Store, signedIn.Id);
        await LivesAsync(Store, signedOut.Id, generation: 1);

        await EraseAsync(Store, "ann");
        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(other, signedIn.Id));
        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(other, signedOut.Id));
    }

    [Fact]
    public async Task A_revocation_leaves_alone_what_the_user_has_signed_out_of_however_often_and_an_erasure_after_it_does_not()
    {
        var other = CreateStore(Lifetime, LongTimeout);
        var (first, second) = (MemberAt(0), MemberAt(1));
        await SignedOutAsync(other, "ann", first);
        await RevokeAsync(Store, "ann");
        await SignedOutAsync(other, "ann", second);
        await RevokeAsync(Store, "ann");

        await LivesAsync(other, first.Id, generation: 1);
        await LivesAsync(Store, second.Id, generation: 1);

        await EraseAsync(Store, "ann");
        await RevokeAsync(Store, "ann");
        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(other, first.Id));
        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(Store, second.Id));
    }

    [Fact]
    public async Task What_is_noted_of_owners_is_kept_as_long_as_a_session_can_live_and_no_key_for_ever()
    {
        _ = RequiredMedium;
        await SignedOutAsync(Store, "ann", MemberAt(0));
        await Store.EraseUnlistedAsync("ann", Cancellation);

        var keys = await RequiredMedium.ListNoteKeysAsync();
        Assert.NotEmpty(keys);
        foreach (var key in keys)
        {
            var kept = await RequiredMedium.ReadTimeToLiveAsync(key);
            Assert.InRange(kept ?? TimeSpan.MaxValue, Lifetime.UserTimeToLive - TimeSpan.FromMinutes(1), Lifetime.UserTimeToLive * 2);
        }
    }

    private static List<Guid> Ids(params SessionMember[] members) => [.. members.Select(member => member.Id).Order()];

    private static async Task<List<Guid>> OwnedAsync(ISessionRecords store, string owner, DateTimeOffset? now = null) =>
        [.. (await store.FindOwnedAsync(owner, now ?? Start.AddMinutes(5), Cancellation)).Select(member => member.Id).Distinct().Order()];

    private Task<bool> EndOwnedAsync(Guid id, string owner) => Store.EndOwnedAsync(id, SessionEndReason.Revoked, owner, Cancellation).AsTask();

    /// <summary>As the directory does it: revoked unseen, then found and ended one by one.</summary>
    private static async Task EraseAsync(ISessionRecords store, string owner)
    {
        await store.EraseUnlistedAsync(owner, Cancellation);
        foreach (var id in await OwnedAsync(store, owner))
        {
            await store.EndOwnedAsync(id, SessionEndReason.Revoked, owner, Cancellation);
        }
    }

    /// <summary>Begins a session with a sign-in and signs out again, with its values kept.</summary>
    private static async Task SignedOutAsync(ISessionRecords store, string userId, SessionMember member)
    {
        await SignedInAsync(store, userId, member);
        await SignOutAsync(store, userId, member);
    }

    private static async Task SignOutAsync(ISessionRecords store, string userId, SessionMember member, long generation = 0)
    {
        var commit = new SessionCommit
        {
            Id = member.Id,
            Now = member.AdmittedAt,
            Generation = generation,
            Identity = new SessionIdentity(null, null, null, null, MovesGeneration: true),
            Values = Changes(("kept", "1")),
        };
        Assert.Equal(SessionCommitOutcome.Committed, (await store.CommitAsync(commit, Cancellation)).Outcome);
        await store.DismissAsync(userId, member, Cancellation);
    }
}
