using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Requests from another site, under <c>SameSite=Strict</c>.</summary>
internal static class CrossSite
{
    /// <summary>
    /// Whether a session must not begin in this request, unless by a sign-in: the browser keeps a <c>Strict</c> cookie
    /// to itself on a request from another site (RFC 6265bis, section 5.8.3), so there may be a session already, and
    /// the cookie of a new one would replace its.
    /// </summary>
    /// <remarks>By the header of Fetch Metadata, which takes redirects into account: a way through another site makes a
    /// request cross-site. A browser that does not send the header, and whoever is no browser, is believed to have no
    /// cookie.</remarks>
    public static bool ForbidsSession(RequestSession session) =>
        session.State.CameWithoutCookie && IsCrossSite(session.Context) && IsStrict(session);

    private static bool IsCrossSite(HttpContext context) =>
        string.Equals(context.Request.Headers["Sec-Fetch-Site"], "cross-site", StringComparison.OrdinalIgnoreCase);

    // As the cookie would leave: a builder of the application's may decide by the request, and the cookie policy may be
    // stricter than that.
    private static bool IsStrict(RequestSession session) =>
        session.Services.Cookie.SameSiteOf(session.Context) == SameSiteMode.Strict
        || (session.Context.Features.Get<ITrackingConsentFeature>() is not null
            && PolicyOf(session.Context)?.MinimumSameSitePolicy == SameSiteMode.Strict);

    private static CookiePolicyOptions? PolicyOf(HttpContext context) =>
        context.RequestServices?.GetService<IOptions<CookiePolicyOptions>>()?.Value;
}
