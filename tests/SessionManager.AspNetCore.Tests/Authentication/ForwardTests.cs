using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>A scheme that forwards leaves the work to another one, as the framework's cookie handler does in the same test.</summary>
public sealed class ForwardTests
{
    private static readonly Dictionary<string, Action<AuthenticationSchemeOptions>> Forwards = new(StringComparer.Ordinal)
    {
        ["none"] = _ => { },
        ["authenticate"] = options => options.ForwardAuthenticate = "Other",
        ["challenge"] = options => options.ForwardChallenge = "Other",
        ["forbid"] = options => options.ForwardForbid = "Other",
        ["sign-in"] = options => options.ForwardSignIn = "Other",
        ["sign-out"] = options => options.ForwardSignOut = "Other",
        ["default"] = options => options.ForwardDefault = "Other",
        ["selector"] = options => options.ForwardDefaultSelector = _ => "Other",
        ["default but not authenticate"] = options => (options.ForwardDefault, options.ForwardAuthenticate) = ("Other", "Main"),
        ["selector of nothing"] = options => options.ForwardDefaultSelector = _ => null,
    };

    public static TheoryData<string> Kinds => [.. Forwards.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task What_is_forwarded_is_what_the_cookie_handler_forwards(string kind)
    {
        var (ours, theirs) = (new List<string>(), new List<string>());
        await using var app = await StartAsync(ours, builder => builder.AddSessionManager("Main", options => Forwards[kind](options)));
        await using var other = await StartAsync(theirs, builder => builder.AddCookie("Main", options =>
        {
            Forwards[kind](options);
            options.Events.OnRedirectToLogin = context => Task.FromResult(context.Response.StatusCode = 401);
            options.Events.OnRedirectToAccessDenied = context => Task.FromResult(context.Response.StatusCode = 403);
        }));

        var (browser, otherBrowser) = (app.NewBrowser(), other.NewBrowser());
        foreach (var path in (string[])["/user", "/protected", "/enter", "/user", "/protected", "/forbidden", "/leave", "/user"])
        {
            Assert.Equal($"{path} {await AskAsync(otherBrowser, path)}", $"{path} {await AskAsync(browser, path)}");
        }

        Assert.Equal(theirs, ours);
    }

    private static async Task<string> AskAsync(Browser browser, string path)
    {
        using var response = await browser.GetAsync(path);
        return $"{(int)response.StatusCode} {await response.BodyAsync()}";
    }

    private static Task<App> StartAsync(List<string> log, Action<AuthenticationBuilder> add) => App.StartAsync(
        app =>
        {
            app.MapGet("/user", (ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody");
            app.MapGet("/protected", () => "secret").RequireAuthorization();
            app.MapGet("/forbidden", () => "secret").RequireAuthorization(policy => policy.RequireRole("admin"));
            app.MapGet("/enter", (HttpContext context) => context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user")));
            app.MapGet("/leave", (HttpContext context) => context.SignOutAsync());
        },
        new AppOptions
        {
            CookieName = ".AspNetCore.Main",
            Session = options => options.Cookie.Name = ".AspNetCore.Main",
            Services = services =>
            {
                services.AddSingleton(log);
                var builder = services.AddAuthentication("Main").AddScheme<AuthenticationSchemeOptions, OtherHandler>("Other", null);
                add(builder);
                services.AddAuthorization();
            },
        });

    private sealed class OtherHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, List<string> log)
        : SignInAuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            log.Add("authenticate");
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(AuthenticationApp.PrincipalOf("other", "user"), Scheme.Name)));
        }

        protected override Task HandleChallengeAsync(AuthenticationProperties properties) => Note("challenge", 401);

        protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => Note("forbid", 403);

        protected override Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties) => Note("sign-in", 200);

        protected override Task HandleSignOutAsync(AuthenticationProperties? properties) => Note("sign-out", 200);

        private Task Note(string what, int status)
        {
            log.Add(what);
            Response.StatusCode = status;
            return Task.CompletedTask;
        }
    }
}
