using Microsoft.Extensions.Logging;

namespace SessionManager.AspNetCore.PostgreSql.Diagnostics;

/// <summary>The log messages of the PostgreSQL store, 400 to 499.</summary>
internal static partial class Log
{
    [LoggerMessage(400, LogLevel.Error, "The sessions in PostgreSQL are not available: {Fault} The application started "
        + "all the same. Requests that use a session are answered with 503 until this is put right.")]
    public static partial void DatabaseUnavailable(this ILogger logger, string fault);

    [LoggerMessage(401, LogLevel.Warning, "Expired sessions could not be removed from PostgreSQL: {Fault} The next "
        + "attempts are not logged until one succeeds.")]
    public static partial void HousekeepingFailed(this ILogger logger, string fault);
}
