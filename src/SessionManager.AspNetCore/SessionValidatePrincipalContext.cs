using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore;

/// <summary>The principal of a session, which the event may reject, replace or renew.</summary>
public sealed class SessionValidatePrincipalContext : PrincipalContext<SessionAuthenticationOptions>
{
    /// <summary>Creates the context.</summary>
    /// <param name="context">The request.</param>
    /// <param name="scheme">The scheme.</param>
    /// <param name="options">The options of the scheme.</param>
    /// <param name="ticket">The principal and the properties that the session keeps.</param>
    /// <param name="validatedAt">When the principal was last validated.</param>
    public SessionValidatePrincipalContext(
        HttpContext context,
        AuthenticationScheme scheme,
        SessionAuthenticationOptions options,
        AuthenticationTicket ticket,
        DateTimeOffset validatedAt)
        : base(context, scheme, options, ticket?.Properties)
    {
        ArgumentNullException.ThrowIfNull(ticket);
        (Principal, ValidatedAt) = (ticket.Principal, validatedAt);
    }

    /// <summary>When <see cref="MarkValidated"/> was last called for the session, or else the time of the
    /// sign-in.</summary>
    public DateTimeOffset ValidatedAt { get; }

    /// <summary>Whether the session keeps <see cref="PrincipalContext{TOptions}.Principal"/> and
    /// <see cref="PropertiesContext{TOptions}.Properties"/> from now on. The default is <see langword="false"/>: they
    /// are of this request alone. A renewal is no sign-in: the token, the times and the limits of the session
    /// stay.</summary>
    public bool ShouldRenew { get; set; }

    /// <summary>Whether <see cref="MarkValidated"/> was called.</summary>
    internal bool IsMarked { get; private set; }

    /// <summary>Whether the session ends, and not only its sign-in.</summary>
    internal bool EndsSession { get; private set; }

    /// <summary>Replaces the principal. Set <see cref="ShouldRenew"/> to keep it for the requests after this
    /// one.</summary>
    /// <param name="principal">The new principal, of the same user.</param>
    public void ReplacePrincipal(ClaimsPrincipal principal)
    {
        ArgumentNullException.ThrowIfNull(principal);
        Principal = principal;
    }

    /// <summary>Rejects the principal: nobody is signed in for this request, and the user is signed out of the session
    /// when the request is saved.</summary>
    public void RejectPrincipal() => Principal = null;

    /// <summary>Keeps the time of this validation with the session, for an event that validates only from time to time.
    /// The next request finds it in <see cref="ValidatedAt"/>.</summary>
    public void MarkValidated() => IsMarked = true;

    /// <summary>Rejects the principal, and ends the session as revoked.</summary>
    internal void Revoke()
    {
        RejectPrincipal();
        EndsSession = true;
    }
}
