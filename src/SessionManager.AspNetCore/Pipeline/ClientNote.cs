using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>What is noted of a request's client, when the application has asked for it.</summary>
internal static class ClientNote
{
    private const int MostCharacters = 256;

    /// <summary>The client, when the save begins a session or signs a user in; <see langword="null"/> leaves what was noted before.</summary>
    public static SessionClient? Of(RequestSession session, SessionDraft draft, SessionRecord? stored) =>
        session.Pipeline.Options.TrackClientInfo && (stored is null || draft.SignsIn) ? Of(session.Context) : null;

    // The address of the connection alone: any client can send an X-Forwarded-For. UseForwardedHeaders puts a trusted proxy's there.
    private static SessionClient? Of(HttpContext context)
    {
        var userAgent = context.Request.Headers.UserAgent.Count > 0 ? Shorten(context.Request.Headers.UserAgent[0]) : null;
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
