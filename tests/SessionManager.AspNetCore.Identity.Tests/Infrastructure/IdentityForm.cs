namespace SessionManager.AspNetCore.Identity.Tests.Infrastructure;

/// <summary>How an application adds Identity.</summary>
public enum IdentityForm
{
    /// <summary><c>AddIdentity</c>.</summary>
    Identity,

    /// <summary><c>AddDefaultIdentity</c>, of the package with the pages.</summary>
    DefaultIdentity,

    /// <summary><c>AddIdentityApiEndpoints</c>.</summary>
    ApiEndpoints,

    /// <summary><c>AddIdentityCookies</c> beside <c>AddIdentityCore</c>, as in the template of Blazor.</summary>
    Cookies,

    /// <summary><c>AddApplicationCookie</c> beside <c>AddIdentityCore</c>: no other cookie of Identity.</summary>
    ApplicationCookie,
}
