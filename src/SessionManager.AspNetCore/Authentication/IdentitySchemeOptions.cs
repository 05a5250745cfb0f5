using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>Gives Identity's scheme what the application has configured for the cookie. What the application has set
/// for the scheme itself stays.</summary>
internal sealed class IdentitySchemeOptions(
    IOptionsMonitor<CookieAuthenticationOptions> cookies, IOptions<IdentityOptions> identity, TimeProvider time)
    : IPostConfigureOptions<SessionAuthenticationOptions>
{
    private static readonly SessionAuthenticationOptions Defaults = new();

    public void PostConfigure(string? name, SessionAuthenticationOptions options)
    {
        if (!string.Equals(name, IdentityConstants.ApplicationScheme, StringComparison.Ordinal))
        {
            return;
        }

        var cookie = cookies.Get(name);
        options.LoginPath = options.LoginPath.HasValue ? options.LoginPath : cookie.LoginPath;
        options.LogoutPath = options.LogoutPath.HasValue ? options.LogoutPath : cookie.LogoutPath;
        options.AccessDeniedPath =
            options.AccessDeniedPath.HasValue ? options.AccessDeniedPath : cookie.AccessDeniedPath;
        if (string.Equals(options.ReturnUrlParameter, Defaults.ReturnUrlParameter, StringComparison.Ordinal))
        {
            options.ReturnUrlParameter = cookie.ReturnUrlParameter;
        }

        options.ForwardDefault ??= cookie.ForwardDefault;
        options.ForwardDefaultSelector ??= cookie.ForwardDefaultSelector;
        options.ForwardAuthenticate ??= cookie.ForwardAuthenticate;
        options.ForwardChallenge ??= cookie.ForwardChallenge;
        options.ForwardForbid ??= cookie.ForwardForbid;
        options.ForwardSignIn ??= cookie.ForwardSignIn;
        options.ForwardSignOut ??= cookie.ForwardSignOut;
        options.TimeProvider ??= time;
        options.UserIdClaimType = identity.Value.ClaimsIdentity.UserIdClaimType;
        options.ValidatesSecurityStamp = true;
    }
}
