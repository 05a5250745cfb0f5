namespace SessionManager.AspNetCore.StoreConformance;

// All sessions of a user at once: those that are found are ended one by one, the others are revoked unseen. Together they are all.
public abstract partial class SessionRecordStoreConformance
{
    [Fact]
    public async Task The_sessions_of_a_user_are_found_revoked_by_every_instance_whichever_made_them()
    {
        var other = CreateStore(Lifetime, LongTimeout);
        var (here, there) = (MemberAt(0), MemberAt(1));
        await SignedInAsync(Store, "ann", here);
        await SignedInAsync(other, "ann", there);

        await RevokeAsync(Store, "ann");

        foreach (var store in new[] { Store, other, CreateStore(Lifetime, LongTimeout) })
        {
            Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(store, here.Id));
            Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(store, there.Id));
        }
    }

    [Fact]
    public async Task No_commit_to_a_revoked_session_is_applied_by_any_instance()
    {
        var other = CreateStore(Lifetime, LongTimeout);
        var (here, there) = (MemberAt(0), MemberAt(1));
        await SignedInAsync(Store, "ann", here);
        await SignedInAsync(other, "ann", there);

        await RevokeAsync(Store, "ann");

        foreach (var store in new[] { other, Store })
        {
            foreach (var id in new[] { here.Id, there.Id })
            {
                SessionCommit[] commits =
                [
                    new() { Id = id, Now = Start.AddMinutes(2), Values = Changes(("a", "1")) },
                    new() { Id = id, Now = Start.AddMinutes(2), Identity = SignIn("ann", Start.AddMinutes(2), again: true), Secret = Replace(NewHash(), null) },
                    new() { Id = id, Now = Start.AddMinutes(2), Identity = SignIn("bob", Start.AddMinutes(2)), DropsValues = true, Secret = Replace(NewHash(), null) },
                    new() { Id = id, Now = Start.AddMinutes(2), Identity = new SessionIdentity(null, null, null, null, MovesGeneration: true) },
                ];
                foreach (var commit in commits)
                {
                    Assert.Equal(new SessionCommitResult(SessionCommitOutcome.Gone), await store.CommitAsync(commit, Cancellation));
                }

                Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(store, id));
            }
        }
    }

    [Fact]
    public async Task A_session_that_signed_in_after_it_began_is_revoked_too()
    {
        await CreateAsync(("cart", "7"));
        var signedIn = Start.AddMinutes(2);
        await AdmitAsync("ann", new SessionMember(_id, signedIn));
        await CommittedAsync(new SessionCommit { Id = _id, Now = signedIn, Identity = SignIn("ann", signedIn) });

        await RevokeAsync(CreateStore(Lifetime, LongTimeout), "ann");

        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(Store, _id));
        Assert.Equal(SessionCommitOutcome.Gone, (await CommitAsync(new SessionCommit { Id = _id, Now = signedIn, Generation = 1, Values = Changes(("a", "1")) })).Outcome);
    }

    [Fact]
    public async Task A_sign_in_after_the_revocation_lives()
    {
        var other = CreateStore(Lifetime, LongTimeout);
        await SignedInAsync(other, "ann", MemberAt(0));
        await CreateAsync(("cart", "7"));
        await RevokeAsync(Store, "ann");

        var (begun, signedIn) = (MemberAt(1), Start.AddMinutes(2));
        await SignedInAsync(other, "ann", begun);
        await AdmitAsync("ann", new SessionMember(_id, signedIn));
        await CommittedAsync(new SessionCommit { Id = _id, Now = signedIn, Identity = SignIn("ann", signedIn) });

        // A new secret is no new sign-in.
        await CommittedAsync(new SessionCommit { Id = begun.Id, Now = signedIn, Secret = Replace(NewHash(), null) });

        foreach (var store in new[] { Store, other, CreateStore(Lifetime, LongTimeout) })
        {
            await LivesAsync(store, begun.Id);
            await LivesAsync(store, _id, generation: 1);
        }
    }

    [Fact]
    public async Task Revoking_again_revokes_those_that_have_signed_in_since()
    {
        var other = CreateStore(Lifetime, LongTimeout);
        await RevokeAsync(Store, "ann");
        var member = MemberAt(0);
        await SignedInAsync(other, "ann", member);
        await LivesAsync(other, member.Id);

        await RevokeAsync(Store, "ann");

        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(other, member.Id));
        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(Store, member.Id));
    }

    [Fact]
    public async Task Of_all_the_sessions_of_a_user_the_spared_one_lives_however_often_it_is_spared()
    {
        var other = CreateStore(Lifetime, LongTimeout);
        var (spared, here, there, later) = (MemberAt(0), MemberAt(1), MemberAt(2), MemberAt(3));
        await SignedInAsync(other, "ann", spared);
        await SignedInAsync(Store, "ann", here);
        await SignedInAsync(other, "ann", there);

        await RevokeAsync(Store, "ann", spared.Id);
        await SignedInAsync(other, "ann", later);
        await RevokeAsync(Store, "ann", spared.Id);

        foreach (var store in new[] { Store, other })
        {
            await LivesAsync(store, spared.Id);
            Assert.All(
                await Task.WhenAll(new[] { here, there, later }.Select(member => EndReasonAsync(store, member.Id))),
                reason => Assert.Equal(SessionEndReason.Revoked, reason));
        }

        await RevokeAsync(Store, "ann");
        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(other, spared.Id));
    }

    [Fact]
    public async Task Sparing_a_session_that_is_revoked_does_not_bring_it_back()
    {
        var other = CreateStore(Lifetime, LongTimeout);
        var (revoked, unknown) = (MemberAt(0), MemberAt(1));
        await SignedInAsync(other, "ann", revoked);
        await RevokeAsync(Store, "ann");

        await RevokeAsync(Store, "ann", revoked.Id);
        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(other, revoked.Id));

        await RevokeAsync(Store, "ann", unknown.Id);
        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(other, revoked.Id));
        Assert.Null(await EndReasonAsync(other, unknown.Id));
    }

    [Fact]
    public async Task Sparing_the_session_of_another_user_spares_none_of_this_one()
    {
        var other = CreateStore(Lifetime, LongTimeout);
        var (anns, bobs) = (MemberAt(0), MemberAt(1));
        await SignedInAsync(other, "ann", anns);
        await SignedInAsync(other, "bob", bobs);

        await RevokeAsync(Store, "ann", bobs.Id);

        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(other, anns.Id));
        await LivesAsync(other, bobs.Id);
    }

    [Fact]
    public async Task Users_whose_ids_look_alike_are_not_revoked_for_one_another()
    {
        var members = LookAlikes.ToDictionary(user => user, _ => MemberAt(0), StringComparer.Ordinal);
        foreach (var (user, member) in members)
        {
            await SignedInAsync(Store, user, member);
        }

        string[] revoked = ["Ann", "ann ", "*", new('u', 1024)];
        foreach (var user in revoked)
        {
            await RevokeAsync(Store, user);
        }

        foreach (var (user, member) in members)
        {
            if (revoked.Contains(user, StringComparer.Ordinal))
            {
                Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(Store, member.Id));
            }
            else
            {
                await LivesAsync(Store, member.Id);
            }
        }
    }

    [Fact]
    public async Task A_session_that_is_somebody_elses_or_nobodys_by_now_is_not_revoked()
    {
        var (bobs, nobodys, anonymous) = (MemberAt(0), MemberAt(1), Guid.NewGuid());
        await SignedInAsync(Store, "ann", bobs);
        await SignedInAsync(Store, "ann", nobodys);
        await CommittedAsync(new SessionCommit { Id = bobs.Id, Now = Start.AddMinutes(1), Identity = SignIn("bob", Start.AddMinutes(1)) });
        await CommittedAsync(new SessionCommit
        {
            Id = nobodys.Id,
            Now = Start.AddMinutes(1),
            Identity = new SessionIdentity(null, null, null, null, MovesGeneration: true),
        });
        await CommittedAsync(new SessionCommit { Id = anonymous, Now = Start, Creates = true, Secret = Replace(NewHash(), null) });

        await RevokeAsync(Store, "ann");

        await LivesAsync(Store, bobs.Id, generation: 1);
        await LivesAsync(Store, nobodys.Id, generation: 1);
        await LivesAsync(Store, anonymous);
    }

    [Fact]
    public async Task What_had_ended_keeps_its_reason()
    {
        var member = MemberAt(0);
        await SignedInAsync(Store, "ann", member);
        await Store.EndAsync(member.Id, SessionEndReason.SignedOut, cancellationToken: Cancellation);
        await RevokeAsync(Store, "ann");
        Assert.Equal(SessionEndReason.SignedOut, await EndReasonAsync(Store, member.Id));
    }

    [Fact]
    public async Task Revoking_nobodys_sessions_is_no_fault()
    {
        await RevokeAsync(Store, "ann");
        await RevokeAsync(Store, "ann", Guid.NewGuid());
        Assert.Empty(await FindAsync("ann"));
    }

    [Fact]
    public async Task Of_sign_ins_that_race_a_revocation_each_is_before_it_and_revoked_or_after_it_and_lives_for_good()
    {
        var members = Enumerable.Range(0, Many).Select(i => MemberAt(i)).ToList();
        await TogetherAsync(async (store, i) =>
        {
            if (i == Many / 2)
            {
                await RevokeAsync(store, "ann");
                return;
            }

            await SignedInAsync(store, "ann", members[i]);
        });

        foreach (var member in members.Where((_, i) => i != Many / 2))
        {
            if (await EndReasonAsync(Store, member.Id) is { } reason)
            {
                Assert.Equal(SessionEndReason.Revoked, reason);
                Assert.Equal(SessionCommitOutcome.Gone, (await CommitAsync(new SessionCommit { Id = member.Id, Now = member.AdmittedAt, Values = Changes(("a", "1")) })).Outcome);
            }
            else
            {
                await LivesAsync(Store, member.Id, now: member.AdmittedAt);
            }
        }

        await RevokeAsync(Store, "ann");
        Assert.All(
            await Task.WhenAll(members.Where((_, i) => i != Many / 2).Select(member => EndReasonAsync(Store, member.Id))),
            reason => Assert.Equal(SessionEndReason.Revoked, reason));
    }

    /// <summary>As the directory does it: found first, then revoked unseen, then ended one by one.</summary>
    private static async Task RevokeAsync(ISessionRecords store, string userId, Guid? exceptId = null)
    {
        var members = await store.FindMembersAsync(userId, Cancellation);
        await store.RevokeUnlistedAsync(userId, exceptId, Cancellation);
        foreach (var member in members.Where(member => member.Id != exceptId))
        {
            await store.EndAsync(member.Id, SessionEndReason.Revoked, onlyOfUser: userId, Cancellation);
        }
    }

    private static async Task<SessionEndReason?> EndReasonAsync(ISessionRecords store, Guid id) =>
        (await store.LoadAsync(id, default, Cancellation)).EndReason;

    private static async Task LivesAsync(ISessionRecords store, Guid id, long generation = 0, DateTimeOffset? now = null)
    {
        var found = await store.LoadAsync(id, default, Cancellation);
        Assert.Equal((SessionLookupStatus.Found, null), (found.Status, found.EndReason));
        var commit = new SessionCommit { Id = id, Now = now ?? Start.AddMinutes(3), Generation = generation, Values = Changes(("alive", "1")) };
        Assert.Equal(SessionCommitOutcome.Committed, (await store.CommitAsync(commit, Cancellation)).Outcome);
    }
}
