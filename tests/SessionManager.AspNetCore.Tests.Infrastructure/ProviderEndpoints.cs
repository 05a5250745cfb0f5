using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>Signs users in as a handler of OpenID Connect does, without the provider.</summary>
internal static class ProviderEndpoints
{
    public const string Issuer = "https://op.example";

    public static void MapProviderSignIn(this IEndpointRouteBuilder app) => app.MapPost(
        "/sign-in-from",
        (HttpContext context, string user, string issuer, string? sid, string? sub, bool? persistent) => context.SignInAsync(
            SessionManagerDefaults.AuthenticationScheme,
            PrincipalOf(user, issuer, sid, sub),
            new AuthenticationProperties { IsPersistent = persistent == true }));

    /// <summary>Signs a user in for whom a provider vouches.</summary>
    /// <param name="browser">The browser.</param>
    /// <param name="user">The user of the application.</param>
    /// <param name="sid">The session at the provider.</param>
    /// <param name="sub">The user at the provider.</param>
    /// <param name="issuer">The provider.</param>
    /// <param name="persistent">Whether the browser keeps the cookie.</param>
    public static Task SignInFromAsync(
        this Browser browser, string user, string? sid = null, string? sub = null, string issuer = Issuer, bool persistent = false)
    {
        var query = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["user"] = user,
            ["issuer"] = issuer,
            ["sid"] = sid,
            ["sub"] = sub,
            ["persistent"] = persistent ? "true" : null,
        };
        return browser.DoAsync("/sign-in-from" + QueryString.Create(query.Where(it => it.Value is not null)));
    }

    private static ClaimsPrincipal PrincipalOf(string user, string issuer, string? sid, string? sub)
    {
        var identity = new ClaimsIdentity("OpenIdConnect");
        identity.AddClaim(new Claim(ClaimTypes.NameIdentifier, user));
        AddClaim("sid", sid);
        AddClaim("sub", sub);
        return new ClaimsPrincipal(identity);

        void AddClaim(string type, string? value)
        {
            if (value is not null)
            {
                identity.AddClaim(new Claim(type, value, ClaimValueTypes.String, issuer));
            }
        }
    }
}
