using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore;

/// <summary>A sign-out that is about to be made.</summary>
public sealed class SessionSigningOutContext : PropertiesContext<SessionAuthenticationOptions>
{
    /// <summary>Creates the context.</summary>
    /// <param name="context">The request.</param>
    /// <param name="scheme">The scheme.</param>
    /// <param name="options">The options of the scheme.</param>
    /// <param name="properties">The properties of the sign-out. The default is no property.</param>
    public SessionSigningOutContext(
        HttpContext context,
        AuthenticationScheme scheme,
        SessionAuthenticationOptions options,
        AuthenticationProperties? properties)
        : base(context, scheme, options, properties)
    {
    }
}
