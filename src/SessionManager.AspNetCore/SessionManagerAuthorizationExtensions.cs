using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;

namespace SessionManager.AspNetCore;

/// <summary>Requires a recent sign-in.</summary>
public static class SessionManagerAuthorizationExtensions
{
    /// <summary>Requires that the user signed in to the session recently. A user whose sign-in is too old is challenged
    /// to sign in again (401, or a redirect to the login page), and is not forbidden. (OWASP ASVS 5.0,
    /// 7.5.1.)</summary>
    /// <param name="builder">The policy.</param>
    /// <param name="maxAge">The greatest age of the sign-in. It is above zero.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxAge"/> is zero or negative.</exception>
    public static AuthorizationPolicyBuilder RequireRecentAuthentication(
        this AuthorizationPolicyBuilder builder, TimeSpan maxAge)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.RequireAuthenticatedUser().AddRequirements(new RecentAuthenticationRequirement(maxAge));
    }

    /// <summary>Requires, for endpoints, that the user signed in to the session recently. A user whose sign-in is too
    /// old is challenged to sign in again (401, or a redirect to the login page), and is not forbidden. (OWASP ASVS
    /// 5.0, 7.5.1.)</summary>
    /// <typeparam name="TBuilder">The type of the builder.</typeparam>
    /// <param name="builder">The endpoints.</param>
    /// <param name="maxAge">The greatest age of the sign-in. It is above zero.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxAge"/> is zero or negative.</exception>
    public static TBuilder RequireRecentAuthentication<TBuilder>(this TBuilder builder, TimeSpan maxAge)
        where TBuilder : IEndpointConventionBuilder =>
        builder.RequireAuthorization(policy => policy.RequireRecentAuthentication(maxAge));
}
