using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>A session's user as a principal, and what of a principal is kept in the session.</summary>
internal static class SessionPrincipal
{
    /// <summary>The id under which a principal signs in: its name identifier, or else its subject (OpenID Connect), or else its name.</summary>
    public static string? UserIdOf(ClaimsPrincipal user) =>
        NullIfEmpty(user.FindFirst(ClaimTypes.NameIdentifier)?.Value)
        ?? NullIfEmpty(user.FindFirst("sub")?.Value)
        ?? NullIfEmpty(user.Identity?.Name);

    public static byte[] Write(AuthenticationTicket ticket) => TicketSerializer.Default.Serialize(ticket);

    /// <summary>The user of a session; <see langword="null"/> when what is kept can't be read.</summary>
    public static AuthenticationTicket? Read(SessionRecord record, SessionInfo info, string scheme)
    {
        AuthenticationTicket? ticket = null;
        if (record.Principal.IsEmpty)
        {
            // The id is the name too: there is no other.
            var identity = new ClaimsIdentity(scheme, ClaimTypes.NameIdentifier, ClaimTypes.Role);
            identity.AddClaim(new Claim(ClaimTypes.NameIdentifier, record.UserId!));
            ticket = new AuthenticationTicket(new ClaimsPrincipal(identity), scheme);
        }
        else if (Deserialize(record.Principal) is { } kept)
        {
            ticket = new AuthenticationTicket(kept.Principal, kept.Properties, scheme);
        }

        if (ticket is not null)
        {
            ticket.Properties.IssuedUtc = info.AuthenticatedAt;
            ticket.Properties.ExpiresUtc = info.ExpiresAt;
        }

        return ticket;
    }

    private static AuthenticationTicket? Deserialize(ReadOnlyMemory<byte> stored)
    {
        try
        {
            return TicketSerializer.Default.Deserialize(stored.ToArray());
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
