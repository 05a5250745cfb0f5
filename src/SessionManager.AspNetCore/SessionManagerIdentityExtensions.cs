using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Authentication;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Signs the users of ASP.NET Core Identity in to sessions.</summary>
public static class SessionManagerIdentityExtensions
{
    /// <summary>
    /// Puts the session in the place of Identity's application cookie: the scheme <c>Identity.Application</c> is the
    /// session's, so that <c>SignInManager</c> signs in to the session and out of it, and the session's user is the
    /// Identity user's id. The other cookies of Identity (external logins, two-factor) and its bearer tokens stay what
    /// they are. It works with <c>AddIdentity</c>, <c>AddDefaultIdentity</c>, <c>AddIdentityApiEndpoints</c> and
    /// <c>AddIdentityCookies</c>, called before it or after it.
    /// </summary>
    /// <remarks>
    /// <para>The paths and the return parameter that <c>ConfigureApplicationCookie</c> sets are followed, and the
    /// schemes that it forwards to, unless <paramref name="configure"/> sets others. <c>LoginPath</c> is
    /// <c>/Account/Login</c> by default. Each setting that is not followed is a warning in the log at the start:
    /// <c>ExpireTimeSpan</c> among them, because <see cref="SessionManagerOptions"/> decides how long a sign-in
    /// lasts.</para>
    /// <para>The application's <c>ISecurityStampValidator</c> validates the security stamp each
    /// <c>SecurityStampValidatorOptions.ValidationInterval</c>, before
    /// <see cref="SessionAuthenticationEvents.OnValidatePrincipal"/> is called. A session whose principal it rejects
    /// ends as <see cref="SessionEndReason.Revoked"/>. A user whom <c>SetUserId</c> signed in has no stamp, and is not
    /// validated.</para>
    /// <para>The application does not start when it has no scheme <c>Identity.Application</c>, when another handler
    /// than the framework's has that scheme, or when there is no <c>ISecurityStampValidator</c>.</para>
    /// </remarks>
    /// <param name="builder">The builder that <c>AddSessionManager</c> returned.</param>
    /// <param name="configure">Sets options of the scheme. The options are validated when the application starts. The
    /// default is <see langword="null"/>: they are those of the application cookie.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="builder"/> is <see langword="null"/>.</exception>
    public static ISessionManagerBuilder AddIdentitySessions(
        this ISessionManagerBuilder builder, Action<SessionAuthenticationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddAuthentication();
        SchemeServices.Add(services);
        services.TryAddSingleton(provider => ActivatorUtilities.CreateInstance<SecurityStamps>(provider, services));
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<AuthenticationOptions>, IdentityHandler>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IPostConfigureOptions<SessionAuthenticationOptions>, IdentitySchemeOptions>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<SessionAuthenticationOptions>, ValidateIdentityScheme>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, IdentityReport>());
        var options = services.AddOptions<SessionAuthenticationOptions>(IdentityConstants.ApplicationScheme)
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        return builder;
    }
}
