using System.Net;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>A remote scheme signs in at its callback, in the authentication middleware: in front of <c>UseSessionManager</c>
/// or behind it, wherever the application put them.</summary>
public sealed class CallbackTests
{
    public static TheoryData<string> Orders => ["default", "session first", "authentication first"];

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task A_sign_in_at_a_callback_is_saved_with_its_response(string order)
    {
        await using var app = await StartAsync(order);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var before = browser.Clone();

        using var response = await browser.GetAsync("/callback?user=alice&to=%2Fwelcome");

        Assert.Equal((HttpStatusCode.Redirect, "/welcome"), (response.StatusCode, response.Headers.Location?.OriginalString));
        Assert.Single(browser.LastSetCookies);
        Assert.Equal(("alice", "three"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/values/cart")));
        Assert.Equal("Replaced", await before.ReadAsync("/end"));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task A_sign_in_that_can_not_be_saved_is_503_and_gives_no_cookie(string order)
    {
        FaultStore store = null!;
        await using var app = await StartAsync(order, services: services => FaultStore.AddTo(services, made => store = made));
        store.Plan(StoreOperation.Commit, StoreFaultKind.Fail, times: 9);
        var browser = app.NewBrowser();

        using var response = await browser.GetAsync("/callback?user=alice&to=%2Fwelcome");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Empty(browser.LastSetCookies);
        Assert.NotNull(response.Headers.RetryAfter);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task A_sign_in_beyond_the_limit_is_409(string order)
    {
        await using var app = await StartAsync(order, options => (options.MaxSessionsPerUser, options.SessionLimitBehavior) = (1, SessionLimitBehavior.RejectNew));
        using var first = await app.NewBrowser().GetAsync("/callback?user=alice&to=%2F");
        var browser = app.NewBrowser();

        using var second = await browser.GetAsync("/callback?user=alice&to=%2F");

        Assert.Equal((HttpStatusCode.Redirect, HttpStatusCode.Conflict), (first.StatusCode, second.StatusCode));
        Assert.Empty(browser.LastSetCookies);
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task A_sign_out_at_a_callback_is_saved_too(string order)
    {
        await using var app = await StartAsync(order);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/user");
        var before = browser.Clone();

        using var response = await browser.GetAsync("/callback?to=%2Fbye");

        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        Assert.Equal(("nobody", "nobody"), (await browser.ReadAsync("/user"), await before.ReadAsync("/user")));
    }

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task At_a_callback_it_is_a_sign_in_even_with_the_properties_of_this_session(string order)
    {
        await using var app = await StartAsync(order);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/user");
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/recent")).StatusCode);

        using var response = await browser.GetAsync("/callback?user=alice&to=%2F&own=true");

        Assert.Single(browser.LastSetCookies);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/recent")).StatusCode);
    }

    private static Task<App> StartAsync(string order, Action<SessionManagerOptions>? session = null, Action<IServiceCollection>? services = null) =>
        AuthenticationApp.StartAsync(
            session: session,
            services: collection =>
            {
                collection.AddAuthentication(SessionManagerDefaults.AuthenticationScheme)
                    .AddScheme<RemoteAuthenticationOptions, SigningInHandler>("Remote", options =>
                    {
                        options.CallbackPath = "/callback";
                        options.SignInScheme = SessionManagerDefaults.AuthenticationScheme;
                    });
                services?.Invoke(collection);
            },
            before: app =>
            {
                if (order != "default")
                {
                    _ = order == "session first" ? app.UseSessionManager() : app;
                    app.UseAuthentication();
                    app.UseAuthorization();
                }
            });

    private sealed class SigningInHandler(IOptionsMonitor<RemoteAuthenticationOptions> options, ILoggerFactory logger, UrlEncoder encoder)
        : AuthenticationHandler<RemoteAuthenticationOptions>(options, logger, encoder), IAuthenticationRequestHandler
    {
        public async Task<bool> HandleRequestAsync()
        {
            if (Request.Path != Options.CallbackPath)
            {
                return false;
            }

            var properties = Request.Query.ContainsKey("own") ? (await Context.AuthenticateAsync(Options.SignInScheme)).Properties! : new AuthenticationProperties();
            if ((string?)Request.Query["user"] is { } user)
            {
                await Context.SignInAsync(Options.SignInScheme, AuthenticationApp.PrincipalOf(user, "user"), properties);
            }
            else
            {
                await Context.SignOutAsync(Options.SignInScheme);
            }

            Response.Redirect(Request.Query["to"]!);
            return true;
        }

        protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(AuthenticateResult.NoResult());
    }
}
