using Microsoft.Extensions.Logging;

namespace SessionManager.AspNetCore.Redis.Diagnostics;

/// <summary>The log events of the package, each with a number of its own: 100 to 199. Servers are named by their
/// addresses. Passwords, keys and what a server says in its errors are never logged here.</summary>
internal static partial class Log
{
    // Events 100 to 104 are written when the condition begins, and event 109 when it ends.
    [LoggerMessage(100, LogLevel.Warning, "{Condition} ({Servers})")]
    public static partial void Evicts(this ILogger logger, string condition, string servers);

    [LoggerMessage(101, LogLevel.Warning, "{Condition} ({Servers})")]
    public static partial void KeepsNothing(this ILogger logger, string condition, string servers);

    [LoggerMessage(102, LogLevel.Warning, "{Condition} ({Servers})")]
    public static partial void DemandsNoReplica(this ILogger logger, string condition, string servers);

    [LoggerMessage(103, LogLevel.Warning, "{Condition} ({Servers})")]
    public static partial void ClockIsOff(this ILogger logger, string condition, string servers);

    [LoggerMessage(104, LogLevel.Warning, "{Condition} ({Servers})")]
    public static partial void SeveralPrimaries(this ILogger logger, string condition, string servers);

    [LoggerMessage(108, LogLevel.Information,
        "The Redis server did not tell {Unknown}, so the store can't warn of it: {Fault}. Allow INFO and TIME, also in "
        + "scripts, if the server has them. This event is written once.")]
    public static partial void Unknown(this ILogger logger, string unknown, string fault);

    [LoggerMessage(107, LogLevel.Debug, "The Redis servers were not asked what they evict and keep: {Fault}.")]
    public static partial void NotAsked(this ILogger logger, string fault);

    [LoggerMessage(109, LogLevel.Information, "A warning of the Redis store no longer holds: {Condition}")]
    public static partial void ConditionEnded(this ILogger logger, string condition);

    [LoggerMessage(110, LogLevel.Warning,
        "The connection to the Redis server {Server} was lost ({Failure}). It is tried again until the "
        + "server answers.")]
    public static partial void ConnectionLost(this ILogger logger, string server, string failure);

    [LoggerMessage(111, LogLevel.Information,
        "The connection to the Redis server {Server} was restored after {Duration}.")]
    public static partial void ConnectionRestored(this ILogger logger, string server, TimeSpan duration);

    [LoggerMessage(112, LogLevel.Warning,
        "The connection to the Redis server {Server} was lost {Count} more times since event 110, for a short time "
        + "each.")]
    public static partial void ConnectionUnstable(this ILogger logger, string server, int count);

    [LoggerMessage(113, LogLevel.Information, "The primaries of Redis changed. They are now {Primaries}.")]
    public static partial void PrimariesChanged(this ILogger logger, string primaries);
}
