using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// Under which user a session is found.
public abstract partial class SessionRepositoryTests
{
    /// <summary>Users that a pattern, a prefix, a hash tag, a culture, or a key that is cut off would take for one
    /// another.</summary>
    private static readonly string[] LookAlikes =
    [
        "ann", "Ann", "ANN", "ann ", " ann", "ann\0", "ann\r\n", "ann:b", "a:b", "a", "a:", ":", "*", "a*", "?nn", "[a]nn",
        "{tag}", "{ann}", "user:ann", "0", "00", "é", "e\u0301", "а", "ı", "I", "i", "ss", "ß", "😀", "%61nn", "a\\",
        new('u', 1024), new string('u', 1023) + "v", new('u', 1025),
    ];

    [Fact]
    public async Task A_user_without_sessions_has_none() => Assert.Empty(await Node.FindAsync("ann"));

    [Fact]
    public async Task The_sessions_of_a_user_are_found_those_that_started_first_in_front()
    {
        int[] minutes = [3, 0, 2, 4, 1];
        var ids = await Task.WhenAll(minutes.Select(minute => SignedInAsync(Node, "ann", minute)));

        Assert.Equal(
            ids.Zip(minutes).OrderBy(pair => pair.Second).Select(pair => pair.First), await FoundAsync(Node, "ann"));
    }

    [Fact]
    public async Task A_session_is_found_from_its_sign_in_on_and_after_a_sign_out_still()
    {
        await CreateAsync(("cart", "7"));
        Assert.Empty(await Node.FindAsync("ann"));
        await CommittedAsync(SignInOf("ann", Start.AddMinutes(2)));
        Assert.Equal([_id], await FoundAsync(Node, "ann"));

        await CommittedAsync(
            new SessionCommit { Id = _id, Now = Start.AddMinutes(3), Base = Base(1), Identity = SignOut() });
        Assert.Equal([_id], await FoundAsync(Node, "ann"));
    }

    [Fact]
    public async Task A_session_of_another_user_by_now_is_found_under_that_one()
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        await CommittedAsync(
            new SessionCommit
            {
                Id = _id,
                Now = Start,
                Base = Base(),
                Identity = SignIn(
                "bob", Start),
                DropsValues = true
            });

