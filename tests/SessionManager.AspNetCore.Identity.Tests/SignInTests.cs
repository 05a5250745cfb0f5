using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Identity.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Identity.Tests;

/// <summary>What SignInManager does is done to the session.</summary>
public sealed class SignInTests
{
    private static readonly TimeSpan Minute = IdentityApp.Minute;

    [Fact]
    public async Task Who_is_remembered_is_signed_in_after_a_restart_of_the_browser_and_past_the_idle_timeout()
    {
        await using var app = await IdentityApp.StartAsync();
        using var client = new Client(app);
        await client.DoAsync("/login/ann?remember=true");
        Assert.Equal($"True {app.Clock.GetUtcNow().AddDays(14):O}", await client.ReadAsync("/ends"));

        client.Restart();
        app.Clock.Advance(TimeSpan.FromDays(13));
        Assert.Equal("ann", await client.ReadAsync("/user"));
        app.Clock.Advance(TimeSpan.FromDays(13));
        Assert.Equal("ann", await client.ReadAsync("/user"));
        app.Clock.Advance(TimeSpan.FromDays(5));
        Assert.Equal("nobody", await client.ReadAsync("/user"));
    }

    [Fact]
    public async Task Who_is_not_remembered_is_signed_out_by_a_restart_and_by_the_idle_timeout()
    {
        await using var app = await IdentityApp.StartAsync();
        var (first, second) = (new Client(app), new Client(app));
        await first.DoAsync("/login/ann");
        await second.DoAsync("/login/ann");

        first.Restart();
        Assert.Equal("nobody", await first.ReadAsync("/user"));
        app.Clock.Advance(19 * Minute);
        Assert.Equal("ann", await second.ReadAsync("/user"));
        app.Clock.Advance(20 * Minute);
        Assert.Equal(("nobody", "Expired"), (await second.ReadAsync("/user"), await second.ReadAsync("/end")));
    }

    [Fact]
    public async Task A_refresh_is_a_renewal_and_no_sign_in()
    {
        await using var app = await IdentityApp.StartAsync();
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();
        var (token, facts) = (client.Token, await client.ReadAsync("/facts"));
        app.Clock.Advance(6 * Minute);
        await client.DoAsync("/new-stamp/ann");

        await client.DoAsync("/refresh");

        Assert.Equal((token, facts), (client.Token, await client.ReadAsync("/facts")));
        Assert.Equal(302, await client.StatusAsync("/recent"));
        app.Clock.Advance(19 * Minute);
        Assert.Equal("ann", await client.ReadAsync("/user"));
        app.Clock.Advance(19 * Minute);
        Assert.Equal("ann", await client.ReadAsync("/user"));
    }

