using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>Puts the session in the place of Identity's application cookie, in whichever order the two were
/// added.</summary>
internal sealed class IdentityHandler : IPostConfigureOptions<AuthenticationOptions>
{
    public void PostConfigure(string? name, AuthenticationOptions options)
    {
        // A handler that is not the framework's does something of its own, which ValidateIdentityScheme reports.
        if (options.SchemeMap.TryGetValue(IdentityConstants.ApplicationScheme, out var scheme)
            && scheme.HandlerType == typeof(CookieAuthenticationHandler))
        {
            scheme.HandlerType = typeof(SessionAuthenticationHandler);
        }
    }
}
