using Microsoft.Extensions.Logging;

namespace SessionManager.AspNetCore.Sqlite.Diagnostics;

/// <summary>The log events of the package, each with a number of its own.</summary>
internal static partial class Log
{
    [LoggerMessage(300, LogLevel.Information,
        "Sessions were set up in the file '{File}' with Durability {Durability}.")]
    public static partial void Opened(this ILogger logger, string file, SqliteDurability durability);

    [LoggerMessage(301, LogLevel.Error,
        "The file '{File}' could not be used. Requests that use a session are answered with 503, and each of them "
        + "tries again. {Fault}")]
    public static partial void Unusable(this ILogger logger, string file, string fault);

    [LoggerMessage(302, LogLevel.Information, "The file '{File}' could be used again.")]
    public static partial void UsableAgain(this ILogger logger, string file);

    [LoggerMessage(303, LogLevel.Information,
        "The tables in the file '{File}' were migrated from schema version {Before} to version {After}.")]
    public static partial void Migrated(this ILogger logger, string file, int before, int after);

    [LoggerMessage(304, LogLevel.Warning,
        "Expired sessions could not be removed from the file '{File}', which grows until they are. The next attempt "
        + "is in {Interval}. {Fault}")]
    public static partial void SweepFailed(this ILogger logger, string file, TimeSpan interval, string fault);

    [LoggerMessage(305, LogLevel.Information, "Expired sessions were removed from the file '{File}' again.")]
    public static partial void SweepSucceeded(this ILogger logger, string file);
}
