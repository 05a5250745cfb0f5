namespace SessionManager.AspNetCore.Rules;

/// <summary>A user's session at an OpenID Connect provider.</summary>
/// <param name="Issuer">The issuer identifier of the provider (<c>iss</c>).</param>
/// <param name="SessionId">The id of the session at the provider (<c>sid</c>); <see langword="null"/> when the provider
/// names none.</param>
/// <param name="Subject">The user at the provider (<c>sub</c>); <see langword="null"/> when it is not known.</param>
internal sealed record ProviderSession(string Issuer, string? SessionId, string? Subject)
{
    /// <summary>Whether the provider means a session when it names this one. What is <see langword="null"/> here may
    /// be anything there. Where the session is named, a user who is not known there is not compared.</summary>
    /// <param name="session">The session at the provider that vouched for a user; <see langword="null"/> when none
    /// did.</param>
    public bool Names(ProviderSession? session) =>
        session is not null
        && string.Equals(Issuer, session.Issuer, StringComparison.Ordinal)
        && (SessionId is null || string.Equals(SessionId, session.SessionId, StringComparison.Ordinal))
        && (Subject is null
            || (SessionId is not null && session.Subject is null)
            || string.Equals(Subject, session.Subject, StringComparison.Ordinal));
}
