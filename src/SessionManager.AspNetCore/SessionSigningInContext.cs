using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore;

/// <summary>A sign-in that is about to be made. The event may change the principal and the properties.</summary>
public sealed class SessionSigningInContext : PrincipalContext<SessionAuthenticationOptions>
{
    /// <summary>Creates the context.</summary>
    /// <param name="context">The request.</param>
    /// <param name="scheme">The scheme.</param>
    /// <param name="options">The options of the scheme.</param>
    /// <param name="principal">The principal to sign in.</param>
    /// <param name="properties">The properties of the sign-in. The default is no property.</param>
    public SessionSigningInContext(
        HttpContext context,
        AuthenticationScheme scheme,
        SessionAuthenticationOptions options,
        ClaimsPrincipal principal,
        AuthenticationProperties? properties)
        : base(context, scheme, options, properties) => Principal = principal;
}
