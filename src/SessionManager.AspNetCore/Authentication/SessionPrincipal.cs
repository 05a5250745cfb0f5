using System.Buffers.Binary;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Authentication;

/// <summary>A session's user as a principal, and what of a principal is kept in the session.</summary>
internal static class SessionPrincipal
{
    private const int ChecksumLength = 4;

    /// <summary>The id under which a principal signs in: its name identifier, or else its subject (OpenID Connect), or else its name.</summary>
    public static string? UserIdOf(ClaimsPrincipal user) =>
        NullIfEmpty(user.FindFirst(ClaimTypes.NameIdentifier)?.Value)
        ?? NullIfEmpty(user.FindFirst("sub")?.Value)
        ?? NullIfEmpty(user.Identity?.Name);

    /// <summary>The ticket in the framework's own form, behind a checksum (4 bytes, little-endian).</summary>
    public static byte[] Write(AuthenticationTicket ticket)
    {
        var written = TicketSerializer.Default.Serialize(ticket);
        var stored = new byte[ChecksumLength + written.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(stored, Checksum.Of(written));
        written.CopyTo(stored.AsSpan(ChecksumLength));
        return stored;
    }

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
        // Checked first: the serializer believes whatever counts and lengths it reads, and allocates by them.
        if (stored.Length < ChecksumLength
            || BinaryPrimitives.ReadUInt32LittleEndian(stored.Span) != Checksum.Of(stored.Span[ChecksumLength..]))
        {
            return null;
        }

        try
        {
            return TicketSerializer.Default.Deserialize(stored[ChecksumLength..].ToArray());
        }
        catch (Exception exception) when (exception is IOException or ArgumentException or FormatException or InvalidOperationException)
        {
            return null;
        }
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