        Assert.Equal([_id], await FoundAsync(Node, "bob"));
        Assert.DoesNotContain(await Node.FindAsync("ann"), found => found.Record?.OwnerId == "ann");
    }

    [Fact]
    public async Task Every_node_finds_the_sessions_that_another_one_has_made()
    {
        var other = NewNode();
        var (here, there) = (await SignedInAsync(Node, "ann", 0), await SignedInAsync(other, "ann", 1));

        foreach (var node in (SessionNode[])[Node, other, NewNode()])
        {
            Assert.Equal([here, there], await FoundAsync(node, "ann"));
        }
    }

    [Fact]
    public async Task A_claimed_session_is_found_under_the_user_who_claims_it()
    {
        await CommittedAsync(Creation(SignIn("ann", Start)));
        var claim = new SignInClaim("eve", Guid.NewGuid());
        await CommittedAsync(
            new SessionCommit { Id = _id, Now = Start, Base = Base(), Touches = false, Claim = claim });

        var found = Assert.Single(await Node.FindAsync("eve"));
        Assert.Equal(claim, found.Record!.Claim);
        Assert.False(SessionUsers.TakesPlaceOf(found.Record, "eve"));

        await CommittedAsync(
            new SessionCommit
            {
                Id = _id,
                Now = Start,
                Base = Base(),
                Claim = claim with { UserId = "" },
                ExpectedClaim = claim
            });
        Assert.Equal([_id], await FoundAsync(Node, "ann"));
        Assert.DoesNotContain(
            await Node.FindAsync("eve"), each => each.Record is { Claim: not null } || each.Record?.UserId == "eve");
    }

    [Fact]
    public async Task A_sign_in_that_has_claimed_the_session_is_saved_only_while_its_own_claim_is_there()
    {
        await CreateAsync(("cart", "7"));
        var (mine, others) = (new SignInClaim("ann", Guid.NewGuid()), new SignInClaim("ann", Guid.NewGuid()));
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, Base = Base(), Claim = mine });
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, Base = Base(), Claim = others });
        await RefusedAsync(SessionCommitOutcome.Moved, SignInAfter(mine));

        await CommittedAsync(SignInAfter(others));

        var record = await LoadAsync();
        Assert.Equal(("ann", null, 1), (record.UserId, record.Claim, record.Generation));
        await RefusedAsync(SessionCommitOutcome.Moved, SignInAfter(others));

        SessionCommit SignInAfter(SignInClaim claim) =>
            new() { Id = _id, Now = Start, Base = Base(), Identity = SignIn("ann", Start), ExpectedClaim = claim };
    }

    [Fact]
    public async Task A_claim_leaves_the_session_as_it_was()
    {
        await CreateAsync(("cart", "7"));
        var before = await DescribeAsync();
        var claim = new SignInClaim("ann", Guid.NewGuid());
        await CommittedAsync(
            new SessionCommit { Id = _id, Now = Start.AddMinutes(9), Base = Base(), Touches = false, Claim = claim });

        Assert.Equal(before, (await DescribeAsync()).Replace($" {claim}", " ", StringComparison.Ordinal));
        Assert.True((await LoadAsync()).Accepts(_secret, Start));
    }

    [Fact]
    public async Task A_session_in_which_support_acts_as_a_customer_is_found_under_both()
    {
        await CommittedAsync(Creation(SignIn("support", Start)));
        var acting = SignIn(
            "ann", Start) with
        { OwnerId = "ann", Principal = new ActorFrame("support", default, default, []).Write() };
        await Node.Pointers.WriteAsync("ann", Base(), Start, Cancellation);
        Assert.Empty(await Node.FindAsync("ann"));
        await CommittedAsync(new SessionCommit { Id = _id, Now = Start, Base = Base(), Identity = acting });

        foreach (var node in (SessionNode[])[Node, NewNode()])
        {
            Assert.Equal([_id], await FoundAsync(node, "ann"));
            Assert.Equal([_id], await FoundAsync(node, "support"));
            Assert.Equal([_id], (await node.ListAsync()).Select(record => record.Id));
        }

        await Node.Pointers.WriteAsync("ann", Base(), Start.AddMinutes(1), Cancellation);
        Assert.Equal([_id], await FoundAsync(Node, "ann"));
        await CommittedAsync(
            new SessionCommit { Id = _id, Now = Start, Base = Base(1), Identity = SignIn("support", Start) });
        Assert.Empty(await Node.FindAsync("ann"));
    }

    [Fact]
    public async Task A_pointer_is_no_session()
    {
        await CommittedAsync(Creation(SignIn("support", Start)));
        await Node.Pointers.WriteAsync("ann", Base(), Start, Cancellation);
        var pointer = SessionUsers.PointerTo(_id);

        Assert.Equal((SessionLookupStatus.Pointer, null), await StatusAsync(id: pointer));
        Assert.False(await Node.EndAsync(pointer, SessionEndReason.Revoked));
        Assert.Equal(SessionCommitOutcome.Gone, (await CommitAsync(CreationOf(pointer, Start))).Outcome);
        Assert.Equal([_id], (await Node.ListAsync()).Select(record => record.Id));
    }

    [Fact]
    public async Task Users_whose_ids_look_alike_are_different_users()
    {
        var ids = new Dictionary<string, Guid>(StringComparer.Ordinal);
        foreach (var user in LookAlikes)
        {
            ids[user] = await SignedInAsync(Node, user);
        }

        foreach (var (user, id) in ids)
        {
            Assert.Equal([id], await FoundAsync(Node, user));
        }

        string[] revoked = ["Ann", "ann ", "*", new('u', 1024)];
        foreach (var user in revoked)
        {
            Assert.Equal(1, await Node.Directory.RevokeUserAsync(user, cancellationToken: Cancellation));
        }

        foreach (var (user, id) in ids)
        {
            Assert.Equal(
                revoked.Contains(user, StringComparer.Ordinal) ? SessionEndReason.Revoked
                    : null, await EndReasonAsync(Node, id));
        }
    }

    private static async Task<List<Guid>> FoundAsync(SessionNode node, string userId) =>
        [.. (await node.FindAsync(userId)).Select(found => found.Record).OfType<SessionRecord>()
            .Select(record => record.Id)];

    /// <summary>Begins a session with a sign-in, so many minutes after the start.</summary>
    private async Task<Guid> SignedInAsync(SessionNode node, string userId, int minutes = 0)
    {
        var id = Guid.NewGuid();
        await CommittedAsync(node, CreationOf(id, Start.AddMinutes(minutes), userId));
        return id;
    }
}
