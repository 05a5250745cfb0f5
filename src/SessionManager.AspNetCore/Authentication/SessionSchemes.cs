using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>The authentication schemes that <c>AddSessionManager</c> has registered, and which of them a session's
/// sign-in belongs to.</summary>
internal sealed class SessionSchemes(IOptions<AuthenticationOptions> options)
{
    private readonly string[] _names =
        [.. options.Value.Schemes
            .Where(scheme => scheme.HandlerType == typeof(SessionAuthenticationHandler))
            .Select(scheme => scheme.Name)];

    /// <summary>The scheme to record for a sign-in by <c>SetUserId</c>: the first one that was registered. Where there
    /// is no other, none is recorded.</summary>
    public string? OfUserId => _names.Length > 1 ? _names[0] : null;

    /// <summary>Whether a sign-in belongs to a scheme. One that names none belongs to the first scheme.</summary>
    public bool IsOf(SignInDetails? signIn, string scheme) =>
        signIn is not null && string.Equals(NameOf(signIn), scheme, StringComparison.Ordinal);

    /// <summary>Whether two sign-ins belong to one scheme.</summary>
    public bool AreOfOne(SignInDetails? left, SignInDetails right) =>
        left is not null && string.Equals(NameOf(left), NameOf(right), StringComparison.Ordinal);

    private string? NameOf(SignInDetails signIn) => signIn.Scheme ?? _names.FirstOrDefault();
}
