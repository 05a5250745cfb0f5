using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Configuration;

/// <summary>A cookie builder that knows whether the application chose its secure policy, so that the environment
/// decides otherwise.</summary>
internal sealed class SessionCookieBuilder : CookieBuilder
{
    public const string ProductionName = "__Host-sid";
    public const string DevelopmentName = "sid";

    private CookieSecurePolicy? _securePolicy;

    public SessionCookieBuilder()
    {
        HttpOnly = true;
        SameSite = SameSiteMode.Lax;
        IsEssential = true;
        Path = "/";
    }

    public override CookieSecurePolicy SecurePolicy
    {
        get => _securePolicy ?? CookieSecurePolicy.Always;
        set => _securePolicy = value;
    }

    public bool HasSecurePolicy => _securePolicy.HasValue;
}
