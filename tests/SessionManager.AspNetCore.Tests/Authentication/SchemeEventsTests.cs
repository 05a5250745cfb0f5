using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>The events of the scheme, beside those of the framework's cookie handler in the same application.</summary>
public sealed class SchemeEventsTests
{
    public static TheoryData<string> Requests =>
    [
        "POST /sign-in", "POST /login?ReturnUrl=%2Fback", "POST /sign-in?to=%2Fnext", "POST /sign-in?to=%2Fnext X-Requested-With", "POST /leave",
        "POST /leave?to=%2Fbye", "POST /logout?ReturnUrl=%2Fbye", "POST /logout?ReturnUrl=%2F%2Fevil", "POST /leave?ReturnUrl=%2Fbye", "POST /leave?to=%2Fbye X-Requested-With",
        "GET /page", "GET /page X-Requested-With", "GET /admin", "GET /admin X-Requested-With", "POST /challenge?to=%2Fafter", "POST /challenge", "POST /forbid?to=%2Fafter", "POST /forbid",
    ];

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task The_events_and_the_answers_are_those_of_the_cookie_handler(string request)
    {
        var (ours, theirs) = (new List<string>(), new List<string>());
        await using var app = await StartAsync(ours);
        await using var other = await StartWithCookiesAsync(theirs);

        foreach (var signedIn in (bool[])[false, true])
        {
            ours.Clear();
            theirs.Clear();
            Assert.Equal(await AskAsync(other, request, signedIn), await AskAsync(app, request, signedIn));
            Assert.Equal(theirs, ours);
        }

        Assert.NotEmpty(ours);
    }

