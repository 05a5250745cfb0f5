using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Tells requests that a browser makes before anybody asked for what they bring: a link that is prefetched, a
/// page that is prerendered.</summary>
internal static class Prefetch
{
    private const string Token = "prefetch";

    // The one of the Fetch standard, and what browsers sent, or still send, before it.
    private static readonly string[] Headers = ["Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"];

    /// <summary>Whether the request says of itself that it is one. Requests that a prerendered page makes say so as
    /// well.</summary>
    public static bool Is(HttpContext context)
    {
        // By type, as RequestSession finds itself.
        var headers = ((IHttpRequestFeature)context.Features[typeof(IHttpRequestFeature)]!).Headers;
        foreach (var name in Headers)
        {
            if (headers.TryGetValue(name, out var values))
            {
                foreach (var value in values)
                {
                    if (Names(value))
                    {
                        return true;
                    }
                }
            }
        }

        return false;
    }

    // A list of tokens with parameters, as in prefetch;prerender.
    private static bool Names(ReadOnlySpan<char> value)
    {
        foreach (var item in value.Split(','))
        {
            var token = value[item];
            var end = token.IndexOf(';');
            if ((end < 0 ? token : token[..end]).Trim().Equals(Token, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
