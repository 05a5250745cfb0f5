using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The headers that a response had when <c>UseSessionManager</c> took the request: a content security policy, a correlation id. An answer
/// of ours in the handler's place has them as well.</summary>
internal static class EntryHeaders
{
    // What describes the body that was to be sent, and how long it may be kept.
    private static readonly HashSet<string> OfTheBody = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept-Ranges", "Age", "Cache-Control", "Content-Digest", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Length",
        "Content-Location", "Content-MD5", "Content-Range", "Content-Type", "Digest", "ETag", "Expires", "Last-Modified", "Location", "Pragma",
        "Repr-Digest", "Trailer", "Transfer-Encoding",
    };

    /// <summary>What is there now; <see langword="null"/> when that is nothing, as it is for most.</summary>
    public static KeyValuePair<string, StringValues>[]? Of(HttpContext context)
    {
        // By type, as RequestSession finds itself.
        var headers = ((IHttpResponseFeature)context.Features[typeof(IHttpResponseFeature)]!).Headers;
        if (headers.Count == 0)
        {
            return null;
        }

        var entry = new KeyValuePair<string, StringValues>[headers.Count];
        headers.CopyTo(entry, 0);
        return entry;
    }

    /// <summary>Puts them back into a response that was cleared.</summary>
    public static void Restore(RequestSession session)
    {
        foreach (var (name, values) in session.HeadersAtEntry ?? [])
        {
            if (!OfTheBody.Contains(name) && !CacheHeaders.IsTargeted(name))
            {
                session.Context.Response.Headers[name] = values;
            }
        }
    }
}
