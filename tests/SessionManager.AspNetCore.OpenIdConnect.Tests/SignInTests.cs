using System.Text;
using SessionManager.AspNetCore.OpenIdConnect.Tests.Infrastructure;

namespace SessionManager.AspNetCore.OpenIdConnect.Tests;

/// <summary>A sign-in through OpenID Connect into the session: authorization code with PKCE, the tokens in the
/// session.</summary>
public sealed class SignInTests
{
    public static TheoryData<string, bool> Modes => new()
    {
        { "form_post", true }, { "form_post", false }, { "query", true }, { "query", false },
    };

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task A_user_signs_in_by_code_and_the_provider_ends_the_session_by_its_own_names(string mode, bool mapsClaims)
    {
        using var provider = new OpenIdProvider();
        await using var shop = await StartAsync(provider, mode, mapsClaims);

        var bySession = await shop.SignInAsync(provider, "u1", "s1");
        var byUser = await shop.SignInAsync(provider, "u2", "s2");

        Assert.Equal(("u1", "secret"), (await bySession.ReadAsync("/me"), await bySession.ReadAsync("/protected")));
        Assert.Equal(1, await shop.Directory.RevokeByProviderAsync(provider.Issuer, "s1", "u1"));
        Assert.Equal(1, await shop.Directory.RevokeByProviderAsync(provider.Issuer, subject: "u2"));
        Assert.Equal(("nobody", "Revoked"), (await bySession.ReadAsync("/me"), await byUser.ReadAsync("/end")));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public async Task Tokens_are_in_the_session_and_in_no_cookie(string mode, bool mapsClaims)
    {
        using var provider = new OpenIdProvider { TokenLength = 20_000 };
        await using var shop = await StartAsync(provider, mode, mapsClaims);
        var customer = shop.NewCustomer();

        using var callback = await customer.SignInAsync(provider);

        Assert.InRange(customer.LastSetCookies.Sum(cookie => Encoding.UTF8.GetByteCount(cookie)), 1, 1024);
        Assert.Equal(["sid"], customer.CookieNames);
        Assert.Equal(43, customer.Token!.Length);
        var access = await customer.ReadAsync("/token/access_token");
        Assert.StartsWith("access-1-", access, StringComparison.Ordinal);
        Assert.Equal(("refresh-1", 20_009), (await customer.ReadAsync("/token/refresh_token"), access.Length));
        Assert.StartsWith("eyJ", await customer.ReadAsync("/token/id_token"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_renewal_of_the_access_token_is_no_new_sign_in_and_keeps_the_provider()
    {
        using var provider = new OpenIdProvider { TokenLength = 20_000 };
        await using var shop = await StartAsync(provider, "form_post", mapsClaims: true);
        var customer = await shop.SignInAsync(provider);
        var (token, session) = (customer.Token, Assert.Single(await shop.Directory.FindByUserAsync("u1")));
        shop.Clock.Advance(TimeSpan.FromMinutes(5));

        await customer.DoAsync("/refresh");

        Assert.Empty(customer.LastSetCookies);
        Assert.Equal(token, customer.Token);
        Assert.StartsWith("access-2-", await customer.ReadAsync("/token/access_token"), StringComparison.Ordinal);
        Assert.Equal("refresh-2", await customer.ReadAsync("/token/refresh_token"));
        Assert.Equal(session.AuthenticatedAt, Assert.Single(await shop.Directory.FindByUserAsync("u1")).AuthenticatedAt);

        using var answer = await shop.LogoutAsync(provider.LogoutToken(shop.Now, "s1", "u1"));
        Assert.Equal("Revoked", await customer.ReadAsync("/end"));
    }

    [Fact]
    public async Task A_sign_in_on_a_link_from_the_provider_keeps_what_the_session_has()
    {
        using var provider = new OpenIdProvider();
        await using var shop = await StartAsync(provider, "query", mapsClaims: true);
        var customer = shop.NewCustomer();
        await customer.DoAsync("/values/cart/three");

        using var callback = await customer.SignInAsync(provider);

        Assert.Equal(("u1", "three"), (await customer.ReadAsync("/me"), await customer.ReadAsync("/values/cart")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sign_in_by_a_form_that_the_provider_posts_keeps_what_the_session_has(bool isSessionFirst)
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(
            provider,
            options => options.ResponseMode = "form_post",
            session: options => options.KeepSessionAcrossCallback = true,
            isSessionFirst: isSessionFirst);
        var customer = shop.NewCustomer();
        await customer.DoAsync("/values/cart/three");

        using var callback = await customer.SignInAsync(provider);

        Assert.Equal(("u1", "three"), (await customer.ReadAsync("/me"), await customer.ReadAsync("/values/cart")));
        Assert.Equal(["sid"], customer.CookieNames);
    }

    [Fact]
    public async Task Without_the_option_such_a_sign_in_begins_a_session_of_its_own()
    {
        using var provider = new OpenIdProvider();
        await using var shop = await StartAsync(provider, "form_post", mapsClaims: true);
        var customer = shop.NewCustomer();
        await customer.DoAsync("/values/cart/three");

        using var callback = await customer.SignInAsync(provider);

        Assert.Equal(("u1", "nothing"), (await customer.ReadAsync("/me"), await customer.ReadAsync("/values/cart")));
    }

    private static Task<Shop> StartAsync(OpenIdProvider provider, string mode, bool mapsClaims) => Shop.StartAsync(
        provider, options => (options.ResponseMode, options.MapInboundClaims) = (mode, mapsClaims));
}
