using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Pipeline;

// The sessions that a provider vouched for.
public abstract partial class SessionRepositoryTests
{
    private const string Issuer = "https://op.example";

    [Fact]
    public async Task The_sessions_of_a_provider_are_ended_by_every_node_whichever_made_them()
    {
        var other = NewNode();
        var (here, there) = (await VouchedForAsync(Node, "s1", "u1"), await VouchedForAsync(other, "s2", "u1"));
        var stranger = await VouchedForAsync(other, "s3", "u2");

        Assert.Equal(1, await NewNode().Directory.RevokeByProviderAsync(Issuer, sid: "s1", cancellationToken: Cancellation));
        Assert.Equal(1, await NewNode().Directory.RevokeByProviderAsync(Issuer, subject: "u1", cancellationToken: Cancellation));

        foreach (var node in (SessionNode[])[Node, other, NewNode()])
        {
            Assert.Equal(
                (SessionEndReason.Revoked, SessionEndReason.Revoked, null),
                (await EndReasonAsync(node, here), await EndReasonAsync(node, there), await EndReasonAsync(node, stranger)));
        }
    }

    [Fact]
    public async Task Hundreds_of_sessions_of_a_provider_are_ended_in_one_call()
    {
        for (var i = 0; i < 130; i++)
        {
            await VouchedForAsync(Node, $"s{i}", "u1");
        }

        Assert.Equal(130, await NewNode().Directory.RevokeByProviderAsync(Issuer, subject: "u1", cancellationToken: Cancellation));
        Assert.Equal(0, await Node.Directory.RevokeByProviderAsync(Issuer, subject: "u1", cancellationToken: Cancellation));
    }

    [Fact]
    public async Task A_record_of_a_newer_version_that_a_provider_finds_is_ended()
    {
        Assert.SkipWhen(MakeRecordNewer is null, "This medium has no newer version.");
        var (id, other) = (await VouchedForAsync(Node, "s1", "u1"), await VouchedForAsync(Node, "s2", "u2"));
        await MakeRecordNewer!(id);
        await MakeRecordNewer(other);

        Assert.Equal(1, await Node.Directory.RevokeByProviderAsync(Issuer, sid: "s1", cancellationToken: Cancellation));
        Assert.Equal((SessionLookupStatus.Ended, SessionEndReason.Revoked), await StatusAsync(id: id));
        Assert.Equal(SessionLookupStatus.Newer, (await StatusAsync(id: other)).Status);
    }

    [Fact]
    public async Task The_pointer_of_a_provider_is_no_session_and_written_again_by_the_next_sign_in()
    {
        var id = await VouchedForAsync(Node, "s1", "u1");
        var now = Start.AddMinutes(1);
        await SavedAsync(Node, new SessionCommit { Id = id, Now = now, Base = Base(id: id), Identity = VouchedFor("s1", "u1", now) });

        var index = ProviderPointers.IndexesOf(new ProviderSession(Issuer, "s1", "u1")).First();
        Assert.Equal((SessionLookupStatus.Pointer, null), await StatusAsync(id: ProviderPointers.PointerTo(id, index)));
        Assert.Empty(await Node.FindAsync(index));
        Assert.Equal([id], (await Node.ListAsync()).Select(record => record.Id));
    }

    [Fact]
    public async Task A_pointer_that_a_later_sign_in_has_left_behind_finds_nothing()
    {
        var (id, now) = (await VouchedForAsync(Node, "s1", "u1"), Start.AddMinutes(1));
        await SavedAsync(Node, new SessionCommit { Id = id, Now = now, Base = Base(id: id), Identity = VouchedFor("s2", "u1", now) });

        Assert.Empty(await Node.Finder.FindByProviderAsync(new ProviderSession(Issuer, "s1", "u1"), Cancellation));
        Assert.Single(await Node.Finder.FindByProviderAsync(new ProviderSession(Issuer, "s2", "u1"), Cancellation));
    }

    [Fact]
    public async Task A_damaged_pointer_finds_nothing_and_hides_nothing()
    {
        Assert.SkipWhen(DamageRecord is null, "No test gets behind this store.");
        var (damaged, other) = (await VouchedForAsync(Node, "s1", "u1"), await VouchedForAsync(Node, "s2", "u1"));
        var index = ProviderPointers.IndexesOf(new ProviderSession(Issuer, SessionId: null, "u1")).Single();
        await DamageRecord!(ProviderPointers.PointerTo(damaged, index));

        Assert.Equal(1, await NewNode().Directory.RevokeByProviderAsync(Issuer, subject: "u1", cancellationToken: Cancellation));
        Assert.Equal((null, SessionEndReason.Revoked), (await EndReasonAsync(Node, damaged), await EndReasonAsync(Node, other)));
    }

    private static SessionIdentity VouchedFor(string sid, string subject, DateTimeOffset now) =>
        SignIn("ann", now) with { Terms = new SignInTerms { Provider = new ProviderSession(Issuer, sid, subject) } };

    private static async Task<Guid> VouchedForAsync(SessionNode node, string sid, string subject)
    {
        var id = Guid.NewGuid();
        await SavedAsync(node, new SessionCommit
        {
            Id = id,
            Now = Start,
            Identity = VouchedFor(sid, subject, Start),
            Secret = Replace(NewHash(), null, required: true),
        });
        return id;
    }

    private static async Task SavedAsync(SessionNode node, SessionCommit commit) => Assert.Equal(
        SessionCommitOutcome.Committed, (await node.Pointers.CommitAsync(commit, Cancellation)).Outcome);
}
