using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.BearerToken;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Identity.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Identity.Tests;

/// <summary>AddIdentitySessions beside each form in which an application adds Identity.</summary>
public sealed class RegistrationTests
{
    public static TheoryData<IdentityForm, bool> Forms
    {
        get
        {
            var forms = new TheoryData<IdentityForm, bool>();
            foreach (var form in Enum.GetValues<IdentityForm>())
            {
                forms.Add(form, true);
                forms.Add(form, false);
            }

            return forms;
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task SignInManager_signs_in_to_the_session_and_out_of_it(IdentityForm form, bool sessionsFirst)
    {
        await using var app = await IdentityApp.StartAsync(form, sessionsFirst);
        using var client = new Client(app);

        Assert.Equal("Succeeded", await client.DoAsync("/login/ann"));

        Assert.Equal(["sid"], client.Cookies);
        Assert.Equal(("ann", "id-of-ann", "secret"), (await client.ReadAsync("/user"), await client.ReadAsync("/me"), await client.ReadAsync("/protected")));
        await client.DoAsync("/logout");
        Assert.Equal(("nobody", "nobody"), (await client.ReadAsync("/user"), await client.ReadAsync("/me")));
        Assert.NotEqual(200, await client.StatusAsync("/protected"));
        Assert.Equal(0, app.Logs.CountOf(70));
    }

    [Theory]
    [InlineData(IdentityForm.Identity, "/Account/Login", "/Account/AccessDenied")]
    [InlineData(IdentityForm.DefaultIdentity, "/Identity/Account/Login", "/Identity/Account/AccessDenied")]
    [InlineData(IdentityForm.Cookies, "/Account/Login", "/Account/AccessDenied")]
    public async Task Whoever_must_sign_in_is_led_where_the_cookie_would_lead(IdentityForm form, string login, string denied)
    {
        await using var app = await IdentityApp.StartAsync(form);

        await AssertLedAsync(app, $"{login}?ReturnUrl=%2Fprotected", $"{denied}?ReturnUrl=%2Fadmin");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_paths_of_ConfigureApplicationCookie_are_followed(bool sessionsFirst)
    {
        await using var app = await IdentityApp.StartAsync(sessionsFirst: sessionsFirst, services: services => services.ConfigureApplicationCookie(options =>
        {
            options.LoginPath = "/in";
            options.AccessDeniedPath = "/no";
            options.LogoutPath = "/out";
            options.ReturnUrlParameter = "back";
        }));

        await AssertLedAsync(app, "/in?back=%2Fprotected", "/no?back=%2Fadmin");
        Assert.Equal("/out", app.Services.GetRequiredService<IOptionsMonitor<SessionAuthenticationOptions>>().Get(IdentityConstants.ApplicationScheme).LogoutPath);
        Assert.Equal(0, app.Logs.CountOf(70));
    }

    [Fact]
    public async Task What_is_set_for_the_scheme_comes_before_what_is_set_for_the_cookie()
    {
        await using var app = await IdentityApp.StartAsync(
            scheme: options =>
            {
                options.LoginPath = "/mine";
                options.AccessDeniedPath = "/not-mine";
                options.ReturnUrlParameter = "from";
            },
            services: services => services.ConfigureApplicationCookie(options => options.LoginPath = options.AccessDeniedPath = "/theirs"));

        await AssertLedAsync(app, "/mine?from=%2Fprotected", "/not-mine?from=%2Fadmin");
    }

    [Fact]
    public async Task The_cookie_forwards_where_it_did()
    {
        await using var app = await IdentityApp.StartAsync(services: services =>
        {
            services.ConfigureApplicationCookie(options => options.ForwardChallenge = "other");
            services.AddAuthentication().AddCookie("other", options => options.LoginPath = "/elsewhere");
        });
        using var client = new Client(app);

        using var response = await client.SendAsync(HttpMethod.Get, "/protected");

        Assert.Equal("/elsewhere", response.Headers.Location?.AbsolutePath);
    }

    [Fact]
    public async Task The_bearer_tokens_of_the_api_endpoints_stay_what_they_are()
    {
        await using var app = await IdentityApp.StartAsync(IdentityForm.ApiEndpoints, map: app => app.MapGroup("/api").MapIdentityApi<Member>());
        using var client = new Client(app);
        var login = new { email = "ann@example.org", password = "secret" };

        using var answer = await client.SendAsync(HttpMethod.Post, "/api/login", JsonContent.Create(new { email = "ann", password = "secret" }));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var token = (await answer.Content.ReadFromJsonAsync<AccessTokenResponse>(TestContext.Current.CancellationToken))!.AccessToken;

        Assert.Empty(client.Cookies);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(HttpMethod.Get, "/api/manage/info")).StatusCode);
        using var info = await client.SendAsync(HttpMethod.Get, "/api/manage/info", bearer: token);
        Assert.Equal(login.email, (await info.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("email").GetString());
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.SendAsync(HttpMethod.Get, "/api/manage/info", bearer: "forged")).StatusCode);
        using var withBearer = await client.SendAsync(HttpMethod.Get, "/me", bearer: token);
        Assert.Equal("nobody", await withBearer.BodyAsync());

        using var cookie = await client.SendAsync(HttpMethod.Post, "/api/login?useCookies=true", JsonContent.Create(new { email = "bob", password = "secret" }));
        Assert.Equal((HttpStatusCode.OK, "sid"), (cookie.StatusCode, client.Cookies.Single()));
        Assert.Equal("id-of-bob", await client.ReadAsync("/me"));
        Assert.Contains("bob@example.org", await client.ReadAsync("/api/manage/info"), StringComparison.Ordinal);
        client.Restart();
        Assert.Equal("id-of-bob", await client.ReadAsync("/me"));
    }

