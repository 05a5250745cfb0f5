namespace SessionManager.AspNetCore;

/// <summary>Defaults of the authentication scheme.</summary>
public static class SessionManagerDefaults
{
    /// <summary>The name of the scheme that <c>AddAuthentication().AddSessionManager()</c> adds:
    /// <c>SessionManager</c>.</summary>
    public const string AuthenticationScheme = "SessionManager";
}
