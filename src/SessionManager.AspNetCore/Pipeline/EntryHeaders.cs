
namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The headers that a response had when <c>UseSessionManager</c> got the request: a content security policy, a
/// correlation id. An answer in the handler's place has them as well.</summary>
internal static class EntryHeaders
{
    // These describe the body that was to be sent, and how long it may be kept.
    private static readonly HashSet<string> OfTheBody = new(StringComparer.OrdinalIgnoreCase)
    {
        "Accept-Ranges", "Age", "Cache-Control", "Content-Digest", "Content-Disposition", "Content-Encoding",
        "Content-Language", "Content-Length", "Content-Location", "Content-MD5", "Content-Range", "Content-Type",
        "Digest", "ETag", "Expires", "Last-Modified", "Location", "Pragma", "Repr-Digest", "Trailer",
        "Transfer-Encoding",
    };

    /// <summary>Puts them back into a response that was cleared.</summary>
    public static void Restore(RequestSession session)
    {
        foreach (var (name, values) in session.KnownExtras?.HeadersAtEntry ?? [])
        {
            if (!OfTheBody.Contains(name) && !CacheHeaders.IsTargeted(name))
            {
                session.Context.Response.Headers[name] = values;
            }
        }
    }
}