    [Theory]
    [InlineData(IdentityForm.Identity)]
    [InlineData(IdentityForm.ApiEndpoints)]
    public async Task A_request_that_needs_no_user_loads_no_session(IdentityForm form)
    {
        var cache = new FaultCache();
        await using var app = await IdentityApp.StartAsync(
            form,
            cache: cache,
            before: app => app.Use((context, next) => context.Request.Path == "/site.css" ? context.Response.WriteAsync("body {}") : next(context)),
            map: app => app.MapGet("/no-session", () => "static").WithSession(SessionMode.Disabled));
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();
        var before = cache.Gets;

        Assert.Equal("static", await client.ReadAsync("/no-session"));
        Assert.Equal("body {}", await client.ReadAsync("/site.css"));
        Assert.Equal(before, cache.Gets);
        Assert.Equal("ann", await client.ReadAsync("/user"));
        Assert.Equal(before + 1, cache.Gets);
    }

    [Fact]
    public async Task Both_schemes_work_beside_each_other()
    {
        await using var app = await IdentityApp.StartAsync(
            services: services => services.AddAuthentication().AddSessionManager(),
            map: app =>
            {
                app.MapPost("/other/{id}", (HttpContext context, string id) => context.SignInAsync(
                    SessionManagerDefaults.AuthenticationScheme, new(new System.Security.Claims.ClaimsIdentity([new("sub", id)], "other"))));
                app.MapGet("/other", async (HttpContext context) =>
                    (await context.AuthenticateAsync(SessionManagerDefaults.AuthenticationScheme)).Principal?.FindFirst("sub")?.Value ?? "nobody");
            });
        using var client = new Client(app);

        await client.DoAsync("/login/ann");
        Assert.Equal(("ann", "nobody"), (await client.ReadAsync("/user"), await client.ReadAsync("/other")));
        await client.DoAsync("/other/7");
        Assert.Equal(("nobody", "7", "7"), (await client.ReadAsync("/user"), await client.ReadAsync("/other"), await client.ReadAsync("/me")));
        await client.DoAsync("/logout");
        Assert.Equal("7", await client.ReadAsync("/other"));
    }

