using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Authentication;

namespace SessionManager.AspNetCore;

/// <summary>What the application does when the authentication scheme validates, signs in, signs out or redirects a
/// user. The events have the shape of <c>CookieAuthenticationEvents</c>. Set the delegates, or derive a class and
/// override the methods.</summary>
/// <remarks><see cref="SessionManagerEvents"/> has the events of the sessions themselves.</remarks>
public class SessionAuthenticationEvents
{
    private static readonly Func<SessionValidatePrincipalContext, Task> AcceptsPrincipal =
        static _ => Task.CompletedTask;

    /// <summary>Validates the principal of a session, once for each request that asks for its user. It may reject the
    /// principal, replace it, or renew what the session keeps. The default accepts it.</summary>
    public Func<SessionValidatePrincipalContext, Task> OnValidatePrincipal { get; set; } = AcceptsPrincipal;

    /// <summary>Called before a user is signed in by <c>SignInAsync</c>, also when the call renews the sign-in. It may
    /// change the principal and the properties. The default does nothing.</summary>
    public Func<SessionSigningInContext, Task> OnSigningIn { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Called after a user was signed in by <c>SignInAsync</c>, also when the call renewed the sign-in. The
    /// sign-in is saved with the response. <see cref="SessionManagerEvents.OnSignedIn"/> is called after the save. The
    /// default does nothing.</summary>
    public Func<SessionSignedInContext, Task> OnSignedIn { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Called before a user is signed out by <c>SignOutAsync</c>. The default does nothing.</summary>
    public Func<SessionSigningOutContext, Task> OnSigningOut { get; set; } = static _ => Task.CompletedTask;

    /// <summary>Answers a request that needs a signed-in user. The default redirects to
    /// <see cref="SessionAuthenticationOptions.LoginPath"/>, and answers an API, or any request when there is no such
    /// path, with 401. Without the path, <see cref="RedirectContext{TOptions}.RedirectUri"/> is empty.</summary>
    public Func<RedirectContext<SessionAuthenticationOptions>, Task> OnRedirectToLogin { get; set; } =
        static context => Redirection.DenyAsync(context, StatusCodes.Status401Unauthorized);

    /// <summary>Answers a request whose user is forbidden to do what it asks for. The default redirects to
    /// <see cref="SessionAuthenticationOptions.AccessDeniedPath"/>, and answers an API, or any request when there is no
    /// such path, with 403. Without the path, <see cref="RedirectContext{TOptions}.RedirectUri"/> is empty.</summary>
    public Func<RedirectContext<SessionAuthenticationOptions>, Task> OnRedirectToAccessDenied { get; set; } =
        static context => Redirection.DenyAsync(context, StatusCodes.Status403Forbidden);

    /// <summary>Redirects to the page of the sign-out. The scheme itself does not call it, as the framework's cookie
    /// handler does not. The default redirects, and gives an API the address in the header <c>Location</c>.</summary>
    public Func<RedirectContext<SessionAuthenticationOptions>, Task> OnRedirectToLogout { get; set; } =
        static context => Redirection.LeadAsync(context);

    /// <summary>Redirects to the address that a sign-in or a sign-out leads to. The default redirects, and gives an API
    /// the address in the header <c>Location</c>.</summary>
    public Func<RedirectContext<SessionAuthenticationOptions>, Task> OnRedirectToReturnUrl { get; set; } =
        static context => Redirection.LeadAsync(context);

    /// <summary>Whether anything validates principals.</summary>
    internal bool Validates =>
        GetType() != typeof(SessionAuthenticationEvents) || OnValidatePrincipal != AcceptsPrincipal;

    /// <summary>Calls <see cref="OnValidatePrincipal"/>.</summary>
    /// <param name="context">The principal and its session.</param>
    /// <returns>A task that ends with the event.</returns>
    public virtual Task ValidatePrincipal(SessionValidatePrincipalContext context) => OnValidatePrincipal(context);

    /// <summary>Calls <see cref="OnSigningIn"/>.</summary>
    /// <param name="context">The principal to sign in.</param>
    /// <returns>A task that ends with the event.</returns>
    public virtual Task SigningIn(SessionSigningInContext context) => OnSigningIn(context);

    /// <summary>Calls <see cref="OnSignedIn"/>.</summary>
    /// <param name="context">The principal that was signed in.</param>
    /// <returns>A task that ends with the event.</returns>
    public virtual Task SignedIn(SessionSignedInContext context) => OnSignedIn(context);

    /// <summary>Calls <see cref="OnSigningOut"/>.</summary>
    /// <param name="context">The properties of the sign-out.</param>
    /// <returns>A task that ends with the event.</returns>
    public virtual Task SigningOut(SessionSigningOutContext context) => OnSigningOut(context);

    /// <summary>Calls <see cref="OnRedirectToLogin"/>.</summary>
    /// <param name="context">The address.</param>
    /// <returns>A task that ends with the event.</returns>
    public virtual Task RedirectToLogin(RedirectContext<SessionAuthenticationOptions> context) =>
        OnRedirectToLogin(context);

    /// <summary>Calls <see cref="OnRedirectToAccessDenied"/>.</summary>
    /// <param name="context">The address.</param>
    /// <returns>A task that ends with the event.</returns>
    public virtual Task RedirectToAccessDenied(RedirectContext<SessionAuthenticationOptions> context) =>
        OnRedirectToAccessDenied(context);

    /// <summary>Calls <see cref="OnRedirectToLogout"/>.</summary>
    /// <param name="context">The address.</param>
    /// <returns>A task that ends with the event.</returns>
    public virtual Task RedirectToLogout(RedirectContext<SessionAuthenticationOptions> context) =>
        OnRedirectToLogout(context);

    /// <summary>Calls <see cref="OnRedirectToReturnUrl"/>.</summary>
    /// <param name="context">The address.</param>
    /// <returns>A task that ends with the event.</returns>
    public virtual Task RedirectToReturnUrl(RedirectContext<SessionAuthenticationOptions> context) =>
        OnRedirectToReturnUrl(context);
}
