using System.Reflection;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A connection each of whose commands takes a while; the commands go to the real server.</summary>
internal sealed class SlowRedis(IConnectionMultiplexer real)
{
    private static readonly MethodInfo Run = typeof(SlowRedis).GetMethod(nameof(RunAsync), BindingFlags.Instance | BindingFlags.NonPublic)!;

    public TimeSpan Delay { get; set; }

    public IConnectionMultiplexer Connection => Proxy.Over(real, (method, arguments) =>
        method.Name == nameof(IConnectionMultiplexer.GetDatabase)
            ? Proxy.Over((IDatabase)method.Invoke(real, arguments)!, (called, values) => CallAsync((IDatabase)method.Invoke(real, arguments)!, called, values))
            : method.Invoke(real, arguments));

    private object? CallAsync(IDatabase database, MethodInfo method, object?[]? arguments) =>
        method.ReturnType is { IsGenericType: true } returned && returned.GetGenericTypeDefinition() == typeof(Task<>)
            ? Run.MakeGenericMethod(returned.GetGenericArguments()).Invoke(this, [database, method, arguments])
            : method.Invoke(database, arguments);

    private async Task<T> RunAsync<T>(IDatabase database, MethodInfo method, object?[] arguments)
    {
        if (Delay > TimeSpan.Zero)
        {
            await Task.Delay(Delay);
        }

        return await (Task<T>)method.Invoke(database, arguments)!;
    }
}
