using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authentication;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>A session's user as a principal, and what of a principal is kept in the session.</summary>
internal static class SessionPrincipal
{
    private const string ActorType = "act";

    // Mark the properties that a session hands out, so that it knows them when they come back.
    private const string OriginKey = ".session";
    private const string ExpiresKey = ".session.expires";

    /// <summary>Whether a principal is that of a user for whom another one acts.</summary>
    public static bool IsActing(ClaimsPrincipal user) => user.FindFirst(ActorType) is not null;

    /// <summary>The id under which a principal signs in: the claim of the scheme, or else its name identifier, or else
    /// its subject (OpenID Connect), or else its name.</summary>
    public static string? UserIdOf(ClaimsPrincipal user, string? claimType = null) =>
        (claimType is null ? null : NullIfEmpty(user.FindFirst(claimType)?.Value))
        ?? NullIfEmpty(user.FindFirst(ClaimTypes.NameIdentifier)?.Value)
        ?? NullIfEmpty(user.FindFirst("sub")?.Value)
        ?? NullIfEmpty(user.Identity?.Name);

    /// <summary>The session at the OpenID Connect provider that vouched for a principal; <see langword="null"/> when
    /// none did. The claims may have their own names or those of <c>MapInboundClaims</c>. The handler of OpenID Connect
    /// drops the claim <c>iss</c>, but the claims of the ID token still name their issuer.</summary>
    public static ProviderSession? ProviderOf(ClaimsPrincipal user)
    {
        var (session, named) = (Find("sid") ?? Find(ClaimTypes.Sid), Find("iss")?.Value);
        var name = Find(ClaimTypes.NameIdentifier);

        // The claim "sub" may also come from the user info endpoint, and then its issuer is the scheme.
        var issuer = named ?? IssuerOf(session) ?? IssuerOf(name) ?? IssuerOf(Find("sub"));

        // The application may have replaced the name identifier by an id of its own.
        var subject = Find("sub") ?? (named is null && IssuerOf(name) is null ? null : name);
        return issuer is not null && (session ?? subject) is not null
            ? new ProviderSession(issuer, session?.Value, subject?.Value)
            : null;

        Claim? Find(string type) => user.FindFirst(claim =>
            string.Equals(claim.Type, type, StringComparison.Ordinal) && !string.IsNullOrEmpty(claim.Value));

        static string? IssuerOf(Claim? claim) =>
            claim is null || string.Equals(claim.Issuer, ClaimsIdentity.DefaultIssuer, StringComparison.Ordinal)
                ? null
                : NullIfEmpty(claim.Issuer);
    }

    /// <summary>What a session keeps of a principal that signs in.</summary>
    public static SignInDetails Keep(ClaimsPrincipal user, AuthenticationProperties? properties, string scheme)
    {
        if (properties?.Items.ContainsKey(OriginKey) == true)
        {
            properties = properties.Clone();
            properties.Items.Remove(OriginKey);
            properties.Items.Remove(ExpiresKey);
        }

        return new SignInDetails(
            scheme,
            TicketSerializer.Default.Serialize(new AuthenticationTicket(user, properties, authenticationScheme: "")));
    }

    /// <summary>Returns the properties without an expiry that no application has asked for, because a session has
    /// stamped it on them.</summary>
    public static AuthenticationProperties? AskedBy(AuthenticationProperties? properties)
    {
        if (properties?.Items.TryGetValue(ExpiresKey, out var stamped) != true
            || !string.Equals(stamped, properties.GetString(".expires"), StringComparison.Ordinal))
        {
            return properties;
        }

        var asked = properties.Clone();
        asked.ExpiresUtc = null;
        return asked;
    }

    /// <summary>Whether properties came out of a session when it authenticated its user.</summary>
    public static bool IsFrom(AuthenticationProperties? properties, SessionRecord? record) =>
        record is not null
        && properties?.Items.TryGetValue(OriginKey, out var origin) == true
        && string.Equals(origin, record.Id.ToString(), StringComparison.Ordinal);

    /// <summary>The user of a session; <see langword="null"/> when what is kept can't be read.</summary>
    public static AuthenticationTicket? Read(
        SessionRecord record,
        SignInDetails details,
        SessionInfo info,
        string scheme,
        string? userIdClaimType = null)
    {
        AuthenticationTicket? ticket = null;
        if (details.Ticket.IsEmpty)
        {
            // The id is the name too: there is no other.
            var type = userIdClaimType ?? ClaimTypes.NameIdentifier;
            var identity = new ClaimsIdentity(scheme, type, ClaimTypes.Role);
            identity.AddClaim(new Claim(type, record.UserId!));
            if (record.ActorId is { } actor)
            {
                identity.AddClaim(ActorClaim(actor));
            }

            ticket = new AuthenticationTicket(new ClaimsPrincipal(identity), scheme);
        }
        else if (Deserialize(details.Ticket) is { } kept)
        {
            ticket = new AuthenticationTicket(kept.Principal, kept.Properties, scheme);
        }

        if (ticket is not null)
        {
            Sign(ticket.Principal, info.SessionId);
            ticket.Properties.IssuedUtc = info.AuthenticatedAt;
            ticket.Properties.ExpiresUtc = info.ExpiresAt;
            ticket.Properties.IsPersistent = info.IsPersistent;
            ticket.Properties.Items[OriginKey] = info.SessionId;
            ticket.Properties.Items[ExpiresKey] = ticket.Properties.GetString(".expires");
        }

        return ticket;
    }

    /// <summary>Whether a principal came from a session and shows its user, and nobody else's identity beside it.
    /// Transformations may have copied the principal, or added identities that name nobody.</summary>
    public static bool IsOf(ClaimsPrincipal principal, SessionRecord record)
    {
        var sessionId = record.Id.ToString();
        return principal.Identities.Any(identity => string.Equals(identity.Label, sessionId, StringComparison.Ordinal))
            && principal.Identities.All(identity =>
                string.Equals(identity.Label, sessionId, StringComparison.Ordinal)
                || UserIdOf(new ClaimsPrincipal(identity)) is not { } other
                || string.Equals(other, record.UserId, StringComparison.Ordinal));
    }

    // A label is not kept in tickets and comes with no token, but with every copy of the identity.
    public static void Sign(ClaimsPrincipal principal, string sessionId)
    {
        foreach (var identity in principal.Identities)
        {
            identity.Label = sessionId;
        }
    }

    private static AuthenticationTicket? Deserialize(ReadOnlyMemory<byte> stored)
    {
        try
        {
            return TicketSerializer.Default.Deserialize(stored.ToArray());
        }
        catch (Exception exception) when (
            exception is IOException or ArgumentException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    // RFC 8693, section 4.1: who acts, as a JSON object.
    private static Claim ActorClaim(string actor) =>
        new(ActorType, new JsonObject { ["sub"] = actor }.ToJsonString(), "JSON");

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
