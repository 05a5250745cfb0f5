using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;
using SessionManager.AspNetCore.OpenIdConnect.Tests.Infrastructure;

namespace SessionManager.AspNetCore.OpenIdConnect.Tests;

/// <summary>A logout token of the provider ends exactly the sessions that it names.</summary>
public sealed class BackchannelLogoutTests
{
    [Fact]
    public async Task A_session_at_the_provider_ends_exactly_one_session()
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);
        var (first, second) = (await shop.SignInAsync(provider, "u1", "s1"), await shop.SignInAsync(provider, "u1", "s2"));

        using var answer = await shop.LogoutAsync(provider.LogoutToken(shop.Now, sid: "s1"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(("no-store", ""), (answer.Headers.CacheControl?.ToString(), await answer.BodyAsync()));
        Assert.Equal(("Revoked", "u1"), (await first.ReadAsync("/end"), await second.ReadAsync("/me")));
        var entry = Assert.Single(shop.Log);
        Assert.Equal(
            (500, "The provider of the scheme 'OpenIdConnect' has signed a user out. Sessions that were ended: 1."), (entry.EventId, entry.Message));
    }

    [Fact]
    public async Task A_user_ends_all_sessions_from_this_provider_on_both_nodes()
    {
        using var provider = new OpenIdProvider();
        var (cache, clock) = (new FaultCache(), new FakeTimeProvider(DateTimeOffset.UtcNow));
        await using var a = await Shop.StartAsync(provider, cache: cache, clock: clock);
        await using var b = await Shop.StartAsync(provider, cache: cache, clock: clock);
        var (onA, onB, other) = (
            await a.SignInAsync(provider, "u1", "s1"), await b.SignInAsync(provider, "u1", "s2"), await b.SignInAsync(provider, "u2", "s3"));
        Assert.Equal("u1", await onB.On(a).ReadAsync("/me"));

        using var answer = await a.LogoutAsync(provider.LogoutToken(a.Now, sub: "u1"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        foreach (var node in (Shop[])[a, b])
        {
            Assert.Equal(
                ("Revoked", "nobody", "u2"),
                (await onA.On(node).ReadAsync("/end"), await onB.On(node).ReadAsync("/me"), await other.On(node).ReadAsync("/me")));
        }
    }

    [Fact]
    public async Task A_token_that_one_node_has_used_is_refused_by_the_other()
    {
        using var provider = new OpenIdProvider();
        var (cache, clock) = (new FaultCache(), new FakeTimeProvider(DateTimeOffset.UtcNow));
        await using var a = await Shop.StartAsync(provider, cache: cache, clock: clock);
        await using var b = await Shop.StartAsync(provider, cache: cache, clock: clock);
        var token = provider.LogoutToken(a.Now, sub: "u1");
        using var used = await a.LogoutAsync(token);
        var customer = await b.SignInAsync(provider);

        using var replayed = await b.LogoutAsync(token);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.BadRequest), (used.StatusCode, replayed.StatusCode));
        Assert.Equal("u1", await customer.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("u1", HttpStatusCode.OK, "Revoked")]
    [InlineData("u2", HttpStatusCode.OK, "none")]
    public async Task Of_a_token_with_both_names_both_have_to_be_right(string sub, HttpStatusCode status, string end)
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);
        var customer = await shop.SignInAsync(provider, "u1", "s1");

        using var answer = await shop.LogoutAsync(provider.LogoutToken(shop.Now, "s1", sub));

        Assert.Equal((status, end), (answer.StatusCode, await customer.ReadAsync("/end")));
    }

    [Fact]
    public async Task A_token_whose_sessions_have_ended_already_is_answered_with_200()
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);

        using var answer = await shop.LogoutAsync(provider.LogoutToken(shop.Now, "s9", "u9"));

        Assert.Equal((HttpStatusCode.OK, "no-store"), (answer.StatusCode, answer.Headers.CacheControl?.ToString()));
        Assert.Contains("ended: 0", Assert.Single(shop.Log).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "logout+jwt")]
    [InlineData(1, "JWT")]
    [InlineData(2, null)]
    public async Task Each_key_of_the_provider_signs(int key, string? type)
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);
        var customer = await shop.SignInAsync(provider);

        using var answer = await shop.LogoutAsync(provider.LogoutToken(
            shop.Now, "s1", header: header => _ = type is null ? header.Remove("typ") : (header["typ"] = type) is null, key: provider.Keys[key]));

        Assert.Equal((HttpStatusCode.OK, "Revoked"), (answer.StatusCode, await customer.ReadAsync("/end")));
    }

    [Fact]
    public async Task A_token_may_be_for_several_clients_and_clocks_may_differ_a_little()
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider);
        int[] ahead = [50, -50];
        foreach (var seconds in ahead)
        {
            var customer = await shop.SignInAsync(provider);
            using var answer = await shop.LogoutAsync(provider.LogoutToken(shop.Now.AddSeconds(seconds), "s1", change: claims =>
            {
                claims["aud"] = (string[])["other", OpenIdProvider.ClientId];
                claims["exp"] = shop.Now.ToUnixTimeSeconds() - 50;
            }));
            Assert.Equal((HttpStatusCode.OK, "Revoked"), (answer.StatusCode, await customer.ReadAsync("/end")));
        }
    }

    [Fact]
    public async Task The_endpoint_is_open_to_the_provider_under_a_fallback_policy_and_within_a_closed_group()
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(
            provider,
            services: services =>
            {
                services.AddAntiforgery();
                services.Configure<AuthorizationOptions>(static options => options.FallbackPolicy = options.DefaultPolicy);
            },
            map: app =>
            {
                app.UseAntiforgery();
                app.MapBackchannelLogout();
                app.MapGroup("/closed").RequireAuthorization().MapBackchannelLogout("/logout");
                app.MapGet("/other", () => "secret");
            });
        var customers = new[] { await shop.SignInAsync(provider, "u1", "s1"), await shop.SignInAsync(provider, "u2", "s2") };

        using var closed = await shop.Client.GetAsync("/other");
        using var first = await shop.LogoutAsync([new("logout_token", provider.LogoutToken(shop.Now, "s1"))]);
        using var second = await shop.LogoutAsync([new("logout_token", provider.LogoutToken(shop.Now, "s2"))], "/closed/logout");
        using var get = await shop.Client.GetAsync(Shop.LogoutPath);

        Assert.Equal(HttpStatusCode.Unauthorized, closed.StatusCode);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.MethodNotAllowed), (first.StatusCode, second.StatusCode, get.StatusCode));
        Assert.Empty((await shop.Directory.FindByUserAsync("u1")).Concat(await shop.Directory.FindByUserAsync("u2")));
        Assert.Equal(2, customers.Length);
    }

    [Fact]
    public async Task Each_provider_ends_its_own_sessions_and_only_the_named_schemes_count()
    {
        using var provider = new OpenIdProvider();
        using var other = new OpenIdProvider("https://other.example");
        await using var shop = await Shop.StartAsync(
            provider,
            services: services => services.AddAuthentication().AddOpenIdConnect("other", options =>
            {
                Shop.Configure(options, other);
                options.CallbackPath = "/signin-other";
            }),
            map: app =>
            {
                app.MapBackchannelLogout();
                app.MapBackchannelLogout("/logout-here", Shop.Scheme);
            });
        var customer = await shop.SignInAsync(provider, "u1", "s1");

        using var elsewhere = await shop.LogoutAsync(other.LogoutToken(shop.Now, "s1", "u1"));
        Assert.Equal((HttpStatusCode.OK, "u1"), (elsewhere.StatusCode, await customer.ReadAsync("/me")));
        using var refused = await shop.LogoutAsync([new("logout_token", other.LogoutToken(shop.Now, "s1", "u1"))], "/logout-here");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);

        using var answer = await shop.LogoutAsync([new("logout_token", provider.LogoutToken(shop.Now, "s1", "u1"))], "/logout-here");
        Assert.Equal((HttpStatusCode.OK, "Revoked"), (answer.StatusCode, await customer.ReadAsync("/end")));
    }

    [Fact]
    public async Task Keys_and_issuer_may_be_configured_instead_of_fetched()
    {
        using var provider = new OpenIdProvider();
        await using var shop = await Shop.StartAsync(provider, options =>
        {
            options.Authority = null;
            options.Configuration = new OpenIdConnectConfiguration
            {
                Issuer = provider.Issuer,
                AuthorizationEndpoint = $"{provider.Issuer}/authorize",
                TokenEndpoint = $"{provider.Issuer}/token",
            };
            options.TokenValidationParameters.IssuerSigningKey = new JsonWebKey(System.Text.Json.JsonSerializer.Serialize(provider.Keys[0].PublicKey));
        });
        var customer = await shop.SignInAsync(provider);

        using var unknown = await shop.LogoutAsync(provider.LogoutToken(shop.Now, "s1", key: provider.Keys[1]));
        using var answer = await shop.LogoutAsync(provider.LogoutToken(shop.Now, "s1"));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.OK), (unknown.StatusCode, answer.StatusCode));
        Assert.Equal(("Revoked", 0), (await customer.ReadAsync("/end"), provider.KeyFetches));
    }

    [Fact]
    public async Task An_application_that_has_its_own_rule_for_issuers_has_it_here_too()
    {
        using var provider = new OpenIdProvider("https://tenant-1.example");
        await using var shop = await Shop.StartAsync(provider, options => options.TokenValidationParameters.IssuerValidator =
            static (issuer, _, _) => issuer.StartsWith("https://tenant-", StringComparison.Ordinal) ? issuer : throw new SecurityTokenInvalidIssuerException());
        var customer = await shop.SignInAsync(provider);

        using var refused = await shop.LogoutAsync(provider.LogoutToken(shop.Now, "s1", change: static claims => claims["iss"] = "https://other.example"));
        using var answer = await shop.LogoutAsync(provider.LogoutToken(shop.Now, "s1"));

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.OK), (refused.StatusCode, answer.StatusCode));
        Assert.Equal("Revoked", await customer.ReadAsync("/end"));
    }

    [Fact]
    public async Task An_application_without_the_session_layer_or_without_authentication_is_told_so()
    {
        await using var none = WebApplication.CreateBuilder().Build();
        Assert.Contains("AddSessionManager", Assert.Throws<InvalidOperationException>(() => none.MapBackchannelLogout()).Message, StringComparison.Ordinal);

        var builder = WebApplication.CreateBuilder();
        builder.Services.AddSessionManager();
        await using var open = builder.Build();
        Assert.Contains("AddOpenIdConnect", Assert.Throws<InvalidOperationException>(() => open.MapBackchannelLogout()).Message, StringComparison.Ordinal);
    }
}
