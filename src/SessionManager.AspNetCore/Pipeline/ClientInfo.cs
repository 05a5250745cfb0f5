using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Reads the client of a request, for applications that track clients.</summary>
internal static class ClientInfo
{
    private const int MostCharacters = 256;

    /// <summary>Returns the client of a request. The address is the address of the connection, because any client can
    /// send an X-Forwarded-For header. Behind a trusted proxy, UseForwardedHeaders sets the address.</summary>
    public static SessionClient? Of(HttpContext context)
    {
        var header = context.Request.Headers.UserAgent;
        var userAgent = header.Count > 0 ? Shorten(header[0]) : null;
        var address = context.Connection.RemoteIpAddress;
        var text = (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();
        return userAgent is null && text is null ? null : new SessionClient(userAgent, text);
    }

    private static string? Shorten(string? userAgent)
    {
        if (string.IsNullOrEmpty(userAgent))
        {
            return null;
        }

        return userAgent.Length <= MostCharacters ? userAgent
            : char.IsHighSurrogate(userAgent[MostCharacters - 1]) ? userAgent[..(MostCharacters - 1)]
            : userAgent[..MostCharacters];
    }
}
