using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Requests from another site, from which the browser withholds the session cookie.</summary>
internal static class CrossSite
{
    /// <summary>
    /// Whether a session must not begin in this request, unless by a sign-in: the browser keeps the cookie to itself
    /// (RFC 6265bis, section 5.8.3), so there may be a session already, and the cookie of a new session would replace
    /// its cookie. A <c>Strict</c> cookie is kept from every request of another site, a <c>Lax</c> cookie from a form
    /// that another site posts, as to the callback of a remote authentication scheme.
    /// </summary>
    public static bool ForbidsSession(RequestSession session, SessionCallbacks callbacks) =>
        session.State.CameWithoutCookie
        && Is(session.Context)
        && (IsStrict(session)
            || (!HttpMethods.IsGet(session.Context.Request.Method) && callbacks.IsCallback(session.Context)));

    /// <summary>Whether a request came from another site.</summary>
    /// <remarks>By the header of Fetch Metadata, which takes redirects into account: a way through another site makes a
    /// request cross-site. Without that header, by the header <c>Origin</c>, which browsers send with a form that is
    /// posted. A client that sends neither is believed to have no cookie.</remarks>
    public static bool Is(HttpContext context)
    {
        var headers = context.Request.Headers;
        return headers.TryGetValue("Sec-Fetch-Site", out var site)
            ? string.Equals(site, "cross-site", StringComparison.OrdinalIgnoreCase)
            : headers.Origin is [{ Length: > 0 } origin]
                && !HttpMethods.IsGet(context.Request.Method)
                && !(Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                    && string.Equals(uri.Host, context.Request.Host.Host, StringComparison.OrdinalIgnoreCase));
    }

    // As the cookie would leave: a builder of the application's may decide by the request, and the cookie policy may be
    // stricter than that.
    /// <summary>Whether a request navigates, as a link or a form does. What a page loads beside does not.</summary>
    public static bool IsNavigation(HttpContext context) =>
        !context.Request.Headers.TryGetValue("Sec-Fetch-Mode", out var mode)
        || string.Equals(mode, "navigate", StringComparison.OrdinalIgnoreCase);

    private static bool IsStrict(RequestSession session) =>
        session.Services.Cookie.SameSiteOf(session.Context) == SameSiteMode.Strict
        || PolicyOfConsent(session.Context)?.MinimumSameSitePolicy == SameSiteMode.Strict;

    private static CookiePolicyOptions? PolicyOfConsent(HttpContext context) =>
        context.Features.Get<ITrackingConsentFeature>() is null
            ? null
            : context.RequestServices?.GetService<IOptions<CookiePolicyOptions>>()?.Value;
}
