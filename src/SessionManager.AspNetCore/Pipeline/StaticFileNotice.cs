using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Logs once that the application serves files behind <c>UseSessionManager</c>, where each file loads a
/// session for nothing.</summary>
internal sealed class StaticFileNotice(ILogger<StaticFileNotice> logger)
{
    private int _isWritten;

    /// <summary>Inspects a response whose session was loaded and not used.</summary>
    public void Inspect(HttpContext context)
    {
        if (Volatile.Read(ref _isWritten) == 0 && IsFile(context) && Interlocked.Exchange(ref _isWritten, 1) == 0)
        {
            logger.StaticFileNotice();
        }
    }

    // What the framework's file middleware sends: no endpoint ran, and the response has all three of these headers.
    private static bool IsFile(HttpContext context)
    {
        var headers = context.Response.Headers;
        return context.GetEndpoint()?.RequestDelegate is null
            && context.Response.StatusCode is StatusCodes.Status200OK
                or StatusCodes.Status206PartialContent
                or StatusCodes.Status304NotModified
            && headers.ETag.Count > 0
            && headers.LastModified.Count > 0
            && headers.AcceptRanges.Count > 0;
    }
}