    [Fact]
    public async Task The_user_id_is_the_claim_that_Identity_is_told_to_use()
    {
        await using var app = await IdentityApp.StartAsync(services: services =>
            services.Configure<IdentityOptions>(options => options.ClaimsIdentity.UserIdClaimType = "uid"));
        var client = (await Client.SignInAsync(app, "ann", 1)).Single();

        Assert.Equal("id-of-ann", await client.ReadAsync("/me"));
        for (var half = 0; half < 2; half++)
        {
            // Past the check of the stamp, which renews the principal.
            app.Clock.Advance(16 * IdentityApp.Minute);
            Assert.Equal("ann", await client.ReadAsync("/user"));
        }

        await client.DoAsync("/refresh");
        Assert.Equal("id-of-ann", await client.ReadAsync("/me"));
        await client.DoAsync("/sign-in/id-of-bob");
        await client.DoAsync("/refresh");
        Assert.Equal(("bob", "id-of-bob"), (await client.ReadAsync("/user"), await client.ReadAsync("/me")));
    }

    [Fact]
    public async Task Each_setting_of_the_cookie_that_is_not_followed_is_a_warning_with_its_remedy()
    {
        await using var app = await IdentityApp.StartAsync(services: services => services.ConfigureApplicationCookie(options =>
        {
            options.ExpireTimeSpan = TimeSpan.FromMinutes(5);
            options.SlidingExpiration = false;
            options.Cookie.Name = "app";
            options.Cookie.Domain = "example.org";
            options.Cookie.Path = "/app";
            options.Cookie.SameSite = SameSiteMode.Strict;
            options.Cookie.SecurePolicy = CookieSecurePolicy.Always;
            options.Cookie.HttpOnly = false;
            options.Cookie.IsEssential = false;
            options.Cookie.MaxAge = TimeSpan.FromDays(1);
            options.Cookie.Extensions.Add("Partitioned");
            options.CookieManager = new PlainCookies();
            options.DataProtectionProvider = new EphemeralDataProtectionProvider();
            options.TicketDataFormat = new PlainFormat();
            options.SessionStore = new NoTickets();
            options.ClaimsIssuer = "me";
            options.Events.OnValidatePrincipal = static _ => Task.CompletedTask;
            options.Events.OnSigningIn = static _ => Task.CompletedTask;
            options.Events.OnSignedIn = static _ => Task.CompletedTask;
            options.Events.OnSigningOut = static _ => Task.CompletedTask;
            options.Events.OnRedirectToLogin = static _ => Task.CompletedTask;
            options.Events.OnRedirectToAccessDenied = static _ => Task.CompletedTask;
            options.Events.OnRedirectToLogout = static _ => Task.CompletedTask;
            options.Events.OnRedirectToReturnUrl = static _ => Task.CompletedTask;
            options.Events.OnCheckSlidingExpiration = static _ => Task.CompletedTask;
        }));

        string[] expected =
        [
            "ExpireTimeSpan", "SlidingExpiration", "Cookie.Name", "Cookie.Domain", "Cookie.Path", "Cookie.SameSite", "Cookie.SecurePolicy", "Cookie.HttpOnly",
            "Cookie.IsEssential", "Cookie.MaxAge", "Cookie.Extensions", "CookieManager", "DataProtectionProvider", "TicketDataFormat", "SessionStore",
            "ClaimsIssuer", "Events.OnValidatePrincipal", "Events.OnSigningIn", "Events.OnSignedIn", "Events.OnSigningOut", "Events.OnRedirectToLogin",
            "Events.OnRedirectToAccessDenied", "Events.OnRedirectToLogout", "Events.OnRedirectToReturnUrl", "Events.OnCheckSlidingExpiration",
        ];
        var warnings = app.Logs.Ours.Where(entry => entry.EventId == 70).ToList();
        Assert.All(warnings, warning => Assert.Equal(LogLevel.Warning, warning.Level));
        Assert.Equal(
            expected.Order(StringComparer.Ordinal),
            warnings.Select(warning => warning.Message.Split('\'')[1]).Order(StringComparer.Ordinal));
        Assert.Contains(warnings, warning => warning.Message.EndsWith(
            "set IdleTimeout and AbsoluteTimeout, and PersistentIdleTimeout and PersistentAbsoluteTimeout for those who are remembered.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false, "Events")]
    [InlineData(true, "EventsType")]
    public async Task Events_of_a_class_of_their_own_are_one_warning(bool byType, string setting)
    {
        await using var app = await IdentityApp.StartAsync(services: services =>
        {
            services.AddSingleton<OwnEvents>();
            services.ConfigureApplicationCookie(options => _ = byType ? (object)(options.EventsType = typeof(OwnEvents)) : options.Events = new OwnEvents());
        });

        Assert.Equal(setting, Assert.Single(app.Logs.Ours, entry => entry.EventId == 70).Message.Split('\'')[1]);
    }

    [Fact]
    public async Task Without_Identity_the_application_does_not_start()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => App.StartAsync(
            _ => { }, new AppOptions { Services = services => services.AddSessionManager().AddIdentitySessions() }));

        Assert.Contains("no scheme 'Identity.Application'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("Call AddIdentity", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_another_handler_has_the_scheme_the_application_does_not_start()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => App.StartAsync(
            _ => { },
            new AppOptions
            {
                Services = services =>
                {
                    services.AddAuthentication().AddBearerToken(IdentityConstants.ApplicationScheme);
                    services.AddIdentityCore<Member>().AddUserStore<MemoryUserStore>().AddSignInManager();
                    services.AddSessionManager().AddIdentitySessions();
                },
            }));

        Assert.Contains("BearerTokenHandler", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_validator_of_stamps_the_application_does_not_start()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => App.StartAsync(
            _ => { },
            new AppOptions
            {
                Services = services =>
                {
                    services.AddAuthentication().AddIdentityCookies();
                    services.AddIdentityCore<Member>().AddUserStore<MemoryUserStore>();
                    services.AddSessionManager().AddIdentitySessions();
                },
            }));

        Assert.Contains("AddSignInManager", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_that_the_scheme_refuses_stop_the_start()
    {
        var fault = await Assert.ThrowsAsync<OptionsValidationException>(() => IdentityApp.StartAsync(scheme: options => options.LoginPath = "/login?x=1"));

        Assert.Contains("LoginPath is '/login?x=1'", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_call_adds_nothing()
    {
        var services = new ServiceCollection();
        services.AddSessionManager().AddIdentitySessions();
        var types = TypesOf(services);

        services.AddSessionManager().AddIdentitySessions();

        Assert.Equal(types, TypesOf(services));

        static IEnumerable<Type?> TypesOf(IServiceCollection services) =>
            [.. services.Where(service => service.ServiceType.Namespace is not "Microsoft.Extensions.Options").Select(service => service.ImplementationType)];
    }

    private static async Task AssertLedAsync(App app, string login, string denied)
    {
        using var client = new Client(app);
        using var anonymous = await client.SendAsync(HttpMethod.Get, "/protected");
        await client.DoAsync("/login/ann");
        using var forbidden = await client.SendAsync(HttpMethod.Get, "/admin");

        Assert.Equal((HttpStatusCode.Redirect, login), (anonymous.StatusCode, anonymous.Headers.Location?.PathAndQuery));
        Assert.Equal((HttpStatusCode.Redirect, denied), (forbidden.StatusCode, forbidden.Headers.Location?.PathAndQuery));
    }

    private sealed class OwnEvents : CookieAuthenticationEvents;

    private sealed class PlainCookies : ICookieManager
    {
        public string? GetRequestCookie(HttpContext context, string key) => null;

        public void AppendResponseCookie(HttpContext context, string key, string? value, CookieOptions options)
        {
        }

        public void DeleteCookie(HttpContext context, string key, CookieOptions options)
        {
        }
    }

    private sealed class PlainFormat : ISecureDataFormat<AuthenticationTicket>
    {
        public string Protect(AuthenticationTicket data) => throw new NotSupportedException();

        public string Protect(AuthenticationTicket data, string? purpose) => throw new NotSupportedException();

        public AuthenticationTicket? Unprotect(string? protectedText) => throw new NotSupportedException();

        public AuthenticationTicket? Unprotect(string? protectedText, string? purpose) => throw new NotSupportedException();
    }

    private sealed class NoTickets : ITicketStore
    {
        public Task<string> StoreAsync(AuthenticationTicket ticket) => throw new NotSupportedException();

        public Task RenewAsync(string key, AuthenticationTicket ticket) => throw new NotSupportedException();

        public Task<AuthenticationTicket?> RetrieveAsync(string key) => throw new NotSupportedException();

        public Task RemoveAsync(string key) => throw new NotSupportedException();
    }
}
