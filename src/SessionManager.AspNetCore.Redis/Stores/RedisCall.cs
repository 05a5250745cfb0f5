using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Stores;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Calls the server, within the I/O timeout, and says what a refusal means.</summary>
internal sealed class RedisCall(RedisConnection connection, StoreCall calls)
{
    /// <summary>Runs a script; <see langword="null"/> when the key holds something that is not ours.</summary>
    public ValueTask<RedisResult?> RunAsync(RedisScript script, string key, Guid id, RedisValue[] arguments, CancellationToken cancellationToken) =>
        RunAsync<RedisResult>((database, key) => script.RunAsync(database, key, arguments), key, id, cancellationToken);

    /// <summary>Runs a command; the default when the key holds something that is not ours.</summary>
    public ValueTask<T?> RunAsync<T>(Func<IDatabase, RedisKey, Task<T>> command, string key, Guid id, CancellationToken cancellationToken) =>
        calls.RunAsync(
            static async (run, _) =>
            {
                try
                {
                    return await run.command(await run.connection.GetDatabaseAsync(), run.key);
                }
                catch (RedisServerException exception) when (exception.Message.Contains("WRONGTYPE", StringComparison.Ordinal))
                {
                    return default;
                }
                catch (RedisServerException exception) when (IsMissingCommand(exception))
                {
#pragma warning disable MA0054 // Its text repeats the command's arguments, the store key among them.
                    throw new NotSupportedException(
                        "The server refused a command that sessions need. Allow EVALSHA, EVAL, SCRIPT LOAD, HGETALL, HMGET, HGET, HSET, HDEL, HKEYS, HINCRBY, ZADD, ZREM, ZSCORE, ZCARD, ZRANGE, ZREVRANGEBYSCORE, ZREMRANGEBYSCORE, EXISTS, TYPE, DEL and PEXPIRE, and turn Lua scripts on (Garnet: --lua, --lua-transaction-mode). It said: "
                        + exception.Message.Split(", with args", 2)[0]);
#pragma warning restore MA0054
                }
            },
            (connection, command, key: (RedisKey)key),
            id,
            cancellationToken);

    private static bool IsMissingCommand(RedisServerException exception) =>
        exception.Message.Contains("unknown command", StringComparison.OrdinalIgnoreCase)
        || exception.Message.StartsWith("NOPERM", StringComparison.Ordinal)
        || exception.Message.Contains("not supported", StringComparison.OrdinalIgnoreCase)
        || exception.Message.Contains("unknown Redis command", StringComparison.OrdinalIgnoreCase)
        || exception.Message.Contains("can't run this command", StringComparison.OrdinalIgnoreCase)
        || exception.Message.Contains("Lua scripting support disabled", StringComparison.OrdinalIgnoreCase);
}
