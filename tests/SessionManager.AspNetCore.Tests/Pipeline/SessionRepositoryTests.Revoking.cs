using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// All sessions of a user at once.
public abstract partial class SessionRepositoryTests
{
    [Fact]
    public async Task The_sessions_of_a_user_are_found_revoked_by_every_node_whichever_made_them()
    {
        var other = NewNode();
        var (here, there) = (await SignedInAsync(Node, "ann"), await SignedInAsync(other, "ann", 1));

        Assert.Equal(2, await RevokeAsync("ann"));

        foreach (var node in (SessionNode[])[Node, other, NewNode()])
        {
            Assert.Equal(
                (SessionEndReason.Revoked, SessionEndReason.Revoked), (
                    await EndReasonAsync(node, here), await EndReasonAsync(node, there)));
        }
    }

    [Fact]
    public async Task No_commit_to_a_revoked_session_is_applied_by_any_node()
    {
        var other = NewNode();
        Guid[] ids = [await SignedInAsync(Node, "ann"), await SignedInAsync(other, "ann", 1)];

        await RevokeAsync("ann");

        foreach (var node in (SessionNode[])[other, Node])
        {
            foreach (var id in ids)
            {
                var now = Start.AddMinutes(2);
                SessionCommit[] commits =
                [
                    new() { Id = id, Now = now, Base = Base(id: id), Values = Changes(("a", "1")) },
                    new() { Id = id, Now = now, Base = Base(id: id), Identity = SignIn(
                        "ann", now, again: true), Secret = Replace(NewHash(), null) },
                    new() { Id = id, Now = now, Base = Base(id: id), Identity = SignIn(
                        "bob", now), DropsValues = true },
                    new() { Id = id, Now = now, Base = Base(id: id), Identity = SignOut() },
                ];
                foreach (var commit in commits)
                {
                    Assert.Equal(SessionCommitOutcome.Gone, (await CommitAsync(node, commit)).Outcome);
                }

                Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(node, id));
            }
        }
    }

    [Fact]
    public async Task A_session_that_signed_in_after_it_began_is_revoked_too()
    {
        await CreateAsync(("cart", "7"));
        await CommittedAsync(SignInOf("ann", Start.AddMinutes(2)));

        await NewNode().Directory.RevokeUserAsync("ann", cancellationToken: Cancellation);

        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(Node, _id));
        Assert.Equal(SessionCommitOutcome.Gone, (await CommitAsync(ChangeUnder(1, ("a", "1")))).Outcome);
    }

    [Fact]
    public async Task A_sign_in_after_the_revocation_lives()
    {
        var other = NewNode();
        await SignedInAsync(other, "ann");
        await CreateAsync(("cart", "7"));
        await RevokeAsync("ann");

        var begun = await SignedInAsync(other, "ann", 1);
        await CommittedAsync(SignInOf("ann", Start.AddMinutes(2)));

        // A new secret is no new sign-in.
        await CommittedAsync(
            new SessionCommit
            {
                Id = begun,
                Now = Start.AddMinutes(2),
                Base = Base(id: begun),
                Secret = Replace(
                NewHash(), null)
            });

        foreach (var node in (SessionNode[])[Node, other, NewNode()])
        {
            await LivesAsync(node, begun);
            await LivesAsync(node, _id, generation: 1);
        }
    }

    [Fact]
    public async Task Revoking_again_revokes_those_that_have_signed_in_since()
    {
        var other = NewNode();
        await RevokeAsync("ann");
        var id = await SignedInAsync(other, "ann");
        await LivesAsync(other, id);

        await RevokeAsync("ann");

        Assert.Equal(
            (SessionEndReason.Revoked, SessionEndReason.Revoked), (
                await EndReasonAsync(other, id), await EndReasonAsync(Node, id)));
    }

    [Fact]
    public async Task The_spared_session_lives_however_often_it_is_spared()
    {
        var other = NewNode();
        var spared = await SignedInAsync(other, "ann");
        Guid[] others = [await SignedInAsync(Node, "ann", 1), await SignedInAsync(other, "ann", 2)];

        await RevokeAsync("ann", spared);
        others = [.. others, await SignedInAsync(other, "ann", 3)];
        await RevokeAsync("ann", spared);

        foreach (var node in (SessionNode[])[Node, other])
        {
            await LivesAsync(node, spared);
            Assert.All(
                await Task.WhenAll(others.Select(id => EndReasonAsync(node, id))), reason =>
                    Assert.Equal(SessionEndReason.Revoked, reason));
        }

        await RevokeAsync("ann");
        Assert.Equal(SessionEndReason.Revoked, await EndReasonAsync(other, spared));
    }

    [Fact]
    public async Task Sparing_a_session_that_is_revoked_or_unknown_or_of_another_user_spares_none()
    {
        var other = NewNode();
        var (revoked, bobs) = (await SignedInAsync(other, "ann"), await SignedInAsync(other, "bob"));
        await RevokeAsync("ann");

        foreach (var spared in (Guid[])[revoked, Guid.NewGuid(), bobs])
        {
            var living = await SignedInAsync(other, "ann", 1);
            await RevokeAsync("ann", spared);
            Assert.Equal(
                (SessionEndReason.Revoked, SessionEndReason.Revoked), (
                    await EndReasonAsync(other, revoked), await EndReasonAsync(other, living)));
        }

        await LivesAsync(other, bobs);
    }

    [Fact]
    public async Task A_session_that_is_somebody_elses_or_nobodys_by_now_is_not_revoked()
    {
        var (bobs, nobodys, anonymous) = (
            await SignedInAsync(Node, "ann"), await SignedInAsync(Node, "ann"), Guid.NewGuid());
        await CommittedAsync(
            new SessionCommit { Id = bobs, Now = Start, Base = Base(id: bobs), Identity = SignIn("bob", Start) });
        await CommittedAsync(
            new SessionCommit { Id = nobodys, Now = Start, Base = Base(id: nobodys), Identity = SignOut() });
        await CommittedAsync(CreationOf(anonymous, Start));

        Assert.Equal(0, await RevokeAsync("ann"));

        await LivesAsync(Node, bobs, generation: 1);
        await LivesAsync(Node, nobodys, generation: 1);
        await LivesAsync(Node, anonymous);
    }

    [Fact]
    public async Task What_had_ended_keeps_its_reason()
    {
        var id = await SignedInAsync(Node, "ann");
        await Node.EndAsync(id, SessionEndReason.SignedOut);
        Assert.Equal(0, await RevokeAsync("ann"));
        Assert.Equal(SessionEndReason.SignedOut, await EndReasonAsync(Node, id));
    }

    [Fact]
    public async Task Revoking_nobodys_sessions_is_no_fault()
    {
        Assert.Equal(0, await RevokeAsync("ann"));
        Assert.Equal(0, await RevokeAsync("ann", Guid.NewGuid()));
        Assert.Empty(await Node.FindAsync("ann"));
    }

    [Fact]
    public async Task A_sign_in_that_races_a_revocation_is_before_it_and_revoked_or_after_it_and_lives_for_good()
    {
        var ids = Enumerable.Range(0, Many).Select(_ => Guid.NewGuid()).ToList();
        await TogetherAsync(async (node, i) =>
        {
            if (i == Many / 2)
            {
                return await node.Directory.RevokeUserAsync("ann", cancellationToken: Cancellation);
            }

            await CommittedAsync(node, CreationOf(ids[i], Start, "ann"));
            return 0;
        });
        ids.RemoveAt(Many / 2);

        foreach (var id in ids)
        {
            if (await EndReasonAsync(Node, id) is { } reason)
            {
                Assert.Equal(SessionEndReason.Revoked, reason);
                var late = new SessionCommit
                {
                    Id = id,
                    Now = Start,
                    Base = Base(id: id),
                    Values = Changes(
                    ("a", "1"))
                };
                Assert.Equal(SessionCommitOutcome.Gone, (await CommitAsync(late)).Outcome);
            }
            else
            {
                await LivesAsync(Node, id);
            }
        }

        await RevokeAsync("ann");
        Assert.All(
            await Task.WhenAll(ids.Select(id => EndReasonAsync(Node, id))), reason =>
                Assert.Equal(SessionEndReason.Revoked, reason));
    }

    private Task<int> RevokeAsync(string userId, Guid? spared = null) =>
        Node.Directory.RevokeUserAsync(userId, spared?.ToString(), Cancellation);

    private static async Task<SessionEndReason?> EndReasonAsync(SessionNode node, Guid id) =>
        (await node.LoadAsync(id)).EndReason;

    private async Task LivesAsync(SessionNode node, Guid id, long generation = 0)
    {
        var found = await node.LoadAsync(id);
        Assert.Equal((SessionLookupStatus.Found, null), (found.Status, found.EndReason));
        Assert.Equal(generation, found.Record!.Generation);
        var commit = new SessionCommit
        {
            Id = id,
            Now = Start.AddMinutes(3),
            Base = found.Record,
            Values = Changes(
            ("alive", "1"))
        };
        await CommittedAsync(node, commit);
    }
}