    [Fact]
    public async Task A_principal_is_validated_once_for_each_request_that_asks_for_its_user()
    {
        var validated = 0;
        await using var app = await ValidatingAsync(context =>
        {
            validated++;
            return Task.CompletedTask;
        });
        var browser = await SignedInAsync(app);
        validated = 0;

        Assert.Equal("alice alice alice", await browser.ReadAsync("/three-times"));
        Assert.Equal(1, validated);
        Assert.Equal("plain", await app.NewBrowser().ReadAsync("/plain"));
        Assert.Equal(1, validated);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_rejected_principal_is_nobody_everywhere_in_the_request_and_is_signed_out_with_it(bool signsOut)
    {
        var rejects = true;
        await using var app = await ValidatingAsync(async context =>
        {
            if (rejects)
            {
                context.RejectPrincipal();
                if (signsOut)
                {
                    await context.HttpContext.SignOutAsync(context.Scheme.Name);
                }
            }
        });
        rejects = false;
        var browser = await SignedInAsync(app);
        await browser.DoAsync("/values/cart/three");
        rejects = true;
        var before = browser.Clone();

        Assert.Equal("nobody nobody three", await browser.ReadAsync("/whole"));
        Assert.Single(browser.LastSetCookies);
        rejects = false;
        Assert.Equal("nobody nobody three", await browser.ReadAsync("/whole"));
        Assert.Equal("nobody nobody nothing", await before.ReadAsync("/whole"));
        Assert.Equal("Replaced", await before.ReadAsync("/end"));
    }

    [Theory]
    [InlineData("/protected", 401)]
    [InlineData("/fails", 500)]
    [InlineData("/read-only", 200)]
    [InlineData("/no-session", 401)]
    public async Task A_rejection_holds_whatever_becomes_of_its_request(string path, int status)
    {
        var rejects = false;
        await using var app = await ValidatingAsync(context =>
        {
            if (rejects)
            {
                context.RejectPrincipal();
            }

            return Task.CompletedTask;
        });
        var browser = await SignedInAsync(app);
        rejects = true;

        using var response = await browser.GetAsync(path);

        Assert.Equal(status, (int)response.StatusCode);
        rejects = false;
        Assert.Equal("nobody nobody nothing", await browser.ReadAsync("/whole"));
    }

    [Fact]
    public async Task A_replaced_principal_is_of_this_request_alone_unless_it_is_to_be_kept()
    {
        string? role = null;
        var keeps = false;
        await using var app = await ValidatingAsync(context =>
        {
            if (role is not null)
            {
                context.ReplacePrincipal(AuthenticationApp.PrincipalOf("alice", role));
                context.ShouldRenew = keeps;
                role = null;
            }

            return Task.CompletedTask;
        });
        var browser = await SignedInAsync(app);
        var token = browser.Token;

        role = "admin";
        Assert.Equal(200, (int)(await browser.GetAsync("/admin")).StatusCode);
        Assert.Equal(403, (int)(await browser.GetAsync("/admin")).StatusCode);
        (role, keeps) = ("admin", true);
        Assert.Equal(200, (int)(await browser.GetAsync("/admin")).StatusCode);
        Assert.Empty(browser.LastSetCookies);
        Assert.Equal(200, (int)(await browser.GetAsync("/admin")).StatusCode);
        Assert.Equal(token, browser.Token);
        Assert.Equal(200, (int)(await browser.GetAsync("/recent")).StatusCode);
    }

    [Fact]
    public async Task Another_users_principal_can_not_be_kept()
    {
        await using var app = await ValidatingAsync(context =>
        {
            context.ReplacePrincipal(AuthenticationApp.PrincipalOf("bob", "user"));
            context.ShouldRenew = true;
            return Task.CompletedTask;
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        using var response = await browser.GetAsync("/page");

        Assert.Contains("another user", await response.BodyAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_validation_from_time_to_time_is_remembered_by_the_session()
    {
        var times = new List<DateTimeOffset>();
        await using var app = await ValidatingAsync(context =>
        {
            times.Add(context.ValidatedAt);
            if (context.HttpContext.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow() - context.ValidatedAt >= TimeSpan.FromMinutes(5))
            {
                context.MarkValidated();
            }

            return Task.CompletedTask;
        });
        var start = app.Clock.GetUtcNow();
        var browser = await SignedInAsync(app);
        times.Clear();

        foreach (var minutes in (int[])[4, 2, 3, 2])
        {
            app.Clock.Advance(TimeSpan.FromMinutes(minutes));
            Assert.Equal("alice", await browser.ReadAsync("/user"));
        }

        Assert.Equal([0, 0, 6, 6], times.Select(time => (int)(time - start).TotalMinutes));
    }

    [Fact]
    public async Task A_sign_out_in_an_application_that_validates_signs_out()
    {
        await using var app = await ValidatingAsync(_ => Task.CompletedTask);
        var browser = await SignedInAsync(app);
        Assert.Equal("alice", await browser.ReadAsync("/user"));

        await browser.DoAsync("/leave");

        Assert.Equal("nobody", await browser.ReadAsync("/user"));
    }

    [Fact]
    public async Task A_validation_that_signs_out_and_then_throws_has_signed_out()
    {
        var fails = false;
        await using var app = await ValidatingAsync(async context =>
        {
            if (fails)
            {
                await context.HttpContext.SignOutAsync(context.Scheme.Name);
                throw new InvalidOperationException("The event fails.");
            }
        });
        var browser = await SignedInAsync(app);
        fails = true;
        using var response = await browser.GetAsync("/page");
        fails = false;

        Assert.Equal("nobody", await browser.ReadAsync("/user"));
    }

    [Fact]
    public async Task A_validation_while_another_user_is_acted_as_keeps_who_acts()
    {
        await using var app = await ValidatingAsync(context =>
        {
            context.ShouldRenew = true;
            context.MarkValidated();
            return Task.CompletedTask;
        });
        var browser = await SignedInAsync(app);
        await browser.DoAsync("/act-as/bob");

        Assert.Equal(("bob", "bob"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/me")));
        Assert.Contains("\"actorId\":\"alice\"", await browser.ReadAsync("/info"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_that_has_chosen_a_status_is_not_redirected()
    {
        await using var app = await ValidatingAsync(_ => Task.CompletedTask);

        using var response = await app.NewBrowser().PostAsync("/created?to=%2Fnext");

        Assert.Equal((201, null), ((int)response.StatusCode, response.Headers.Location));
    }

    [Fact]
    public async Task The_events_can_come_from_dependency_injection_and_their_methods_be_overridden()
    {
        await using var app = await AuthenticationApp.StartAsync(
            scheme => scheme.EventsType = typeof(OwnEvents),
            services: services => services.AddScoped<OwnEvents>());
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in-as/alice/user");

        Assert.Equal("nobody", await browser.ReadAsync("/user"));
    }

    [Fact]
    public async Task A_sign_in_event_may_change_what_is_signed_in()
    {
        await using var app = await AuthenticationApp.StartAsync(scheme => scheme.Events.OnSigningIn = context =>
        {
            context.Principal = AuthenticationApp.PrincipalOf("alice", "admin");
            context.Properties.IsPersistent = true;
            return Task.CompletedTask;
        });
        var browser = app.NewBrowser();

        await browser.DoAsync("/sign-in-as/bob/user");

        Assert.Contains("max-age", Assert.Single(browser.LastSetCookies), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(("alice", "admin"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/admin")));
    }

    private static Task<App> ValidatingAsync(Func<SessionValidatePrincipalContext, Task> validate) =>
        AuthenticationApp.StartAsync(scheme => scheme.Events.OnValidatePrincipal = validate, map: Map);

    private static Task<App> StartAsync(List<string> log) => AuthenticationApp.StartAsync(
        scheme =>
        {
            (scheme.LoginPath, scheme.LogoutPath, scheme.AccessDeniedPath) = ("/login", "/logout", "/denied");
            var events = new SessionAuthenticationEvents();
            scheme.Events = new SessionAuthenticationEvents
            {
                OnSigningIn = context => Note(log, "signing in", context.Principal, context.Properties),
                OnSignedIn = context => Note(log, "signed in", context.Principal, context.Properties),
                OnSigningOut = context => Note(log, "signing out", null, context.Properties),
                OnRedirectToLogin = context => Then(Note(log, $"login {context.RedirectUri}", null, context.Properties), () => events.RedirectToLogin(context)),
                OnRedirectToAccessDenied = context => Then(Note(log, $"denied {context.RedirectUri}", null, context.Properties), () => events.RedirectToAccessDenied(context)),
                OnRedirectToReturnUrl = context => Then(Note(log, $"return {context.RedirectUri}", null, context.Properties), () => events.RedirectToReturnUrl(context)),
            };
        },
        map: Map);

    private static Task<App> StartWithCookiesAsync(List<string> log) => App.StartAsync(
        app =>
        {
            app.MapGet("/admin", () => "admin").RequireAuthorization(policy => policy.RequireRole("admin"));
            Map(app);
        },
        new AppOptions
        {
            CookieName = ".AspNetCore.Cookies",
            Services = services =>
            {
                services.AddAuthentication().AddCookie(options =>
                {
                    (options.LoginPath, options.LogoutPath, options.AccessDeniedPath) = ("/login", "/logout", "/denied");
                    var events = new CookieAuthenticationEvents();
                    options.Events = new CookieAuthenticationEvents
                    {
                        OnSigningIn = context => Note(log, "signing in", context.Principal, context.Properties),
                        OnSignedIn = context => Note(log, "signed in", context.Principal, context.Properties),
                        OnSigningOut = context => Note(log, "signing out", null, context.Properties),
                        OnRedirectToLogin = context => Then(Note(log, $"login {context.RedirectUri}", null, context.Properties), () => events.RedirectToLogin(context)),
                        OnRedirectToAccessDenied = context => Then(Note(log, $"denied {context.RedirectUri}", null, context.Properties), () => events.RedirectToAccessDenied(context)),
                        OnRedirectToReturnUrl = context => Then(Note(log, $"return {context.RedirectUri}", null, context.Properties), () => events.RedirectToReturnUrl(context)),
                    };
                });
                services.AddAuthorization();
            },
        });

    private static Task Note(List<string> log, string what, ClaimsPrincipal? user, AuthenticationProperties properties)
    {
        log.Add($"{what} {user?.FindFirstValue(ClaimTypes.NameIdentifier)} {properties.RedirectUri}");
        return Task.CompletedTask;
    }

    private static async Task Then(Task first, Func<Task> second)
    {
        await first;
        await second();
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/page", () => Results.Content("page", "text/html")).RequireAuthorization();
        app.MapPost("/sign-in", (HttpContext context, string? to) => context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user"), new AuthenticationProperties { RedirectUri = to }));
        app.MapPost("/act-as/{user}", (ISessionManager session, string user) => session.ImpersonateAsync(user));
        app.MapPost("/created", (HttpContext context, string? to) =>
        {
            context.Response.StatusCode = 201;
            return context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user"), new AuthenticationProperties { RedirectUri = to });
        });
        app.MapPost("/login", (HttpContext context) => context.SignInAsync(AuthenticationApp.PrincipalOf("alice", "user")));
        app.MapPost("/logout", (HttpContext context) => context.SignOutAsync());
        app.MapPost("/leave", (HttpContext context, string? to) => context.SignOutAsync(new AuthenticationProperties { RedirectUri = to }));
        app.MapPost("/challenge", (HttpContext context, string? to) => context.ChallengeAsync(new AuthenticationProperties { RedirectUri = to }));
        app.MapPost("/forbid", (HttpContext context, string? to) => context.ForbidAsync(new AuthenticationProperties { RedirectUri = to }));
        app.MapGet("/three-times", async (HttpContext context) =>
        {
            var first = (await context.AuthenticateAsync()).Principal;
            var second = (await context.AuthenticateAsync(SessionManagerDefaults.AuthenticationScheme)).Principal;
            return string.Join(' ', new[] { context.User, first, second }.Select(user => user?.FindFirstValue(ClaimTypes.NameIdentifier)));
        });
        app.MapGet("/whole", (HttpContext context, ISessionManager session) =>
            $"{context.User.FindFirstValue(ClaimTypes.NameIdentifier) ?? "nobody"} {session.GetUserId() ?? "nobody"} {session.GetValue<string>("cart") ?? "nothing"}");
        app.MapGet("/fails", (Func<string>)(() => throw new InvalidOperationException("The handler fails.")));
        app.MapGet("/read-only", [Session(SessionMode.ReadOnly)] (ISessionManager session) => session.GetUserId() ?? "nobody");
        app.MapGet("/no-session", [Session(SessionMode.Disabled)] () => "page").RequireAuthorization();
    }

    private static async Task<Browser> SignedInAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in");
        return browser;
    }

    private static async Task<(int Status, string? Location)> AskAsync(App app, string request, bool signedIn)
    {
        var browser = signedIn ? await SignedInAsync(app) : app.NewBrowser();
        var parts = request.Split(' ');
        using var message = new HttpRequestMessage(new HttpMethod(parts[0]), parts[1]);
        if (parts.Length > 2)
        {
            message.Headers.Add(parts[2], "XMLHttpRequest");
        }

        using var response = await browser.SendAsync(message);
        return ((int)response.StatusCode, response.Headers.Location?.OriginalString);
    }

    private sealed class OwnEvents : SessionAuthenticationEvents
    {
        public override Task ValidatePrincipal(SessionValidatePrincipalContext context)
        {
            context.RejectPrincipal();
            return Task.CompletedTask;
        }
    }
}
