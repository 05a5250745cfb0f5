using System.Reflection;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A connection whose scripts and commands fail on demand; all else goes to the real one.</summary>
internal sealed class FaultyRedis(IConnectionMultiplexer real)
{
    private static readonly MethodInfo Run = typeof(FaultyRedis).GetMethod(nameof(RunAsync), BindingFlags.Instance | BindingFlags.NonPublic)!;

    private TaskCompletionSource? _hanging;
    private bool _failing;
    private int _acknowledgementsToLose;

    public IConnectionMultiplexer Connection => Proxy.Over(real, (method, arguments) =>
        method.Name == nameof(IConnectionMultiplexer.GetDatabase)
            ? Proxy.Over((IDatabase)method.Invoke(real, arguments)!, (called, values) => CallAsync((IDatabase)method.Invoke(real, arguments)!, called, values))
            : method.Invoke(real, arguments));

    public void Fail() => _failing = true;

    public void Hang() => _hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void LoseNextAcknowledgement() => _acknowledgementsToLose = 1;

    public void Heal()
    {
        _failing = false;
        Interlocked.Exchange(ref _hanging, null)?.TrySetResult();
    }

    private object? CallAsync(IDatabase database, MethodInfo method, object?[]? arguments) =>
        method.ReturnType is { IsGenericType: true } returned && returned.GetGenericTypeDefinition() == typeof(Task<>)
            ? Run.MakeGenericMethod(returned.GetGenericArguments()).Invoke(this, [database, method, arguments])
            : method.Invoke(database, arguments);

    private async Task<T> RunAsync<T>(IDatabase database, MethodInfo method, object?[] arguments)
    {
        var isScript = method.Name == nameof(IDatabase.ScriptEvaluateAsync);
        var what = isScript
            ? $"EVALSHA {string.Join(' ', (RedisKey[])arguments[1]!)} {string.Join(' ', ((RedisValue[])arguments[2]!).Select(value => Convert.ToHexString((byte[]?)value ?? [])))}"
            : $"{method.Name} {string.Join(' ', arguments)}";
        if (_failing)
        {
            throw new IOException($"No connection for {what}", new InvalidOperationException(what));
        }

        if (_hanging is { } hanging)
        {
            await hanging.Task;
            throw new IOException($"The connection that hung was closed: {what}");
        }

        var result = await (Task<T>)method.Invoke(database, arguments)!;
        return !isScript || Interlocked.Exchange(ref _acknowledgementsToLose, 0) == 0
            ? result
            : throw new IOException($"The connection broke after {what}");
    }
}
