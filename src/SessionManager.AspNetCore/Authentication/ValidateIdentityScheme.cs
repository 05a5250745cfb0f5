using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Configuration;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>Stops the start of an application where the session can't take the place of Identity's application
/// cookie.</summary>
internal sealed class ValidateIdentityScheme(IOptions<AuthenticationOptions> schemes, IServiceProvider services)
    : IValidateOptions<SessionAuthenticationOptions>
{
    public ValidateOptionsResult Validate(string? name, SessionAuthenticationOptions options)
    {
        if (!string.Equals(name, IdentityConstants.ApplicationScheme, StringComparison.Ordinal))
        {
            return ValidateOptionsResult.Skip;
        }

        List<string> faults = [.. SessionAuthenticationRules.FaultsOf(options)];
        if (FaultOfScheme() is { } fault)
        {
            faults.Add(fault);
        }

        return faults.Count > 0 ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }

    private string? FaultOfScheme()
    {
        if (!schemes.Value.SchemeMap.TryGetValue(IdentityConstants.ApplicationScheme, out var scheme))
        {
            return "AddIdentitySessions found no scheme 'Identity.Application'. Call AddIdentity, AddDefaultIdentity "
                + "or AddIdentityApiEndpoints, or AddIdentityCookies beside AddIdentityCore; or remove "
                + "AddIdentitySessions.";
        }

        if (scheme.HandlerType != typeof(SessionAuthenticationHandler))
        {
            return $"The scheme 'Identity.Application' has the handler '{scheme.HandlerType}', and AddIdentitySessions "
                + "replaces the framework's cookie handler alone. Register the scheme by AddIdentity or "
                + "AddIdentityCookies, or remove AddIdentitySessions.";
        }

        return services.GetService<IServiceProviderIsService>()?.IsService(typeof(ISecurityStampValidator)) == false
            ? "AddIdentitySessions found no ISecurityStampValidator, so a changed security stamp would end no session. "
                + "Call AddSignInManager behind AddIdentityCore."
            : null;
    }
}
