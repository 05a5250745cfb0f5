using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore.Identity.Tests.Infrastructure;

/// <summary>An application whose users are Identity's, and whose sign-ins are sessions.</summary>
internal static class IdentityApp
{
    public static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Starts the application with two users, <c>ann</c> and <c>bob</c>, whose passwords are <c>secret</c>.</summary>
    public static async Task<App> StartAsync(
        IdentityForm form = IdentityForm.Identity,
        bool sessionsFirst = false,
        Action<IServiceCollection>? services = null,
        Action<SessionManagerOptions>? session = null,
        Action<SessionAuthenticationOptions>? scheme = null,
        FaultCache? cache = null,
        Action<WebApplication>? before = null,
        Action<WebApplication>? map = null)
    {
        var app = await App.StartAsync(
            app =>
            {
                Map(app);
                map?.Invoke(app);
            },
            new AppOptions
            {
                Before = before,
                Cache = cache,
                Session = session,
                Services = collection =>
                {
                    if (sessionsFirst)
                    {
                        collection.AddSessionManager().AddIdentitySessions(scheme);
                    }

                    AddIdentity(collection, form);
                    if (!sessionsFirst)
                    {
                        collection.AddSessionManager().AddIdentitySessions(scheme);
                    }

                    collection.AddAuthorization();
                    services?.Invoke(collection);
                },
            });
        await using var scope = app.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        foreach (var name in (string[])["ann", "bob"])
        {
            Assert.True((await users.CreateAsync(new Member { Id = $"id-of-{name}", Name = name, Email = $"{name}@example.org" }, "secret")).Succeeded);
        }

        return app;
    }

    public static MemoryUserStore Users(App app) => app.Services.GetRequiredService<MemoryUserStore>();

    public static void AddIdentity(IServiceCollection services, IdentityForm form)
    {
        services.AddSingleton<MemoryUserStore>();
        services.AddSingleton<IUserStore<Member>>(provider => provider.GetRequiredService<MemoryUserStore>());
        services.AddSingleton<IRoleStore<IdentityRole>>(provider => provider.GetRequiredService<MemoryUserStore>());
        var identity = form switch
        {
            IdentityForm.Identity => services.AddIdentity<Member, IdentityRole>(),
            IdentityForm.DefaultIdentity => services.AddDefaultIdentity<Member>(),
            IdentityForm.ApiEndpoints => services.AddIdentityApiEndpoints<Member>(),
            _ => services.AddIdentityCore<Member>().AddSignInManager(),
        };
        identity.AddTokenProvider<FixedCodes>(FixedCodes.Provider);
        if (form is IdentityForm.Cookies or IdentityForm.ApplicationCookie)
        {
            var authentication = services.AddAuthentication(options =>
            {
                options.DefaultScheme = IdentityConstants.ApplicationScheme;
                options.DefaultSignInScheme = IdentityConstants.ExternalScheme;
            });
            _ = form is IdentityForm.Cookies ? (object)authentication.AddIdentityCookies() : authentication.AddApplicationCookie();
        }

        services.Configure<IdentityOptions>(options =>
        {
            options.Password = new PasswordOptions
            {
                RequireDigit = false,
                RequireLowercase = false,
                RequireNonAlphanumeric = false,
                RequireUppercase = false,
            };
            options.Lockout.MaxFailedAccessAttempts = 3;
        });
        services.Configure<PasswordHasherOptions>(options => options.IterationCount = 1);
    }

    private static void Map(WebApplication app)
    {
        app.MapSession();
        app.MapGet("/user", (ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true } ? user.Identity.Name : "nobody");
        app.MapGet("/claims", (ClaimsPrincipal user) => string.Join('|', user.Claims.Select(claim => $"{claim.Type}={claim.Value}")));
        app.MapGet("/protected", () => "secret").RequireAuthorization();
        app.MapGet("/admin", () => "admin").RequireAuthorization(policy => policy.RequireRole("admin"));
        app.MapGet("/recent", () => "recent").RequireRecentAuthentication(TimeSpan.FromMinutes(5));
        app.MapGet("/facts", (ISessionManager session) => $"{session.Info!.SessionId} {session.Info.AuthenticatedAt:O} {session.Info.CreatedAt:O}");
        app.MapGet("/ends", (ISessionManager session) => $"{session.Info!.IsPersistent} {session.Info.ExpiresAt:O}");
        app.MapPost("/login/{name}", async (SignInManager<Member> manager, string name, string password = "secret", bool remember = false) =>
            (await manager.PasswordSignInAsync(name, password, remember, lockoutOnFailure: true)).ToString());
        app.MapPost("/two-factor/{code}", async (SignInManager<Member> manager, string code, bool remember = false, bool rememberClient = false) =>
            (await manager.TwoFactorSignInAsync(FixedCodes.Provider, code, remember, rememberClient)).ToString());
        app.MapPost("/refresh", async (SignInManager<Member> manager, UserManager<Member> users, ClaimsPrincipal user) =>
            await manager.RefreshSignInAsync((await users.GetUserAsync(user))!));
        app.MapPost("/logout", (SignInManager<Member> manager) => manager.SignOutAsync());
        app.MapPost("/new-stamp/{name}", async (UserManager<Member> users, string name) =>
            await users.UpdateSecurityStampAsync((await users.FindByNameAsync(name))!) is { Succeeded: true });
        app.MapPost("/two-factors/{name}", async (UserManager<Member> users, string name) =>
            await users.SetTwoFactorEnabledAsync((await users.FindByNameAsync(name))!, enabled: true) is { Succeeded: true });
        app.MapPost("/revoke/{name}", async (ISessionDirectory directory, UserManager<Member> users, string name) =>
            await directory.RevokeUserAsync((await users.FindByNameAsync(name))!.Id));
        app.MapPost("/add-login/{name}/{key}", async (UserManager<Member> users, string name, string key) =>
            await users.AddLoginAsync((await users.FindByNameAsync(name))!, new UserLoginInfo("provider", key, "Provider")) is { Succeeded: true });
        app.MapPost("/external/{key}", (HttpContext context, string key) => context.SignInAsync(
            IdentityConstants.ExternalScheme,
            new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, key)], "provider")),
            new AuthenticationProperties(new Dictionary<string, string?>(StringComparer.Ordinal) { ["LoginProvider"] = "provider" })));
        app.MapPost("/external-login", async (SignInManager<Member> manager, bool remember = false) =>
            await manager.GetExternalLoginInfoAsync() is { } login
                ? (await manager.ExternalLoginSignInAsync(login.LoginProvider, login.ProviderKey, remember)).ToString()
                : "nobody");
    }
}
