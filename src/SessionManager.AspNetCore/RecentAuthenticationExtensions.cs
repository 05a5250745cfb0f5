using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;

namespace SessionManager.AspNetCore;

/// <summary>Asks for a recent sign-in.</summary>
public static class RecentAuthenticationExtensions
{
    /// <summary>Requires that the user signed in to the session within a time. One who did so too long ago is challenged, to sign in again
    /// (401, or the login page), not forbidden. (OWASP ASVS 5.0, 7.5.1.)</summary>
    /// <param name="builder">The policy.</param>
    /// <param name="maxAge">How long ago the sign-in may be. Above zero.</param>
    public static AuthorizationPolicyBuilder RequireRecentAuthentication(this AuthorizationPolicyBuilder builder, TimeSpan maxAge)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.RequireAuthenticatedUser().AddRequirements(new RecentAuthenticationRequirement(maxAge));
    }

    /// <summary>Requires that the user signed in to the session within a time, for endpoints.</summary>
    /// <param name="builder">The endpoints.</param>
    /// <param name="maxAge">How long ago the sign-in may be. Above zero.</param>
    public static TBuilder RequireRecentAuthentication<TBuilder>(this TBuilder builder, TimeSpan maxAge)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAuthorization(policy => policy.RequireRecentAuthentication(maxAge));
}
