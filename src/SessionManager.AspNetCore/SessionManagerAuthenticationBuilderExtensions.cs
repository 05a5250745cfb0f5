using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection.Extensions;
using SessionManager.AspNetCore;
using SessionManager.AspNetCore.Authentication;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the session's user as an authentication scheme.</summary>
public static class SessionManagerAuthenticationBuilderExtensions
{
    /// <summary>
    /// Makes the session's user <c>HttpContext.User</c>, so that <c>[Authorize]</c>, policies, <c>SignInAsync</c> and <c>SignOutAsync</c> work
    /// over the session. As the only scheme it is the default one. <c>UseSessionManager</c> is still needed, for what changes the session.
    /// </summary>
    /// <remarks><c>SignInAsync</c> takes the user id from the claim <c>ClaimTypes.NameIdentifier</c>, or else <c>sub</c>, or else the identity's
    /// name, and keeps the principal with the session. <c>SetUserId</c> alone gives a principal with a name identifier, and signs in by the scheme
    /// that was registered first: register further ones behind it. A session has one sign-in at a time: only the scheme that made it authenticates and signs out. Use policies or
    /// claims, not schemes, for roles. A request whose user nobody asks for may load no session. While the store can't be reached, asking for the
    /// user throws <see cref="SessionStoreException"/>, which is answered with 503.</remarks>
    /// <param name="builder">What <c>AddAuthentication</c> returned.</param>
    public static AuthenticationBuilder AddSessionManager(this AuthenticationBuilder builder) =>
        builder.AddSessionManager(SessionManagerDefaults.AuthenticationScheme, static _ => { });

    /// <summary>Makes the session's user <c>HttpContext.User</c>, under a scheme name of your own.</summary>
    /// <param name="builder">What <c>AddAuthentication</c> returned.</param>
    /// <param name="authenticationScheme">The name of the scheme.</param>
    public static AuthenticationBuilder AddSessionManager(this AuthenticationBuilder builder, string authenticationScheme) =>
        builder.AddSessionManager(authenticationScheme, static _ => { });

    /// <summary>Makes the session's user <c>HttpContext.User</c>, with options.</summary>
    /// <param name="builder">What <c>AddAuthentication</c> returned.</param>
    /// <param name="configure">Sets options.</param>
    public static AuthenticationBuilder AddSessionManager(this AuthenticationBuilder builder, Action<SessionAuthenticationOptions> configure) =>
        builder.AddSessionManager(SessionManagerDefaults.AuthenticationScheme, configure);

    /// <summary>Makes the session's user <c>HttpContext.User</c>, under a scheme name of your own and with options.</summary>
    /// <param name="builder">What <c>AddAuthentication</c> returned.</param>
    /// <param name="authenticationScheme">The name of the scheme.</param>
    /// <param name="configure">Sets options.</param>
    public static AuthenticationBuilder AddSessionManager(
        this AuthenticationBuilder builder, string authenticationScheme, Action<SessionAuthenticationOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrEmpty(authenticationScheme);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddSessionManager();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IAuthorizationHandler, RecentAuthenticationHandler>());
        builder.Services.TryAddSingleton<AuthenticationCaller>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IStartupFilter, StoreOutage>());
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IDeveloperPageExceptionFilter, StoreOutage>());
        AddExceptionHandler(builder.Services);
        builder.Services.AddOptions<SessionAuthenticationOptions>(authenticationScheme).ValidateOnStart();
        return builder.AddScheme<SessionAuthenticationOptions, SessionAuthenticationHandler>(authenticationScheme, configure);
    }

    // In front of the application's own, one of which may answer 500 to everything.
    private static void AddExceptionHandler(IServiceCollection services)
    {
        var handler = ServiceDescriptor.Singleton<IExceptionHandler, StoreOutage>();
        if (!services.Any(service => service.ServiceType == handler.ServiceType && service.ImplementationType == handler.ImplementationType))
        {
            services.Insert(0, handler);
        }
    }
}
