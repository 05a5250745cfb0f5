using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>What an application has configured for Identity's application cookie, and the session does not
/// follow.</summary>
internal static class IgnoredCookieSettings
{
    private const string UseTimeouts =
        "SessionManagerOptions decides how long a sign-in lasts: set IdleTimeout and AbsoluteTimeout, and "
        + "PersistentIdleTimeout and PersistentAbsoluteTimeout for those who are remembered.";

    private const string UseCookie = "Set SessionManagerOptions.Cookie instead.";
    private const string UseNothing = "The session's cookie has a random token and no data. Remove the setting.";

    private const string UseEvents =
        "Set the event of the same name in SessionAuthenticationOptions.Events, which AddIdentitySessions configures.";

    private static readonly CookieAuthenticationOptions Defaults = new();
    private static readonly CookieAuthenticationEvents NoEvents = new();

    private static readonly Func<CookieValidatePrincipalContext, Task> ValidatesStamp =
        SecurityStampValidator.ValidatePrincipalAsync;

    /// <summary>The names of the settings, and what to use instead of each.</summary>
    /// <param name="options">The options of the cookie.</param>
    /// <param name="protection">The application's own protection, which every cookie has by default.</param>
    public static IEnumerable<(string Setting, string Remedy)> Of(
        CookieAuthenticationOptions options, IDataProtectionProvider? protection)
    {
        IEnumerable<(bool IsSet, string Setting, string Remedy)> settings =
        [
            (options.ExpireTimeSpan != Defaults.ExpireTimeSpan, nameof(options.ExpireTimeSpan), UseTimeouts),
            (options.SlidingExpiration != Defaults.SlidingExpiration, nameof(options.SlidingExpiration), UseTimeouts),
            .. OfCookie(options.Cookie),
            (options.CookieManager is not (null or ChunkingCookieManager), nameof(options.CookieManager), UseNothing),
            (options.DataProtectionProvider is { } own && own != protection,
                nameof(options.DataProtectionProvider), UseNothing),
            (options.TicketDataFormat is not (null or Microsoft.AspNetCore.Authentication.TicketDataFormat),
                nameof(options.TicketDataFormat), UseNothing),
            (options.SessionStore is not null, nameof(options.SessionStore),
                "The session keeps the principal. Remove the setting."),
            (options.ClaimsIssuer is not null, nameof(options.ClaimsIssuer),
                "Claims keep the issuer that they have at the sign-in. Remove the setting."),
            .. OfEvents(options),
        ];
        return settings.Where(it => it.IsSet).Select(it => (it.Setting, it.Remedy));
    }

    private static IEnumerable<(bool IsSet, string Setting, string Remedy)> OfCookie(CookieBuilder cookie)
    {
        var name = CookieAuthenticationDefaults.CookiePrefix + IdentityConstants.ApplicationScheme;
        var defaults = Defaults.Cookie;
        return
        [
            (!string.Equals(cookie.Name ?? name, name, StringComparison.Ordinal), "Cookie.Name", UseCookie),
            (cookie.Domain is not null, "Cookie.Domain", UseCookie),
            (!string.Equals(cookie.Path, defaults.Path, StringComparison.Ordinal), "Cookie.Path", UseCookie),
            (cookie.SameSite != defaults.SameSite, "Cookie.SameSite", UseCookie),
            (cookie.SecurePolicy != defaults.SecurePolicy, "Cookie.SecurePolicy", UseCookie),
            (cookie.HttpOnly != defaults.HttpOnly, "Cookie.HttpOnly", UseCookie),
            (cookie.IsEssential != defaults.IsEssential, "Cookie.IsEssential", UseCookie),
            (cookie.Extensions.Count > 0, "Cookie.Extensions", UseCookie),
            (cookie.MaxAge is not null, "Cookie.MaxAge", UseTimeouts),
        ];
    }

    // Identity's own validator of principals is not ignored: SecurityStamps does its work.
    private static IEnumerable<(bool IsSet, string Setting, string Remedy)> OfEvents(
        CookieAuthenticationOptions options)
    {
        if (options.EventsType is not null)
        {
            return [(true, nameof(options.EventsType), UseEvents)];
        }

        if (options.Events is not { } events || events.GetType() != typeof(CookieAuthenticationEvents))
        {
            return [(options.Events is not null, nameof(options.Events), UseEvents)];
        }

        return
        [
            (events.OnValidatePrincipal != NoEvents.OnValidatePrincipal && events.OnValidatePrincipal != ValidatesStamp,
                "Events.OnValidatePrincipal", UseEvents),
            (events.OnSigningIn != NoEvents.OnSigningIn, "Events.OnSigningIn", UseEvents),
            (events.OnSignedIn != NoEvents.OnSignedIn, "Events.OnSignedIn", UseEvents),
            (events.OnSigningOut != NoEvents.OnSigningOut, "Events.OnSigningOut", UseEvents),
            (events.OnRedirectToLogin != NoEvents.OnRedirectToLogin, "Events.OnRedirectToLogin", UseEvents),
            (events.OnRedirectToAccessDenied != NoEvents.OnRedirectToAccessDenied,
                "Events.OnRedirectToAccessDenied", UseEvents),
            (events.OnRedirectToLogout != NoEvents.OnRedirectToLogout, "Events.OnRedirectToLogout", UseEvents),
            (events.OnRedirectToReturnUrl != NoEvents.OnRedirectToReturnUrl, "Events.OnRedirectToReturnUrl", UseEvents),
            (events.OnCheckSlidingExpiration != NoEvents.OnCheckSlidingExpiration,
                "Events.OnCheckSlidingExpiration", UseTimeouts),
        ];
    }
}
