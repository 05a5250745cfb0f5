using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>An application whose users are those of the session.</summary>
internal static class AuthenticationApp
{
    public static Task<App> StartAsync(
        Action<SessionAuthenticationOptions>? scheme = null,
        FaultCache? cache = null,
        Action<SessionManagerOptions>? session = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? before = null,
        Action<WebApplication>? map = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapGet("/user", (ClaimsPrincipal user) => user.Identity is { IsAuthenticated: true } ? user.FindFirstValue(ClaimTypes.NameIdentifier) : "nobody");
            app.MapGet("/claims", (ClaimsPrincipal user) => string.Join('|', user.Claims.Select(claim => $"{claim.Type}={claim.Value}")));
            app.MapGet("/protected", () => "secret").RequireAuthorization();
            app.MapGet("/admin", () => "admin").RequireAuthorization(policy => policy.RequireRole("admin"));
            app.MapGet("/recent", () => "recent").RequireRecentAuthentication(TimeSpan.FromMinutes(5));
            app.MapPost("/sign-in-as/{user}/{role}", (HttpContext context, string user, string role) => context.SignInAsync(PrincipalOf(user, role)));
            app.MapPost("/scheme-sign-out", (HttpContext context) => context.SignOutAsync());
            map?.Invoke(app);
        },
        new AppOptions
        {
            Cache = cache,
            Session = session,
            Services = collection =>
            {
                collection.AddAuthentication().AddSessionManager(scheme ?? (static _ => { }));
                collection.AddAuthorization();
                services?.Invoke(collection);
            },
            Before = before,
        });

    public static ClaimsPrincipal PrincipalOf(string user, string role) => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.NameIdentifier, user), new Claim(ClaimTypes.Role, role), new Claim("größe", "schön 😀")], "password"));
}
