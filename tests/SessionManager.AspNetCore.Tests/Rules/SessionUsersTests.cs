using CsCheck;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Tests.Rules;

/// <summary>Under which user a session is found, and whose place it takes.</summary>
public sealed class SessionUsersTests
{
    private static readonly SignInClaim Claim = new("claimer", Guid.NewGuid());

    [Fact]
    public void A_session_is_found_under_who_claims_it_acts_in_it_or_owns_it_in_this_order()
    {
        Assert.Null(SessionUsers.IndexOf(SampleRecords.Anonymous()));
        Assert.Equal("ann", SessionUsers.IndexOf(SampleRecords.Of("ann")));
        Assert.Equal("ann", SessionUsers.IndexOf(SampleRecords.Of("ann") with { UserId = null }));
        Assert.Equal("support", SessionUsers.IndexOf(SampleRecords.ActingAs("ann", "support")));
        Assert.Equal("claimer", SessionUsers.IndexOf(SampleRecords.Anonymous() with { Claim = Claim }));
        Assert.Equal("claimer", SessionUsers.IndexOf(SampleRecords.Of("ann") with { Claim = Claim }));
        Assert.Equal("claimer", SessionUsers.IndexOf(SampleRecords.ActingAs("ann", "support") with { Claim = Claim }));
    }

    [Theory]
    [InlineData("ann", true, false, false)]
    [InlineData("support", false, true, true)]
    [InlineData("Ann", false, false, false)]
    [InlineData("claimer", false, false, false)]
    public void A_session_is_one_of_who_is_signed_in_and_of_who_acts_and_takes_the_place_of_one(
        string user, bool isOfCustomer, bool isOfActor, bool takesActorsPlace)
    {
        var acting = SampleRecords.ActingAs("ann", "support") with { Claim = Claim };

        Assert.Equal(isOfCustomer || isOfActor, SessionUsers.AreOf(acting, user));
        Assert.Equal(takesActorsPlace, SessionUsers.TakesPlaceOf(acting, user));
        Assert.Equal(isOfCustomer, SessionUsers.AreOf(SampleRecords.Of("ann"), user));
        Assert.Equal(isOfCustomer, SessionUsers.TakesPlaceOf(SampleRecords.Of("ann"), user));
    }

    [Fact]
    public void A_session_that_its_user_has_signed_out_of_is_found_under_the_user_and_takes_no_place()
    {
        var signedOut = SampleRecords.Of("ann") with { UserId = null };

        Assert.Equal(
            (false, false), (SessionUsers.AreOf(signedOut, "ann"), SessionUsers.TakesPlaceOf(signedOut, "ann")));
    }

    [Fact]
    public void A_pointer_has_an_id_of_its_own_that_leads_back_to_the_session() => Gen.Guid.Sample(id =>
    {
        var pointer = SessionUsers.PointerTo(id);

        Assert.NotEqual(id, pointer);
        Assert.Equal(id, SessionUsers.PointerTo(pointer));
    });
}
