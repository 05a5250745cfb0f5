using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Says once that the application serves files behind <c>UseSessionManager</c>, where each of them loads a session for nothing.</summary>
internal sealed class FilesBehind(ILogger logger)
{
    private int _isKnown;

    /// <summary>Looks at a response whose session was loaded and not used.</summary>
    public void Look(HttpContext context)
    {
        if (Volatile.Read(ref _isKnown) == 0 && IsFile(context) && Interlocked.Exchange(ref _isKnown, 1) == 0)
        {
            logger.FilesBehind();
        }
    }

    // What the framework's file middleware sends: no endpoint ran, and the response has all three of these headers.
    private static bool IsFile(HttpContext context)
    {
        var headers = context.Response.Headers;
        return context.GetEndpoint()?.RequestDelegate is null
            && context.Response.StatusCode is StatusCodes.Status200OK or StatusCodes.Status206PartialContent or StatusCodes.Status304NotModified
            && headers.ETag.Count > 0
            && headers.LastModified.Count > 0
            && headers.AcceptRanges.Count > 0;
    }
}
