using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// All that a user left: the sessions that belong or last belonged to the user, signed in or not.
public abstract partial class SessionRepositoryTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_is_ended_for_its_owner_whether_signed_in_or_not(bool signedOut)
    {
        var id = await (signedOut ? SignedOutAsync(Node, "ann") : SignedInAsync(Node, "ann"));

        Assert.False(await Node.EndOwnedAsync(id, "bob"));
        Assert.Null(await EndReasonAsync(Node, id));

        Assert.True(await Node.EndOwnedAsync(id, "ann"));
        Assert.False(await Node.EndOwnedAsync(id, "ann"));
        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Revoked), await StatusAsync(id: id));
        var late = new SessionCommit
        {
            Id = id,
            Now = Start,
            Base = Base(signedOut ? 1 : 0, id),
            Values = Changes(
            ("late", "1"))
        };
        Assert.Equal(SessionCommitOutcome.Gone, (await CommitAsync(late)).Outcome);
    }

    [Fact]
    public async Task A_session_that_belongs_to_somebody_else_by_now_is_not_ended_for_its_former_owner()
    {
        var id = await SignedInAsync(Node, "ann");
        await CommittedAsync(
            new SessionCommit
            {
                Id = id,
                Now = Start,
                Base = Base(id: id),
                Identity = SignIn(
                "bob", Start),
                DropsValues = true
            });

        Assert.False(await Node.EndOwnedAsync(id, "ann"));

        await LivesAsync(Node, id, generation: 1);
        Assert.Equal([id], await FoundAsync(Node, "bob"));
    }

    [Fact]
    public async Task What_is_nobodys_or_not_there_is_not_ended_for_an_owner()
    {
        await CreateAsync(("a", "1"));

        Assert.False(await Node.EndOwnedAsync(_id, "ann"));
        Assert.False(await Node.EndOwnedAsync(Guid.NewGuid(), "ann"));

        await HoldsAsync("a=1");
    }

    [Fact]
    public async Task A_user_is_erased_for_every_node_whichever_made_the_sessions()
    {
        var other = NewNode();
        Guid[] ids =
        [
            await SignedInAsync(Node, "ann"),
            await SignedInAsync(other, "ann"),
            await SignedOutAsync(Node, "ann"),
            await SignedOutAsync(other, "ann"),
        ];

        Assert.Equal(4, await EraseAsync("ann"));

        for (var i = 0; i < ids.Length; i++)
        {
            foreach (var node in (SessionNode[])[other, Node, NewNode()])
            {
                var (now, loaded) = (Start.AddMinutes(4), Base(i / 2, ids[i]));
                Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(node, ids[i]));
                SessionCommit[] commits =
                [
                    new() { Id = ids[i], Now = now, Base = loaded, Values = Changes(("late", "1")) },
                    new() { Id = ids[i], Now = now, Base = loaded, Identity = SignIn("ann", now), Secret = Replace(
                        NewHash(), null) },
                ];
                foreach (var commit in commits)
                {
                    Assert.Equal(SessionCommitOutcome.Gone, (await CommitAsync(node, commit)).Outcome);
                }
            }
        }
    }

    [Fact]
    public async Task An_expired_session_is_erased_with_the_others()
    {
        var id = await SignedOutAsync(Node, "ann");
        _clock.Advance(Lifetime.IdleTimeout + TimeSpan.FromMinutes(1));

        Assert.Equal(1, await EraseAsync("ann"));

        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Expired), await StatusAsync(id: id));
    }

    [Theory]
    [MemberData(nameof(Parts))]
    public async Task What_can_not_be_read_is_erased_with_the_others(string part)
    {
        var (damaged, newer) = (await SignedOutAsync(Node, "ann"), await SignedInAsync(Node, "ann"));
        await DamageAsync(damaged, part);
        await MakeNewerAsync(newer, part);

        await EraseAsync("ann");

        foreach (var id in (Guid[])[damaged, newer])
        {
            Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Revoked), await StatusAsync(id: id));
        }
    }

    [Fact]
    public async Task Owners_whose_ids_look_alike_are_not_erased_for_one_another()
    {
        var ids = new Dictionary<string, Guid>(StringComparer.Ordinal);
        foreach (var user in LookAlikes)
        {
            ids[user] = await SignedOutAsync(Node, user);
        }

        Assert.Equal(1, await EraseAsync("Ann"));

        foreach (var (user, id) in ids)
        {
            Assert.Equal(user == "Ann" ? SessionEndReason.Revoked : null, await EndReasonAsync(Node, id));
            Assert.False(await Node.EndOwnedAsync(id, user + "x"));
        }
    }

    [Fact]
    public async Task What_the_user_begins_after_the_erasure_lives()
    {
        var other = NewNode();
        await SignedOutAsync(other, "ann");
        await EraseAsync("ann");

        var (signedIn, signedOut) = (await SignedInAsync(other, "ann"), await SignedOutAsync(other, "ann"));
        await LivesAsync(Node, signedIn);
        await LivesAsync(Node, signedOut, generation: 1);

        await EraseAsync("ann");
        Assert.Equal(
            (SessionEndReason.Revoked, SessionEndReason.Revoked), (
                await EndReasonAsync(other, signedIn), await EndReasonAsync(other, signedOut)));
    }

    [Fact]
    public async Task A_revocation_leaves_alone_what_the_user_has_signed_out_of_however_often_and_an_erasure_after_it_does_not()
    {
        var other = NewNode();
        var first = await SignedOutAsync(other, "ann");
        await RevokeAsync("ann");
        var second = await SignedOutAsync(other, "ann");
        await RevokeAsync("ann");

        await LivesAsync(other, first, generation: 1);
        await LivesAsync(Node, second, generation: 1);

        await EraseAsync("ann");
        await RevokeAsync("ann");
        Assert.Equal(
            (SessionEndReason.Revoked, SessionEndReason.Revoked), (
                await EndReasonAsync(other, first), await EndReasonAsync(Node, second)));
    }

    private Task<int> EraseAsync(string userId) => Node.Directory.EraseUserAsync(userId, Cancellation);

    /// <summary>Begins a session with a sign-in and signs out again, with its values kept.</summary>
    private async Task<Guid> SignedOutAsync(SessionNode node, string userId)
    {
        var id = await SignedInAsync(node, userId);
        await CommittedAsync(
            node, new SessionCommit
            {
                Id = id,
                Now = Start,
                Base = Base(
                id: id),
                Identity = SignOut(),
                Values = Changes(("kept", "1"))
            });
        return id;
    }
}
