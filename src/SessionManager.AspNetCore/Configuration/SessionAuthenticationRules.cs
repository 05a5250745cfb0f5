using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>What the options of the authentication scheme may be. Each message is a rule, the value in quotes, and a
/// remedy.</summary>
internal static class SessionAuthenticationRules
{
    public static IEnumerable<string> FaultsOf(SessionAuthenticationOptions options)
    {
        if (!IsPath(options.LoginPath))
        {
            yield return
                $"LoginPath is '{SettingText.Show(options.LoginPath.Value)}'. Use a path of this application, "
                + "without '?', '#' and control characters.";
        }

        if (!IsPath(options.AccessDeniedPath))
        {
            yield return
                $"AccessDeniedPath is '{SettingText.Show(options.AccessDeniedPath.Value)}'. Use a path of this "
                + "application, without '?', '#' and control characters.";
        }

        if (string.IsNullOrEmpty(options.ReturnUrlParameter) || SettingText.IsBroken(options.ReturnUrlParameter))
        {
            yield return
                $"ReturnUrlParameter is '{SettingText.Show(options.ReturnUrlParameter)}'. Leave the default, "
                + "'ReturnUrl', or set a name without control characters.";
        }

        if (!IsPath(options.LogoutPath))
        {
            yield return
                $"LogoutPath is '{SettingText.Show(options.LogoutPath.Value)}'. Use a path of this application, "
                + "without '?', '#' and control characters.";
        }

        if (options.Events is null)
        {
            yield return
                $"Events of the scheme are '{((AuthenticationSchemeOptions)options).Events?.GetType()}'. Use events of "
                + "the type SessionAuthenticationEvents, or leave the default.";
        }

        if (options.EventsType is { } type && !typeof(SessionAuthenticationEvents).IsAssignableFrom(type))
        {
            yield return
                $"EventsType is '{type}'. Use a type that is derived from SessionAuthenticationEvents, and register it "
                + "as a service.";
        }

        // The framework offers this setting to every scheme, and this scheme would ignore it.
        if (options.ClaimsIssuer is not null)
        {
            yield return
                $"ClaimsIssuer is '{SettingText.Show(options.ClaimsIssuer)}', which the scheme does not use. Remove "
                + "ClaimsIssuer: claims keep the issuer that they have at the sign-in.";
        }
    }

    private static bool IsPath(PathString path) =>
        !path.HasValue
        || (!SettingText.IsBroken(path.Value)
            && !path.Value.Contains('?', StringComparison.Ordinal)
            && !path.Value.Contains('#', StringComparison.Ordinal));
}
