using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace SessionManager.AspNetCore.OpenIdConnect.BackchannelLogout;

/// <summary>Reads a logout token as far as that needs neither keys nor options (OpenID Connect Back-Channel Logout 1.0,
/// section 2.4). Most invalid tokens are refused here, without a call of the provider.</summary>
internal static class LogoutTokenReader
{
    private const string LogoutEvent = "http://schemas.openid.net/event/backchannel-logout";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>The signatures that count: asymmetric ones. A signature by a shared secret would let whoever knows a
    /// public key or the client's secret sign users out.</summary>
    public static IReadOnlyList<string> Algorithms { get; } =
    [
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    ];

    /// <summary>Reads a token, whose signature is not known to be valid.</summary>
    /// <exception cref="LogoutTokenException">The token is no logout token.</exception>
    public static LogoutToken Read(string token)
    {
        // Three parts are signed, five are encrypted.
        if (token.Split('.') is not [var header, var payload, _])
        {
            throw new LogoutTokenException("The token is no signed JSON Web Token.");
        }

        try
        {
            using var head = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(header), Strict);
            using var body = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(payload), Strict);
            CheckHeader(head.RootElement);
            return ReadClaims(body.RootElement);
        }
        catch (Exception exception) when (
            exception is JsonException or FormatException or ArgumentException or InvalidOperationException)
        {
            throw new LogoutTokenException("The token is malformed.");
        }
    }

    private static void CheckHeader(JsonElement header)
    {
        if (!Algorithms.Contains(TextOf(header, JwtHeaderParameterNames.Alg), StringComparer.Ordinal))
        {
            throw new LogoutTokenException("The token has no signature, or one of an algorithm that does not count.");
        }

        // RFC 8725, section 3.11: a token of another kind is not taken for a logout token.
        if (TextOf(header, JwtHeaderParameterNames.Typ) is { } type
            && type.ToUpperInvariant() is not ("JWT" or "LOGOUT+JWT" or "APPLICATION/LOGOUT+JWT"))
        {
            throw new LogoutTokenException("The token is of another type (typ).");
        }

        // RFC 7515, section 4.1.11: no extension is understood here.
        if (header.TryGetProperty("crit", out _))
        {
            throw new LogoutTokenException("The token has critical header parameters (crit).");
        }
    }

    private static LogoutToken ReadClaims(JsonElement claims)
    {
        if (!claims.TryGetProperty("events", out var events)
            || events.ValueKind != JsonValueKind.Object
            || !events.TryGetProperty(LogoutEvent, out var logout)
            || logout.ValueKind != JsonValueKind.Object)
        {
            throw new LogoutTokenException("The token is not about a back-channel logout (events).");
        }

        // An ID token has one, which can therefore not be taken for a logout token.
        if (claims.TryGetProperty(JwtRegisteredClaimNames.Nonce, out _))
        {
            throw new LogoutTokenException("The token has a nonce.");
        }

        var (session, subject) = (
            TextOf(claims, JwtRegisteredClaimNames.Sid), TextOf(claims, JwtRegisteredClaimNames.Sub));
        if (session is null && subject is null)
        {
            throw new LogoutTokenException("The token names neither a session (sid) nor a user (sub).");
        }

        return new LogoutToken(
            TextOf(claims, JwtRegisteredClaimNames.Iss) ?? throw Missing("issuer (iss)"),
            AudiencesOf(claims),
            TextOf(claims, JwtRegisteredClaimNames.Jti) ?? throw Missing("id (jti)"),
            session,
            subject,
            TimeOf(claims, JwtRegisteredClaimNames.Iat) ?? throw Missing("time of issue (iat)"),
            TimeOf(claims, JwtRegisteredClaimNames.Exp) ?? throw Missing("time of expiry (exp)"));
    }

    private static IReadOnlyList<string> AudiencesOf(JsonElement claims) =>
        !claims.TryGetProperty(JwtRegisteredClaimNames.Aud, out var audience) ? throw Missing("audience (aud)")
        : audience.ValueKind == JsonValueKind.Array
            ? [.. audience.EnumerateArray().Select(each => each.GetString() ?? throw Missing("audience (aud)"))]
            : [audience.GetString() ?? throw Missing("audience (aud)")];

    // An empty text names nothing. A claim that is no text is malformed.
    private static string? TextOf(JsonElement element, string name) =>
        !element.TryGetProperty(name, out var value) ? null
        : value.GetString() is { Length: > 0 } text ? text
        : throw new FormatException();

    private static double? TimeOf(JsonElement claims, string name) =>
        claims.TryGetProperty(name, out var value) ? value.GetDouble() : null;

    private static LogoutTokenException Missing(string what) => new($"The token has no {what}.");
}
