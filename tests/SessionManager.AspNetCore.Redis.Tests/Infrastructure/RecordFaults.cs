using System.Reflection;
using SessionManager.AspNetCore.StoreConformance;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A connection whose calls fail on demand. All else goes to the real one.</summary>
internal sealed class RecordFaults(IConnectionMultiplexer real) : IMediumFaults
{
    private static readonly MethodInfo Run = typeof(RecordFaults)
        .GetMethod(nameof(RunAsync), BindingFlags.Instance | BindingFlags.NonPublic)!;

    private readonly Lock _lock = new();
    private TaskCompletionSource? _hanging;
    private TaskCompletionSource? _ended;
    private int _waiting;
    private bool _failing;
    private int _acknowledgementsToLose;

    public IConnectionMultiplexer Connection => Proxy.Over(real, (method, arguments) =>
        method.Name == nameof(IConnectionMultiplexer.GetDatabase)
            ? Proxy.Over(
                (IDatabase)method.Invoke(real, arguments)!,
                (called, values) => CallAsync((IDatabase)method.Invoke(real, arguments)!, called, values))
            : method.Invoke(real, arguments));

    /// <summary>Which calls fail, by their names, keys and arguments. The default is all.</summary>
    public Func<string, bool> IsAffected { get; set; } = static _ => true;

    public Task FailAsync()
    {
        _failing = true;
        return Task.CompletedTask;
    }

    public Task HangAsync()
    {
        _hanging = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Task.CompletedTask;
    }

    public Task LoseNextAcknowledgementAsync()
    {
        _acknowledgementsToLose = 1;
        return Task.CompletedTask;
    }

    public Task HealAsync()
    {
        _failing = false;
        lock (_lock)
        {
            _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_waiting == 0)
            {
                _ended.TrySetResult();
            }
        }

        Interlocked.Exchange(ref _hanging, null)?.TrySetResult();
        return _ended.Task;
    }

    private object? CallAsync(IDatabase database, MethodInfo method, object?[]? arguments) =>
        method.ReturnType is { IsGenericType: true } returned && returned.GetGenericTypeDefinition() == typeof(Task<>)
            ? Run.MakeGenericMethod(returned.GetGenericArguments()).Invoke(this, [database, method, arguments])
            : method.Invoke(database, arguments);

    private async Task<T> RunAsync<T>(IDatabase database, MethodInfo method, object?[] arguments)
    {
        var isScript = method.Name == nameof(IDatabase.ScriptEvaluateAsync);
        var keys = isScript ? string.Join(' ', (RedisKey[])arguments[1]!) : "";
        var what = isScript
            ? $"EVALSHA {keys} {string.Join(' ', ((RedisValue[])arguments[2]!).Select(Hex))}"
            : $"{method.Name} {string.Join(' ', arguments)}";
        if (_failing && IsAffected(what))
        {
            throw new IOException($"No connection for {what}", new InvalidOperationException(what));
        }

        var result = _hanging is { } hanging && IsAffected(what)
            ? await RunLateAsync(hanging.Task, () => (Task<T>)method.Invoke(database, arguments)!)
            : await (Task<T>)method.Invoke(database, arguments)!;
        var writesRecord = isScript && !keys.Contains(":list", StringComparison.Ordinal)
            && !keys.Contains(":user:", StringComparison.Ordinal);
        return !writesRecord || Interlocked.Exchange(ref _acknowledgementsToLose, 0) == 0
            ? result
            : throw new IOException($"The connection broke after {what}");
    }

    private static string Hex(RedisValue value) => Convert.ToHexString((byte[]?)value ?? []);

    // The call arrives when the medium works again, as bytes do that lay in a buffer.
    private async Task<T> RunLateAsync<T>(Task healed, Func<Task<T>> call)
    {
        lock (_lock)
        {
            _waiting++;
        }

        try
        {
            await healed;
            return await call();
        }
        finally
        {
            lock (_lock)
            {
                if (--_waiting == 0)
                {
                    _ended?.TrySetResult();
                }
            }
        }
    }
}
