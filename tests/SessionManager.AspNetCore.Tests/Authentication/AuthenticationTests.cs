using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>The session's user as HttpContext.User, and signing in and out by the framework's own means.</summary>
public sealed class AuthenticationTests
{
    [Fact]
    public async Task The_user_id_alone_is_a_name_identifier()
    {
        await using var app = await AuthenticationApp.StartAsync();
        var browser = app.NewBrowser();
        Assert.Equal("nobody", await browser.ReadAsync("/user"));

        await browser.DoAsync("/sign-in/alice");

        Assert.Equal(("alice", "secret"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/protected")));
        Assert.Equal($"{ClaimTypes.NameIdentifier}=alice", await browser.ReadAsync("/claims"));
        Assert.Equal(403, await StatusAsync(browser, "/admin"));
    }

    [Fact]
    public async Task A_principal_is_kept_with_its_claims_and_the_session_knows_its_user()
    {
        await using var app = await AuthenticationApp.StartAsync();
        var browser = app.NewBrowser();

        await browser.DoAsync("/sign-in-as/alice/admin");

        Assert.Equal("admin", await browser.ReadAsync("/admin"));
        Assert.Equal($"{ClaimTypes.NameIdentifier}=alice|{ClaimTypes.Role}=admin|größe=schön 😀", await browser.ReadAsync("/claims"));
        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_sign_in_replaces_the_token_and_keeps_the_cart_and_a_sign_out_replaces_it_again()
    {
        await using var app = await AuthenticationApp.StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var before = browser.Clone();

        await browser.DoAsync("/sign-in-as/alice/admin");

        Assert.Single(browser.LastSetCookies);
        Assert.Equal("Replaced", await before.ReadAsync("/end"));
        Assert.Equal("three", await browser.ReadAsync("/values/cart"));
        var signedIn = browser.Clone();
        await browser.DoAsync("/scheme-sign-out");
        Assert.Equal(("nobody", "Replaced", "nobody"), (await browser.ReadAsync("/user"), await signedIn.ReadAsync("/end"), await browser.ReadAsync("/me")));
        Assert.Equal(401, await StatusAsync(browser, "/protected"));
    }

    [Fact]
    public async Task Claims_stay_with_their_user_and_go_with_them()
    {
        await using var app = await AuthenticationApp.StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/admin");

        await browser.DoAsync("/sign-in/alice");
        Assert.Equal("admin", await browser.ReadAsync("/admin"));
        await browser.DoAsync("/rotate");
        Assert.Equal("admin", await browser.ReadAsync("/admin"));
        await browser.DoAsync("/sign-in/bob");
        Assert.Equal((403, "bob"), (await StatusAsync(browser, "/admin"), await browser.ReadAsync("/user")));
        await browser.DoAsync("/sign-in/alice");
        Assert.Equal(403, await StatusAsync(browser, "/admin"));
    }

    [Fact]
    public async Task Tokens_and_times_of_the_sign_in_are_kept()
    {
        await using var app = await AuthenticationApp.StartAsync(map: app =>
        {
            app.MapPost("/with-tokens", (HttpContext context) =>
            {
                var properties = new AuthenticationProperties();
                properties.StoreTokens([new AuthenticationToken { Name = "access_token", Value = "of the identity provider" }]);
                return context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user"), properties);
            });
            app.MapGet("/token", async (HttpContext context) => await context.Response.WriteAsync(await context.GetTokenAsync("access_token") ?? ""));
            app.MapGet("/times", async (HttpContext context) =>
            {
                var properties = (await context.AuthenticateAsync()).Properties!;
                await context.Response.WriteAsync($"{properties.IssuedUtc:HH:mm} {properties.ExpiresUtc:HH:mm}");
            });
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/with-tokens");

        Assert.Equal("of the identity provider", await browser.ReadAsync("/token"));
        Assert.Equal("03:04 03:24", await browser.ReadAsync("/times"));
    }

    [Theory]
    [InlineData("sub", "42")]
    [InlineData(ClaimTypes.Name, "Alice")]
    public async Task A_principal_without_a_name_identifier_has_its_subject_or_its_name(string type, string id)
    {
        await using var app = await AuthenticationApp.StartAsync(map: app => app.MapPost("/other-sign-in", (HttpContext context) =>
            context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim(type, id)], "test")))));
        var browser = app.NewBrowser();
        await browser.DoAsync("/other-sign-in");

        Assert.Equal(id, await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_principal_that_names_nobody_or_is_too_large_is_refused_and_changes_nothing()
    {
        await using var app = await AuthenticationApp.StartAsync(map: app =>
        {
            app.MapPost("/of-nobody", (HttpContext context) => context.SignInAsync(new ClaimsPrincipal(new ClaimsIdentity([new Claim("a", "b")], "test"))));
            app.MapPost("/too-large", (HttpContext context) => context.SignInAsync(AuthenticationApp.PrincipalOf("bob", new string('x', 300_000))));
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        using var nobody = await browser.PostAsync("/of-nobody");
        using var large = await browser.PostAsync("/too-large");

        Assert.Contains("ClaimTypes.NameIdentifier", await nobody.BodyAsync(), StringComparison.Ordinal);
        Assert.Contains("SessionValueException", await large.BodyAsync(), StringComparison.Ordinal);
        Assert.Empty(browser.LastSetCookies);
        Assert.Equal("alice", await browser.ReadAsync("/user"));
    }

    [Fact]
    public async Task The_session_is_loaded_once_for_both()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var before = cache.Gets;

        await browser.ReadAsync("/protected");
        Assert.Equal(before + 1, cache.Gets);
        await app.NewBrowser().ReadAsync("/user");
        Assert.Equal(before + 1, cache.Gets);
    }

    [Theory]
    [InlineData("expire", "Expired")]
    [InlineData("revoke", "Revoked")]
    [InlineData("/destroy", "SignedOut")]
    [InlineData("/rotate", "Replaced")]
    public async Task A_session_that_is_gone_authenticates_nobody(string end, string reason)
    {
        await using var app = await AuthenticationApp.StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/admin");
        var old = browser.Clone();
        if (end == "expire")
        {
            app.Clock.Advance(TimeSpan.FromMinutes(21));
        }
        else if (end == "revoke")
        {
            await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("alice");
        }
        else
        {
            await browser.DoAsync(end);
        }

        Assert.Equal((401, "nobody", reason), (await StatusAsync(old, "/protected"), await old.ReadAsync("/user"), await old.ReadAsync("/end")));
    }

    [Fact]
    public async Task An_endpoint_without_a_session_has_no_user_and_one_that_only_reads_has_one()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache, map: app =>
        {
            app.MapGet("/disabled", (ClaimsPrincipal user) => $"{user.Identity?.IsAuthenticated}").WithSession(SessionMode.Disabled);
            app.MapGet("/read-only", (ClaimsPrincipal user) => $"{user.Identity?.IsAuthenticated}").WithSession(SessionMode.ReadOnly);
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var before = cache.Gets;

        Assert.Equal("False", await browser.ReadAsync("/disabled"));
        Assert.Equal(before, cache.Gets);
        Assert.Equal("True", await browser.ReadAsync("/read-only"));
    }

    [Fact]
    public async Task With_sessions_loaded_on_demand_the_user_is_known_all_the_same()
    {
        await using var app = await AuthenticationApp.StartAsync(session: options => options.LoadMode = LoadMode.OnDemand);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/admin");

        Assert.Equal("admin", await browser.ReadAsync("/admin"));
    }

    [Fact]
    public async Task A_sign_in_in_front_of_UseSessionManager_is_saved_at_once()
    {
        await using var app = await AuthenticationApp.StartAsync(before: app => app.Use(async (context, next) =>
        {
            if (context.Request.Path == "/early")
            {
                await context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user"));
            }

            await next(context);
        }));

        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var before = browser.Clone();

        using var early = await browser.PostAsync("/early");

        Assert.Equal(HttpStatusCode.NotFound, early.StatusCode);
        Assert.Single(browser.LastSetCookies);
        Assert.Equal(("alice", "three", "Replaced"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/values/cart"), await before.ReadAsync("/end")));
    }

    [Fact]
    public async Task A_policy_may_read_the_session_before_UseSessionManager_has_run()
    {
        await using var app = await AuthenticationApp.StartAsync(map: app => app.MapGet("/vip", () => "vip").RequireAuthorization(policy =>
            policy.RequireAssertion(context => context.Resource is HttpContext request && request.Session.Keys.Contains("vip"))));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        Assert.Equal(403, await StatusAsync(browser, "/vip"));
        await browser.DoAsync("/values/vip/yes");

        Assert.Equal("vip", await browser.ReadAsync("/vip"));
    }

    [Fact]
    public async Task What_is_kept_of_a_user_and_can_not_be_read_authenticates_nobody()
    {
        await using var app = await AuthenticationApp.StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var sessions = app.Services.GetRequiredService<SessionRepository>();
        var now = app.Clock.GetUtcNow();
        var id = Guid.Parse(await browser.ReadAsync("/id"));
        var commit = new SessionCommit
        {
            Id = id,
            Now = now,
            Base = (await sessions.LoadAsync(id, CancellationToken.None)).Record,
            Identity = new SessionIdentity("alice", "alice", now, null, MovesGeneration: false) { Principal = new byte[] { 1, 2, 3, 4, 5 } },
        };
        Assert.Equal(SessionCommitOutcome.Committed, (await sessions.CommitAsync(commit, CancellationToken.None)).Outcome);

        Assert.Equal((401, "nobody"), (await StatusAsync(browser, "/protected"), await browser.ReadAsync("/user")));
    }

    private static async Task<int> StatusAsync(Browser browser, string path)
    {
        using var response = await browser.GetAsync(path);
        return (int)response.StatusCode;
    }
}
