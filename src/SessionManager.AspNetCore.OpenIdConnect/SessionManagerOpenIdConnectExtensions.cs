using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Routing;
using SessionManager.AspNetCore.OpenIdConnect.BackchannelLogout;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the endpoints that an OpenID Connect provider calls.</summary>
public static class SessionManagerOpenIdConnectExtensions
{
    /// <summary>
    /// Maps the endpoint at which an OpenID Connect provider tells that a user has signed out there (OpenID Connect
    /// Back-Channel Logout 1.0): <c>app.MapBackchannelLogout()</c>. The sessions that the provider's logout token names
    /// end, on every node. Register the address of the endpoint at the provider as
    /// <c>backchannel_logout_uri</c>.
    /// </summary>
    /// <remarks>
    /// <para>The users have to sign in through the scheme of <c>AddAuthentication().AddSessionManager()</c>, as the
    /// <c>SignInScheme</c> of <c>AddOpenIdConnect</c>. A logout token with <c>sid</c> ends the session that was signed
    /// in to through that session at the provider; a token with <c>sub</c> alone ends all sessions of that user from
    /// that provider.</para>
    /// <para>A logout token is valid when it is signed by the provider's keys (<c>RS</c>, <c>PS</c> or <c>ES</c> with
    /// 256, 384 or 512 bits), is for the client id of the scheme, is at most 5 minutes old, has not expired, has the
    /// event of a back-channel logout, no nonce, and a <c>jti</c> that was not used before. Clocks may differ by the
    /// <c>ClockSkew</c> of the scheme's <c>TokenValidationParameters</c>, at most by a minute. Used tokens are kept in
    /// the application's <c>IDistributedCache</c>, so a token that is replayed is refused by all nodes that share the
    /// cache.</para>
    /// <para>The answer is 200 when the token was valid, also when no session was left to end; 400 with the error
    /// <c>invalid_request</c> when it was not, and nothing was ended; and 503 when the session store, the cache or the
    /// provider's keys can't be reached, so that the provider sends the token again.</para>
    /// <para>The endpoint is anonymous, also under a fallback policy, needs no antiforgery token and uses no session.
    /// However many invalid tokens come, it fetches the provider's keys at most once a minute.</para>
    /// </remarks>
    /// <param name="endpoints">The application, or a group of it.</param>
    /// <param name="pattern">The path. The default is <c>/signout-oidc-backchannel</c>.</param>
    /// <param name="authenticationSchemes">The names of the OpenID Connect schemes whose providers may call the
    /// endpoint. The default is all OpenID Connect schemes of the application.</param>
    /// <returns>A builder for conventions of the endpoint.</returns>
    /// <exception cref="InvalidOperationException"><c>AddSessionManager</c> or <c>AddAuthentication</c> was not
    /// called.</exception>
    public static IEndpointConventionBuilder MapBackchannelLogout(
        this IEndpointRouteBuilder endpoints,
        [StringSyntax("Route")] string pattern = "/signout-oidc-backchannel",
        params string[] authenticationSchemes)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(authenticationSchemes);
        return BackchannelLogoutEndpoint.Map(endpoints, pattern, authenticationSchemes);
    }
}
