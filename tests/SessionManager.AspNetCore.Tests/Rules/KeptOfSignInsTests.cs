using System.Text;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>What a record keeps of a sign-in beside the user's id, and of a user who acts as another one.</summary>
public sealed class KeptOfSignInsTests
{
    private static readonly ActorFrame Support = new(
        "support",
        new Guid("00112233-4455-6677-8899-aabbccddeeff"),
        new SignInDetails("Admin", "ticket"u8.ToArray()).Write(),
        [KeyValuePair.Create("größe", SessionValue.Of(SessionValueKind.Text, "schön"u8)), KeyValuePair.Create(
            "", SessionValue.Of(SessionValueKind.Raw, []))]);

    [Theory]
    [InlineData(null, "")]
    [InlineData(null, "ticket")]
    [InlineData("Admin", "")]
    [InlineData("Größe", "ticket")]
    [InlineData("", "ticket")]
    public void A_sign_in_reads_back_as_it_was_kept(string? scheme, string ticket)
    {
        var kept = new SignInDetails(scheme, Encoding.UTF8.GetBytes(ticket)).Write();
        var read = SignInDetails.Read(kept)!;

        Assert.Equal((scheme, ticket), (read.Scheme, Encoding.UTF8.GetString(read.Ticket.Span)));
        Assert.Equal(scheme is null && ticket.Length == 0, kept.Length == 0);
        Assert.False(ActorFrame.Is(kept));
    }

    [Fact]
    public void No_damaged_sign_in_throws_or_is_believed()
    {
        var whole = new SignInDetails("Admin", "ticket"u8.ToArray()).Write();
        Fuzz.Try(Fuzz.Damaged(whole), bytes =>
            Assert.Equal(bytes.Length == 0 || bytes.SequenceEqual(whole), SignInDetails.Read(bytes) is not null));
    }

    [Fact]
    public void An_actor_reads_back_as_it_was_kept()
    {
        var kept = Support.Write();
        var read = ActorFrame.Read(kept)!;

        Assert.True(ActorFrame.Is(kept));
        Assert.Equal((Support.UserId, Support.Epoch), (read.UserId, read.Epoch));
        Assert.Equal(Support.Principal.ToArray(), read.Principal.ToArray());
        Assert.Equal(Support.Values, read.Values);
        Assert.Equal("Admin", SignInDetails.Read(kept)!.Scheme);
    }

    [Fact]
    public void No_damaged_actor_throws_or_is_believed_or_costs_memory()
    {
        var whole = Support.Write();
        Fuzz.Try(Fuzz.Damaged(whole), bytes =>
        {
            ActorFrame? read = null;
            var allocated = Fuzz.Allocated(() => read = ActorFrame.Read(bytes));

            Assert.Equal(bytes.SequenceEqual(whole), read is not null);
            Assert.InRange(allocated, 0, 5_000 + (10 * bytes.Length));
        });
    }

    [Fact]
    public void A_session_whose_actor_cannot_be_read_is_still_one_in_which_somebody_acts()
    {
        var kept = Support.Write();
        kept[^1] ^= 1;
        var record = SampleRecords.Of("ann") with { Principal = kept };

        Assert.Equal((true, null, null), (record.IsActing, record.Actor, record.ActorId));
        Assert.Null(SignInDetails.Read(kept));
    }
}
