using Microsoft.Extensions.Logging;

namespace SessionManager.AspNetCore.Dashboard.Diagnostics;

/// <summary>Every log event of the package, numbered once: 200 to 299.</summary>
internal static partial class Log
{
    [LoggerMessage(200, LogLevel.Warning,
        "The session dashboard at '{Pattern}' was mapped without authorization, so it answers nobody but this machine "
        + "in Development, and 404 to all others. Call RequireAuthorization on what MapSessionDashboard returns.")]
    public static partial void Unprotected(this ILogger logger, string? pattern);

    [LoggerMessage(201, LogLevel.Information, "Session {SessionId} was ended on the dashboard by {Operator}.")]
    public static partial void SessionEnded(this ILogger logger, string sessionId, string @operator);

    [LoggerMessage(202, LogLevel.Information,
        "All sessions of the user {UserId} were ended on the dashboard by {Operator}: {Count} of them.")]
    public static partial void UserEnded(this ILogger logger, string userId, string @operator, int count);

    [LoggerMessage(203, LogLevel.Information,
        "Session {SessionId} was to be ended on the dashboard by {Operator}, but it had ended already.")]
    public static partial void SessionHadEnded(this ILogger logger, string sessionId, string @operator);

    [LoggerMessage(204, LogLevel.Warning,
        "An action on the dashboard was refused: its form had no valid antiforgery token. It was sent by {Operator}.")]
    public static partial void ForgeryRefused(this ILogger logger, string @operator);

    [LoggerMessage(205, LogLevel.Error, "The dashboard could not be shown: the session store failed. {Fault}")]
    public static partial void StoreFailed(this ILogger logger, string fault);
}
