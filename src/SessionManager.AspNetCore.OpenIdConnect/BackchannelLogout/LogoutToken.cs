namespace SessionManager.AspNetCore.OpenIdConnect.BackchannelLogout;

/// <summary>What a logout token says.</summary>
/// <param name="Issuer">The provider (<c>iss</c>).</param>
/// <param name="Audiences">The clients that the token is for (<c>aud</c>).</param>
/// <param name="TokenId">The id of the token (<c>jti</c>).</param>
/// <param name="SessionId">The session at the provider (<c>sid</c>); <see langword="null"/> when the token names
/// none.</param>
/// <param name="Subject">The user at the provider (<c>sub</c>); <see langword="null"/> when the token names
/// none.</param>
/// <param name="IssuedAt">When the token was issued (<c>iat</c>), in seconds since 1970.</param>
/// <param name="ExpiresAt">When the token expires (<c>exp</c>), in seconds since 1970.</param>
internal sealed record LogoutToken(
    string Issuer,
    IReadOnlyList<string> Audiences,
    string TokenId,
    string? SessionId,
    string? Subject,
    double IssuedAt,
    double ExpiresAt);