    [Fact]
    public async Task A_burst_of_refreshes_goes_on_with_one_token()
    {
        await using var app = await IdentityApp.StartAsync();
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();
        var token = client.Token;

        var burst = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            using var tab = client.Tab();
            using var response = await tab.SendAsync(i % 2 == 0 ? HttpMethod.Post : HttpMethod.Get, i % 2 == 0 ? "/refresh" : "/protected");
            return ((int)response.StatusCode, tab.Token);
        }));

        Assert.All(burst, answer => Assert.Equal((200, token), answer));
        Assert.Equal("ann", await client.ReadAsync("/user"));
    }

    [Fact]
    public async Task A_refresh_keeps_who_is_remembered_remembered()
    {
        await using var app = await IdentityApp.StartAsync();
        using var client = new Client(app);
        await client.DoAsync("/login/ann?remember=true");
        app.Clock.Advance(Minute);

        await client.DoAsync("/refresh");

        client.Restart();
        app.Clock.Advance(TimeSpan.FromDays(13));
        Assert.Equal("ann", await client.ReadAsync("/user"));
    }

    [Fact]
    public async Task Nothing_of_Ann_is_left_to_Bob_in_the_same_browser()
    {
        await using var app = await IdentityApp.StartAsync();
        using var client = new Client(app);
        await client.DoAsync("/values/cart/three");
        await client.DoAsync("/login/ann");
        Assert.Equal("three", await client.ReadAsync("/values/cart"));
        await client.DoAsync("/values/note/hers");
        var hers = client.Tab();

        await client.DoAsync("/logout");
        Assert.Equal("nobody", await client.ReadAsync("/me"));
        await client.DoAsync("/login/bob");

        Assert.Equal(
            ("id-of-bob", "nothing", "nothing"),
            (await client.ReadAsync("/me"), await client.ReadAsync("/values/note"), await client.ReadAsync("/values/cart")));
        Assert.Equal("nobody", await hers.ReadAsync("/me"));
    }

    [Fact]
    public async Task Bob_who_signs_in_over_Ann_has_nothing_of_hers()
    {
        await using var app = await IdentityApp.StartAsync();
        using var client = new Client(app);
        await client.DoAsync("/login/ann");
        await client.DoAsync("/values/note/hers");

        await client.DoAsync("/login/bob");

        Assert.Equal(("id-of-bob", "nothing"), (await client.ReadAsync("/me"), await client.ReadAsync("/values/note")));
    }

    [Fact]
    public async Task A_wrong_password_signs_nobody_in_and_three_lock_the_account()
    {
        await using var app = await IdentityApp.StartAsync();
        using var client = new Client(app);

        Assert.Equal("Failed", await client.DoAsync("/login/ann?password=wrong"));
        Assert.Equal("Failed", await client.DoAsync("/login/ann?password=wrong"));
        Assert.Equal("LockedOut", await client.DoAsync("/login/ann?password=wrong"));
        Assert.Equal("LockedOut", await client.DoAsync("/login/ann"));

        Assert.Empty(client.Cookies);
        Assert.Equal(("nobody", "nobody"), (await client.ReadAsync("/user"), await client.ReadAsync("/me")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_second_factor_signs_in_and_a_remembered_machine_needs_none(bool remember)
    {
        await using var app = await IdentityApp.StartAsync();
        using var client = new Client(app);
        await client.DoAsync("/two-factors/ann");

        Assert.Equal("RequiresTwoFactor", await client.DoAsync("/login/ann"));
        Assert.Equal([IdentityConstants.TwoFactorUserIdScheme], client.Cookies);
        Assert.Equal("nobody", await client.ReadAsync("/me"));
        Assert.Equal("Failed", await client.DoAsync("/two-factor/000000"));
        Assert.Equal("Succeeded", await client.DoAsync($"/two-factor/{FixedCodes.Code}?remember={remember}&rememberClient=true"));

        Assert.Equal([IdentityConstants.TwoFactorRememberMeScheme, "sid"], client.Cookies);
        Assert.Equal("id-of-ann", await client.ReadAsync("/me"));
        Assert.Contains("amr=mfa", await client.ReadAsync("/claims"), StringComparison.Ordinal);
        await client.DoAsync("/refresh");
        Assert.Contains("amr=mfa", await client.ReadAsync("/claims"), StringComparison.Ordinal);
        client.Restart();
        Assert.Equal(remember ? "id-of-ann" : "nobody", await client.ReadAsync("/me"));
        await client.DoAsync("/logout");
        Assert.Equal("Succeeded", await client.DoAsync("/login/ann"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_external_login_signs_in(bool remember)
    {
        await using var app = await IdentityApp.StartAsync();
        using var client = new Client(app);
        await client.DoAsync("/add-login/ann/42");
        await client.DoAsync("/external/42");
        Assert.Equal([IdentityConstants.ExternalScheme], client.Cookies);
        Assert.Equal("nobody", await client.ReadAsync("/me"));

        Assert.Equal("Succeeded", await client.DoAsync($"/external-login?remember={remember}"));

        Assert.Equal(["sid"], client.Cookies);
        Assert.Equal(("ann", "id-of-ann"), (await client.ReadAsync("/user"), await client.ReadAsync("/me")));
        Assert.Contains("authenticationmethod=provider", await client.ReadAsync("/claims"), StringComparison.Ordinal);
        client.Restart();
        Assert.Equal(remember ? "ann" : "nobody", await client.ReadAsync("/user"));
    }

    [Fact]
    public async Task A_sign_out_ends_the_other_cookies_of_Identity_as_it_did()
    {
        await using var app = await IdentityApp.StartAsync();
        using var client = new Client(app);
        await client.DoAsync("/login/ann");
        await client.DoAsync("/external/42");

        await client.DoAsync("/logout");

        Assert.DoesNotContain(IdentityConstants.ExternalScheme, client.Cookies);
        Assert.Equal("nobody", await client.ReadAsync("/user"));
    }

    [Fact]
    public async Task Revoking_a_user_signs_her_out_everywhere_and_nobody_else()
    {
        await using var app = await IdentityApp.StartAsync();
        var hers = await Client.SignInAsync(app, "ann", 3);
        var his = (await Client.SignInAsync(app, "bob", 1)).Single();

        Assert.Equal("3", await his.DoAsync("/revoke/ann"));

        foreach (var client in hers)
        {
            Assert.Equal(("nobody", "Revoked"), (await client.ReadAsync("/user"), await client.ReadAsync("/end")));
        }

        Assert.Equal("bob", await his.ReadAsync("/user"));
    }

    [Fact]
    public async Task A_sign_in_at_the_login_path_leads_back_and_to_no_other_host()
    {
        await using var app = await IdentityApp.StartAsync(map: app => app.MapPost("/Account/Login", (SignInManager<Member> manager) =>
            manager.PasswordSignInAsync("ann", "secret", isPersistent: false, lockoutOnFailure: false)));
        using var client = new Client(app);

        using var back = await client.SendAsync(HttpMethod.Post, "/Account/Login?ReturnUrl=%2Fback");
        using var away = await client.SendAsync(HttpMethod.Post, "/Account/Login?ReturnUrl=%2F%2Fevil.example");

        Assert.Equal("/back", back.Headers.Location?.OriginalString);
        Assert.Null(away.Headers.Location);
    }

    [Fact]
    public async Task A_sign_in_counts_towards_the_limit_of_sessions()
    {
        await using var app = await IdentityApp.StartAsync(session: options => options.MaxSessionsPerUser = 1);
        var first = (await Client.SignInAsync(app, "ann", 1)).Single();
        app.Clock.Advance(Minute);

        var second = (await Client.SignInAsync(app, "ann", 1)).Single();

        Assert.Equal(("nobody", "ann"), (await first.ReadAsync("/user"), await second.ReadAsync("/user")));
    }
}
