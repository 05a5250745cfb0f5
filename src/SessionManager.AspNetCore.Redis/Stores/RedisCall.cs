using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Redis.Scripts;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Calls the server, within the I/O timeout, and says what a refusal means.</summary>
internal sealed class RedisCall(RedisConnection connection, StoreCall calls)
{
    /// <summary>Runs a script; <see langword="null"/> when the key holds something that is not ours.</summary>
    public ValueTask<RedisResult?> RunAsync(RedisScript script, string key, Guid id, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return calls.WaitAsync(
            Start((database, key) => script.RunAsync(database, key, arguments), key),
            exception => RedisScript.IsUnknown(exception)
                ? new ValueTask<RedisResult?>(Start((database, key) => script.SendAsync(database, key, arguments), key))
                : Recover<RedisResult>(exception),
            id,
            cancellationToken);
    }

    /// <summary>Runs a command; the default when the key holds something that is not ours.</summary>
    public ValueTask<T?> RunAsync<T>(Func<IDatabase, RedisKey, Task<T>> command, string key, Guid id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return calls.WaitAsync(Start(command, key), Recover<T>, id, cancellationToken);
    }

    /// <summary>Runs several calls one after the other, all of them within the I/O timeout.</summary>
    /// <param name="steps">The calls. They end when the token is cancelled, or at their next step.</param>
    /// <param name="state">What the calls need.</param>
    /// <param name="id">The session, so that its key can be kept out of the message.</param>
    /// <param name="cancellationToken">The caller's own.</param>
    public ValueTask<T> RunStepsAsync<TState, T>(
        Func<TState, CancellationToken, Task<T>> steps, TState state, Guid id, CancellationToken cancellationToken) =>
        calls.RunAsync(steps, state, id, cancellationToken);

    /// <summary>Runs a script as one of several steps; <see langword="null"/> when the key holds something that is not ours.</summary>
    public Task<RedisResult?> SendAsync(RedisScript script, string key, RedisValue[] arguments) =>
        RecoverAsync(
            Start((database, name) => script.RunAsync(database, name, arguments), key),
            exception => RedisScript.IsUnknown(exception)
                ? new ValueTask<RedisResult?>(Start((database, name) => script.SendAsync(database, name, arguments), key))
                : Recover<RedisResult>(exception));

    /// <summary>Runs a command as one of several steps; the default when the key holds something that is not ours.</summary>
    public Task<T?> SendAsync<T>(Func<IDatabase, RedisKey, Task<T>> command, string key) =>
        RecoverAsync(Start(command, key), Recover<T>);

    /// <summary>Sends a command whose result nobody waits for.</summary>
    public void Post<T>(Func<IDatabase, RedisKey, Task<T>> command, string key) => Forget(Start(command, key));

    /// <summary>Leaves a call to itself, whatever becomes of it.</summary>
    public static void Forget(Task call) => _ = call.ContinueWith(
        static ended => ended.Exception,
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously | TaskContinuationOptions.OnlyOnFaulted,
        TaskScheduler.Default);

    private static async Task<T?> RecoverAsync<T>(Task<T?> task, Func<Exception, ValueTask<T?>?> recover)
    {
        try
        {
            return await task;
        }
        catch (Exception exception) when (recover(exception) is { } instead)
        {
            return await instead;
        }
    }

    private Task<T?> Start<T>(Func<IDatabase, RedisKey, Task<T>> command, string key)
    {
        try
        {
            var database = connection.GetDatabaseAsync();
            if (database.IsCompletedSuccessfully)
            {
                return command(database.Result, key)!;
            }

            return AwaitAsync(database);
        }
        catch (Exception exception)
        {
            return Task.FromException<T?>(exception);
        }

        async Task<T?> AwaitAsync(ValueTask<IDatabase> database) => await command(await database, key);
    }

    private static ValueTask<T?>? Recover<T>(Exception exception) => exception switch
    {
        not RedisServerException => null,
        _ when exception.Message.Contains("WRONGTYPE", StringComparison.Ordinal) => new ValueTask<T?>(default(T)),
        _ when IsMissingCommand(exception) => new ValueTask<T?>(Task.FromException<T?>(new NotSupportedException(
            "The server refused a command that sessions need. Allow EVALSHA, EVAL, SCRIPT LOAD, HGETALL, HMGET, HGET, HSET, "
            + "HDEL, HKEYS, HINCRBY, ZADD, ZREM, ZSCORE, ZCARD, ZRANGE, ZREVRANGEBYSCORE, ZREMRANGEBYSCORE, EXISTS, TYPE, "
            + "DEL, PTTL and PEXPIRE, and turn Lua scripts on (Garnet: --lua, --lua-transaction-mode). It said: "
            + exception.Message.Split(", with args", 2)[0]))),
        _ => null,
    };

    private static bool IsMissingCommand(Exception exception) =>
        exception.Message.Contains("unknown command", StringComparison.OrdinalIgnoreCase)
        || exception.Message.StartsWith("NOPERM", StringComparison.Ordinal)
        || exception.Message.Contains("not supported", StringComparison.OrdinalIgnoreCase)
        || exception.Message.Contains("unknown Redis command", StringComparison.OrdinalIgnoreCase)
        || exception.Message.Contains("can't run this command", StringComparison.OrdinalIgnoreCase)
        || exception.Message.Contains("Lua scripting support disabled", StringComparison.OrdinalIgnoreCase);
}
