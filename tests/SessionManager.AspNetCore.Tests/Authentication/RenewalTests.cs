using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Authentication;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>A sign-in with what the session's own <c>AuthenticateAsync</c> returned replaces the principal and its
/// tokens. It is no new sign-in.</summary>
public sealed class RenewalTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task A_renewal_replaces_principal_and_tokens_and_leaves_the_sign_in_as_it_was()
    {
        await using var app = await StartAsync();
        var browser = await SignedInAsync(app);
        var (token, info) = (browser.Token, await browser.ReadAsync("/facts"));
        app.Clock.Advance(Minute);

        await browser.DoAsync("/renew?role=admin&token=new");

        Assert.Empty(browser.LastSetCookies);
        Assert.Equal(token, browser.Token);
        Assert.Equal(("new", "admin"), (await browser.ReadAsync("/token"), await browser.ReadAsync("/admin")));
        Assert.Equal(info, await browser.ReadAsync("/facts"));
    }

    [Fact]
    public async Task A_renewal_is_no_recent_sign_in_and_does_not_put_off_the_absolute_end()
    {
        await using var app = await StartAsync(options => options.AbsoluteTimeout = TimeSpan.FromMinutes(25));
        var browser = await SignedInAsync(app);
        app.Clock.Advance(6 * Minute);
        await browser.DoAsync("/renew?token=1");

        Assert.Equal(HttpStatusCode.Unauthorized, await StatusOfAsync(browser, "/recent"));
        app.Clock.Advance(18 * Minute);
        await browser.DoAsync("/renew?token=2");
        app.Clock.Advance(Minute);
        Assert.Equal("nobody", await browser.ReadAsync("/user"));
    }

    [Fact]
    public async Task A_renewal_beyond_the_limit_and_under_an_expiry_is_none_of_their_business()
    {
        await using var app = await StartAsync(options => options.MaxSessionsPerUser = 2);
        var browser = await SignedInAsync(app, "/sign-in-with-token?expires=600");
        app.Clock.Advance(Minute);
        var other = await SignedInAsync(app);
        app.Clock.Advance(Minute);

        await browser.DoAsync("/renew?token=new");

        Assert.Equal("alice", await other.ReadAsync("/user"));
        app.Clock.Advance(Minute);
        var third = await SignedInAsync(app);
        Assert.Equal(("nobody", "alice", "alice"), (await browser.ReadAsync("/user"), await other.ReadAsync("/user"), await third.ReadAsync("/user")));
    }

    [Fact]
    public async Task A_burst_with_the_same_cookie_goes_on()
    {
        await using var app = await StartAsync();
        var browser = await SignedInAsync(app);

        var statuses = await Task.WhenAll(Enumerable.Range(0, 16).Select(async i =>
        {
            var same = browser.Clone();
            if (i % 2 == 0)
            {
                await same.DoAsync($"/renew?token={i}");
            }

            return await StatusOfAsync(same, "/protected");
        }));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal("alice", await browser.ReadAsync("/user"));
    }

    [Fact]
    public async Task Of_two_renewals_at_once_the_one_that_is_saved_later_stays_whole()
    {
        FaultStore store = null!;
        await using var app = await StartAsync(services: services => FaultStore.AddTo(services, made => store = made));
        var browser = await SignedInAsync(app);
        var gate = store.Hold(StoreOperation.Commit, StoreGatePoint.Before);

        var first = browser.Clone().DoAsync("/renew?role=first&token=first");
        await gate.Reached;
        var second = browser.Clone().DoAsync("/renew?role=second&token=second");
        gate.Open();
        await Task.WhenAll(first, second);

        var (token, claims) = (await browser.ReadAsync("/token"), await browser.ReadAsync("/claims"));
        Assert.Contains($"={token}|", claims, StringComparison.Ordinal);
        Assert.Equal("second", token);
    }

    [Fact]
    public async Task A_renewal_keeps_what_a_parallel_request_stores()
    {
        var gate = new Gate();
        await using var app = await StartAsync(gate: gate);
        var browser = await SignedInAsync(app);

        var renewal = browser.Clone().DoAsync("/renew-and-wait");
        await gate.Reached;
        await browser.DoAsync("/values/cart/three");
        gate.Open();
        await renewal;

        Assert.Equal(("three", "new"), (await browser.ReadAsync("/values/cart"), await browser.ReadAsync("/token")));
    }

    [Theory]
    [InlineData("/sign-out")]
    [InlineData("/destroy")]
    [InlineData("/sign-in/bob")]
    [InlineData("/revoke/alice")]
    public async Task A_renewal_that_loses_to_an_end_is_refused(string end)
    {
        var gate = new Gate();
        await using var app = await StartAsync(gate: gate);
        var browser = await SignedInAsync(app);
        var other = browser.Clone();

        var renewal = browser.PostAsync("/renew-and-wait");
        await gate.Reached;
        await browser.Clone().DoAsync(end);
        gate.Open();
        using var response = await renewal;

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("nobody", await other.ReadAsync("/user"));
        Assert.Empty(browser.LastSetCookies);
    }

    [Theory]
    [InlineData("/sign-in-anew")]
    [InlineData("/sign-in-with-old-properties")]
    [InlineData("/renew-as/bob")]
    public async Task Other_properties_or_another_user_make_a_sign_in(string path)
    {
        await using var app = await StartAsync();
        var browser = await SignedInAsync(app);
        await browser.DoAsync("/remember-properties");
        if (path == "/sign-in-with-old-properties")
        {
            browser = await SignedInAsync(app);
        }

        app.Clock.Advance(6 * Minute);
        var before = browser.Clone();

        await browser.DoAsync(path);

        Assert.Single(browser.LastSetCookies);
        Assert.Equal("nobody", await before.ReadAsync("/user"));
        Assert.Equal(HttpStatusCode.OK, await StatusOfAsync(browser, "/recent"));
    }

    [Fact]
    public async Task Copies_of_the_properties_are_as_good()
    {
        await using var app = await StartAsync();
        var browser = await SignedInAsync(app);

        await browser.DoAsync("/renew-with-copy");

        Assert.Empty(browser.LastSetCookies);
        Assert.Equal("copied", await browser.ReadAsync("/token"));
    }

    [Fact]
    public async Task A_sign_in_and_its_renewal_in_one_request_are_one_sign_in_with_the_later_principal()
    {
        await using var app = await StartAsync();
        var browser = await SignedInAsync(app);

        await browser.DoAsync("/sign-in-and-renew");

        Assert.Single(browser.LastSetCookies);
        Assert.Equal("admin", await browser.ReadAsync("/admin"));
    }

    [Fact]
    public async Task A_renewal_while_another_user_is_acted_as_is_refused()
    {
        await using var app = await StartAsync();
        var browser = await SignedInAsync(app);
        await browser.DoAsync("/act-as/bob");

        using var response = await browser.PostAsync("/renew?token=new");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("bob", await browser.ReadAsync("/user"));
        await browser.DoAsync("/act-no-more");
        Assert.Equal(("alice", "old"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/token")));
    }

    [Fact]
    public void What_marks_the_properties_is_not_kept()
    {
        var properties = PropertiesWith("old");
        properties.Items[".session"] = "an id";

        var kept = TicketSerializer.Default.Deserialize(
            SessionPrincipal.Keep(AuthenticationApp.PrincipalOf("alice", "user"), properties, "scheme").Ticket.ToArray())!;

        Assert.Equal("old", kept.Properties.GetTokenValue("access_token"));
        Assert.DoesNotContain(".session", kept.Properties.Items.Keys);
        Assert.Contains(".session", properties.Items.Keys);
    }

    private static async Task<Browser> SignedInAsync(App app, string path = "/sign-in-with-token")
    {
        var browser = app.NewBrowser();
        await browser.DoAsync(path);
        return browser;
    }

    private static async Task<HttpStatusCode> StatusOfAsync(Browser browser, string path)
    {
        using var response = await browser.GetAsync(path);
        return response.StatusCode;
    }

    private static AuthenticationProperties PropertiesWith(string token)
    {
        var properties = new AuthenticationProperties();
        properties.StoreTokens([new AuthenticationToken { Name = "access_token", Value = token }]);
        return properties;
    }

    private static async Task RenewAsync(HttpContext context, string? role, string token)
    {
        var ticket = await context.AuthenticateAsync();
        ticket.Properties!.UpdateTokenValue("access_token", token);
        await context.SignInAsync(role is null ? ticket.Principal! : AuthenticationApp.PrincipalOf("alice", role), ticket.Properties);
    }

    private static Task<App> StartAsync(
        Action<SessionManagerOptions>? session = null, Action<IServiceCollection>? services = null, Gate? gate = null)
    {
        AuthenticationProperties? remembered = null;
        return AuthenticationApp.StartAsync(session: session, services: services, map: app =>
        {
            app.MapPost("/sign-in-with-token", (HttpContext context, TimeProvider time, int? expires) =>
            {
                var properties = PropertiesWith("old");
                properties.ExpiresUtc = expires is { } ? time.GetUtcNow().AddSeconds(expires.Value) : null;
                return context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user"), properties);
            });
            app.MapPost("/renew", (HttpContext context, string? role, string token) => RenewAsync(context, role, token));
            app.MapPost("/renew-with-copy", async (HttpContext context) =>
            {
                var ticket = await context.AuthenticateAsync();
                var copy = new AuthenticationProperties(new Dictionary<string, string?>(ticket.Properties!.Items));
                copy.UpdateTokenValue("access_token", "copied");
                await context.SignInAsync(ticket.Principal!, copy);
            });
            app.MapPost("/renew-as/{user}", async (HttpContext context, string user) =>
                await context.SignInAsync(AuthenticationApp.PrincipalOf(user, "user"), (await context.AuthenticateAsync()).Properties));
            app.MapPost("/renew-and-wait", async (HttpContext context) =>
            {
                await RenewAsync(context, role: null, "new");
                await gate!.PassAsync();
            });
            app.MapPost("/remember-properties", async (HttpContext context) => remembered = (await context.AuthenticateAsync()).Properties);
            app.MapPost("/sign-in-anew", (HttpContext context) => context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user")));
            app.MapPost("/sign-in-with-old-properties", (HttpContext context) => context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user"), remembered));
            app.MapPost("/sign-in-and-renew", async (HttpContext context) =>
            {
                var ticket = await context.AuthenticateAsync();
                await context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user"));
                await context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "admin"), ticket.Properties);
            });
            app.MapPost("/act-as/{user}", (ISessionManager session, string user) => session.ImpersonateAsync(user));
            app.MapPost("/act-no-more", (ISessionManager session) => session.EndImpersonation());
            app.MapPost("/revoke/{user}", (ISessionDirectory directory, string user) => directory.RevokeUserAsync(user));
            app.MapGet("/token", async (HttpContext context) => await context.GetTokenAsync("access_token") ?? "none");
            app.MapGet("/facts", (ISessionManager session) => $"{session.SessionId} {session.Info!.AuthenticatedAt:O} {session.Info.CreatedAt:O}");
        });
    }
}
