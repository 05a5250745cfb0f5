using CsCheck;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>How the sessions of a provider are found, and which of them the provider means.</summary>
public sealed class ProviderPointersTests
{
    private static readonly ProviderSession Session = new("https://op.example", "s1", "u1");

    [Fact]
    public void Each_name_has_a_text_of_its_own_that_shows_nothing_of_it()
    {
        ProviderSession[] sessions =
        [
            Session,
            new("https://op.example", "u1", "s1"),
            new("https://op.examples", "1", "1"),
            new("https://op.example", "s", "1"),
            new("https://op.example", "S1", "U1"),
        ];
        var texts = sessions.SelectMany(ProviderPointers.IndexesOf).ToList();

        Assert.Equal(10, texts.Distinct(StringComparer.Ordinal).Count());
        Assert.All(texts, text => Assert.Matches("^\0(sid|sub):[0-9a-f]{64}$", text));
    }

    [Fact]
    public void What_is_not_known_has_no_text()
    {
        Assert.Single(ProviderPointers.IndexesOf(Session with { Subject = null }), text => text.StartsWith("\0sid", StringComparison.Ordinal));
        Assert.Single(ProviderPointers.IndexesOf(Session with { SessionId = null }), text => text.StartsWith("\0sub", StringComparison.Ordinal));
    }

    [Fact]
    public void Each_pointer_has_an_id_of_its_own() => Gen.Guid.Sample(id =>
    {
        Guid[] ids = [id, SessionUsers.PointerTo(id), .. ProviderPointers.IndexesOf(Session).Select(index => ProviderPointers.PointerTo(id, index))];

        Assert.Equal(4, ids.Distinct().Count());
    });

    [Theory]
    [InlineData("s1", "u1", true)]
    [InlineData("s1", null, true)]
    [InlineData(null, "u1", true)]
    [InlineData("s2", "u1", false)]
    [InlineData("s1", "u2", false)]
    [InlineData("u1", null, false)]
    public void A_provider_means_the_sessions_that_have_all_it_names(string? sid, string? subject, bool names)
    {
        var asked = new ProviderSession(Session.Issuer, sid, subject);

        Assert.Equal(names, asked.Names(Session));
        Assert.False((asked with { Issuer = "https://other.example" }).Names(Session));
        Assert.False(asked.Names(session: null));
        Assert.Equal(sid == "s1", asked.Names(Session with { Subject = null }));
    }

    [Fact]
    public void A_provider_is_part_of_the_terms_and_nothing_is_nothing()
    {
        Assert.Null(SignInTerms.Of(terms: null, provider: null));
        Assert.Equal(Session, SignInTerms.Of(terms: null, Session)?.Provider);
        Assert.Equal(
            (true, Session), SignInTerms.Of(new SignInTerms { IsPersistent = true }, Session) is { } terms ? (terms.IsPersistent, terms.Provider) : default);
    }
}
