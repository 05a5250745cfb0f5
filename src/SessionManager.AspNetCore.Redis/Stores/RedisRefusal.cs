using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>What it means that the server refuses a command.</summary>
internal static class RedisRefusal
{
    private static readonly string[] MissingCommandTexts =
    [
        "unknown command", "unknown Redis command", "not supported", "can't run this command",
        "Lua scripting support disabled",
    ];

    /// <summary>Whether the key holds something of another type, which is not ours.</summary>
    public static bool IsOtherType(RedisServerException exception) =>
        exception.Message.Contains("WRONGTYPE", StringComparison.Ordinal);

    /// <summary>Waits for a call; the default when the key holds something that is not ours.</summary>
    public static async Task<T?> OrDefaultAsync<T>(this Task<T> call)
    {
        try
        {
            return await call;
        }
        catch (RedisServerException exception) when (IsOtherType(exception))
        {
            return default;
        }
    }

    /// <summary>Leaves a call to itself, whatever becomes of it.</summary>
    public static void Forget(Task call) => _ = call.ContinueWith(
        static ended => ended.Exception,
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnFaulted,
        TaskScheduler.Default);

    /// <summary>Fails with a text that says what the server must allow; <see langword="null"/> when that is not what
    /// is wrong.</summary>
    public static ValueTask<T>? Explain<T>(Exception exception) =>
        exception is RedisServerException { Message: var message } && IsMissingCommand(message)
            ? new ValueTask<T>(Task.FromException<T>(new NotSupportedException(
                "The server refused a command that sessions need. Allow EVALSHA, EVAL, SCRIPT LOAD, HGETALL, HMGET, "
                + "HSET, HDEL, ZADD, ZREM, ZSCORE, ZRANGE, ZREVRANGEBYLEX, ZREMRANGEBYSCORE, EXISTS, TYPE, DEL, "
                + "PTTL and PEXPIRE, and turn Lua scripts on (Garnet: --lua, --lua-transaction-mode). It said: "
                + message.Split(", with args", 2)[0])))
            : null;

    private static bool IsMissingCommand(string message) =>
        message.StartsWith("NOPERM", StringComparison.Ordinal)
        || MissingCommandTexts.Any(text => message.Contains(text, StringComparison.OrdinalIgnoreCase));
}
