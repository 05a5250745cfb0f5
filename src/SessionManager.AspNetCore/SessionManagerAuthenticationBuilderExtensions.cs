using Microsoft.AspNetCore.Authentication;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Authentication;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the session's user as an authentication scheme.</summary>
public static class SessionManagerAuthenticationBuilderExtensions
{
    /// <summary>
    /// Adds an authentication scheme that makes the session's user <c>HttpContext.User</c>, so that <c>[Authorize]</c>,
    /// policies, <c>SignInAsync</c> and <c>SignOutAsync</c> work with the session. When this scheme is the only one, it
    /// is the default scheme. The application still calls <c>UseSessionManager</c>, which saves the changes of the
    /// session.
    /// </summary>
    /// <remarks>
    /// <para><c>SignInAsync</c> takes the user id from the claim <c>ClaimTypes.NameIdentifier</c>, or else from
    /// <c>sub</c>, or else from the identity's name, and keeps the principal with the session. <c>SetUserId</c> signs
    /// in with the scheme that was registered first, and makes a principal that has a name identifier only.</para>
    /// <para>A session has one sign-in at a time: only the scheme that made the sign-in authenticates the user and
    /// signs the user out. Use policies or claims, not schemes, for roles.</para>
    /// <para>A request loads no session when nothing asks for its user. While the store can't be reached, asking for
    /// the user throws <see cref="SessionStoreException"/>, and the request is answered with 503.</para>
    /// </remarks>
    /// <param name="builder">The builder that <c>AddAuthentication</c> returned.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static AuthenticationBuilder AddSessionManager(this AuthenticationBuilder builder) =>
        builder.AddSessionManager(SessionManagerDefaults.AuthenticationScheme, static _ => { });

    /// <inheritdoc cref="AddSessionManager(AuthenticationBuilder)"/>
    /// <param name="builder">The builder that <c>AddAuthentication</c> returned.</param>
    /// <param name="authenticationScheme">The name of the scheme. The default is
    /// <see cref="SessionManagerDefaults.AuthenticationScheme"/>.</param>
    /// <exception cref="ArgumentException"><paramref name="authenticationScheme"/> is empty.</exception>
    public static AuthenticationBuilder AddSessionManager(
        this AuthenticationBuilder builder, string authenticationScheme) =>
        builder.AddSessionManager(authenticationScheme, static _ => { });

    /// <inheritdoc cref="AddSessionManager(AuthenticationBuilder)"/>
    /// <param name="builder">The builder that <c>AddAuthentication</c> returned.</param>
    /// <param name="configure">Sets options of the scheme. The options are validated when the application
    /// starts.</param>
    public static AuthenticationBuilder AddSessionManager(
        this AuthenticationBuilder builder, Action<SessionAuthenticationOptions> configure) =>
        builder.AddSessionManager(SessionManagerDefaults.AuthenticationScheme, configure);

    /// <inheritdoc cref="AddSessionManager(AuthenticationBuilder)"/>
    /// <param name="builder">The builder that <c>AddAuthentication</c> returned.</param>
    /// <param name="authenticationScheme">The name of the scheme. The default is
    /// <see cref="SessionManagerDefaults.AuthenticationScheme"/>.</param>
    /// <param name="configure">Sets options of the scheme. The options are validated when the application
    /// starts.</param>
    /// <exception cref="ArgumentException"><paramref name="authenticationScheme"/> is empty.</exception>
    public static AuthenticationBuilder AddSessionManager(
        this AuthenticationBuilder builder, string authenticationScheme, Action<SessionAuthenticationOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(authenticationScheme);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddSessionManager();
        SchemeServices.Add(builder.Services);
        builder.Services.AddOptions<SessionAuthenticationOptions>(authenticationScheme).ValidateOnStart();
        return builder.AddScheme<SessionAuthenticationOptions, SessionAuthenticationHandler>(
            authenticationScheme, configure);
    }
}
