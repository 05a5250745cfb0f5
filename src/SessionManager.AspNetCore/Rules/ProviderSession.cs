namespace SessionManager.AspNetCore.Rules;

/// <summary>A user's session at an OpenID Connect provider.</summary>
/// <param name="Issuer">The issuer identifier of the provider (<c>iss</c>).</param>
/// <param name="SessionId">The id of the session at the provider (<c>sid</c>); <see langword="null"/> when the provider
/// names none.</param>
/// <param name="Subject">The user at the provider (<c>sub</c>); <see langword="null"/> when it is not known.</param>
internal sealed record ProviderSession(string Issuer, string? SessionId, string? Subject);
