using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>What servers and connections do by their own clocks is asked for until it has happened.</summary>
internal static class Eventually
{
    public static Task TrueAsync(Func<bool> condition) => TrueAsync(() => Task.FromResult(condition()));

    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        using var patience = new CancellationTokenSource(Node.Patience);
        while (!await condition())
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    /// <summary>Sends a command to one server, as its operator does, and reads the answer as a text.</summary>
    public static async Task<string> TellAsync(this RedisServer server, string command, params object[] arguments) =>
        (await server.AskAsync(command, arguments)).ToString() ?? "";

    /// <summary>Sends a command to one server, as its operator does.</summary>
    public static async Task<RedisResult> AskAsync(this RedisServer server, string command, params object[] arguments)
    {
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
        return await admin.GetServers()[0].ExecuteAsync(command, arguments);
    }
}
