using Microsoft.Extensions.Logging;

namespace SessionManager.AspNetCore.OpenIdConnect.Diagnostics;

/// <summary>The log events of the package, each with a number of its own: 500 to 599.</summary>
internal static partial class Log
{
    [LoggerMessage(500, LogLevel.Information,
        "The provider of the scheme '{Scheme}' has signed a user out. Sessions that were ended: {Count}.")]
    public static partial void SignedOut(this ILogger logger, string scheme, int count);

    [LoggerMessage(501, LogLevel.Warning, "A logout token was refused, and no session was ended. {Reason}")]
    public static partial void Refused(this ILogger logger, string reason);

    [LoggerMessage(502, LogLevel.Error,
        "A logout token was answered with 503, so that the provider sends it again. {Reason} {Fault}")]
    public static partial void Unavailable(this ILogger logger, string reason, string fault);
}
