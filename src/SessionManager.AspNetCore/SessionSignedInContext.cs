using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore;

/// <summary>A sign-in that was made. It is saved with the response.</summary>
public sealed class SessionSignedInContext : PrincipalContext<SessionAuthenticationOptions>
{
    /// <summary>Creates the context.</summary>
    /// <param name="context">The request.</param>
    /// <param name="scheme">The scheme.</param>
    /// <param name="principal">The principal that was signed in.</param>
    /// <param name="properties">The properties of the sign-in. The default is no property.</param>
    /// <param name="options">The options of the scheme.</param>
    public SessionSignedInContext(
        HttpContext context,
        AuthenticationScheme scheme,
        ClaimsPrincipal principal,
        AuthenticationProperties? properties,
        SessionAuthenticationOptions options)
        : base(context, scheme, options, properties) => Principal = principal;
}
