using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Stores;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Sessions as Redis hashes, one field a value. Every operation is one script, so it is atomic on all nodes, and one round trip.</summary>
internal sealed class RedisSessionStore : ISessionRecordStore
{
    private readonly RedisConnection _connection;
    private readonly SessionLifetime _lifetime;
    private readonly string _prefix;
    private readonly StoreCall _calls;
    private readonly Action<Guid> _damaged;

    public RedisSessionStore(
        RedisConnection connection,
        IOptions<RedisStoreOptions> redis,
        IOptions<SessionManagerOptions> options,
        SessionLifetime lifetime,
        ILogger<RedisSessionStore> logger)
    {
        _damaged = logger.ValueRejected;
        (_connection, _lifetime, _prefix) = (connection, lifetime, redis.Value.KeyPrefix);
        _calls = new StoreCall(options.Value.IOTimeout, Name);
    }

    public string Name => "redis";

    public async ValueTask<SessionLookup> LoadAsync(Guid id, SessionTouch touch, CancellationToken cancellationToken = default)
    {
        var result = await RunAsync(SessionScripts.Load, id, [.. ArgumentsOf(touch), touch.Allowed], cancellationToken);
        return result is null
            ? new SessionLookup(SessionLookupStatus.Unreadable)
            : RedisRecord.Read(id, (RedisValue[])result[1]!, touched: (int)result[0] == 1, _damaged);
    }

    public async ValueTask<bool> TouchAsync(Guid id, SessionTouch touch, CancellationToken cancellationToken = default) =>
        touch.Allowed && await RunAsync(SessionScripts.Touch, id, ArgumentsOf(touch), cancellationToken) is { } result && (int)result == 1;

    public async ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default)
    {
        var result = await RunAsync(SessionScripts.Commit, commit.Id, RedisRecord.Write(commit, _lifetime), cancellationToken);
        return result is null
            ? new SessionCommitResult(SessionCommitOutcome.Gone)
            : new SessionCommitResult(
                (SessionCommitOutcome)(int)result[0],
                (int)result[1] == 1,
                result.Length > 2 ? RedisRecord.ReadValue((RedisValue)result[2]) : null);
    }

    public async ValueTask<bool> EndAsync(Guid id, SessionEndReason reason, CancellationToken cancellationToken = default) =>
        await RunAsync(SessionScripts.End, id, [(int)reason, Milliseconds(_lifetime.TombstoneTimeToLive)], cancellationToken) is { } result
        && (int)result == 1;

    internal static RedisValue Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    private RedisValue[] ArgumentsOf(SessionTouch touch) =>
    [
        touch.SecretHash,
        touch.Now.ToUnixTimeMilliseconds(),
        Milliseconds(_lifetime.TouchInterval),
        Milliseconds(_lifetime.IdleTimeout),
        Milliseconds(_lifetime.AbsoluteTimeout),
        Milliseconds(_lifetime.RecordTimeToLive),
    ];

    /// <summary>Runs a script; <see langword="null"/> when the key holds something that is not a hash of ours.</summary>
    private async ValueTask<RedisResult?> RunAsync(RedisScript script, Guid id, RedisValue[] arguments, CancellationToken cancellationToken) =>
        await _calls.RunAsync(
            static async (run, _) =>
            {
                try
                {
                    var database = await run._connection.GetDatabaseAsync();
                    return await run.script.RunAsync(database, run.key, run.arguments);
                }
                catch (RedisServerException exception) when (exception.Message.Contains("WRONGTYPE", StringComparison.Ordinal))
                {
                    return null;
                }
                catch (RedisServerException exception) when (IsMissingCommand(exception))
                {
#pragma warning disable MA0054 // Its text repeats the command's arguments, the store key among them.
                    throw new NotSupportedException(
                        "The server refused a command that sessions need. Allow EVALSHA, EVAL, SCRIPT LOAD, HGETALL, HMGET, HGET, HSET, HDEL, HKEYS, HINCRBY, EXISTS, TYPE, DEL and PEXPIRE, and turn Lua scripts on (Garnet: --lua, --lua-transaction-mode). It said: "
                        + exception.Message.Split(", with args", 2)[0]);
#pragma warning restore MA0054
                }
            },
            (_connection, script, key: (RedisKey)string.Concat(_prefix, id.ToString("N")), arguments),
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
