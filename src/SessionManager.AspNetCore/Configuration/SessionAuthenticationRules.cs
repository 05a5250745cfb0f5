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

        // The framework offers these settings to every scheme, and this scheme would ignore them.
        if (options.Events is not null || options.EventsType is not null)
        {
            yield return
                $"Events of the scheme are set to '{options.EventsType ?? options.Events!.GetType()}', which the "
                + "scheme does not raise. Use SessionManagerOptions.Events.";
        }

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
