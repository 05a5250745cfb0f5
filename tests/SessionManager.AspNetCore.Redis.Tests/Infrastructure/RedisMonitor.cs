using System.Net.Sockets;
using System.Text;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>Listens to every command a redis-server gets (MONITOR) and counts the bytes it is sent. What a script does inside the
/// server costs no round trip and is left out.</summary>
internal sealed class RedisMonitor : IAsyncDisposable
{
    private readonly TcpClient _socket;
    private readonly StreamReader _lines;
    private readonly ConnectionMultiplexer _admin;

    private RedisMonitor(TcpClient socket, StreamReader lines, ConnectionMultiplexer admin) => (_socket, _lines, _admin) = (socket, lines, admin);

    public static async Task<RedisMonitor> StartAsync(RedisServer server)
    {
        var admin = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
        var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", server.Port);
        await socket.GetStream().WriteAsync("MONITOR\r\n"u8.ToArray());
        var lines = new StreamReader(socket.GetStream(), Encoding.Latin1);
        Assert.Equal("+OK", await lines.ReadLineAsync());
        return new RedisMonitor(socket, lines, admin);
    }

    /// <summary>The commands that arrive while something is done, by name, in order.</summary>
    public async Task<IReadOnlyList<string>> CommandsOfAsync(Func<Task> act)
    {
        await CommandsUntilNowAsync();
        await act();
        return await CommandsUntilNowAsync();
    }

    /// <summary>How many bytes the server is sent while something is done.</summary>
    public async Task<long> BytesOfAsync(Func<Task> act)
    {
        var first = await BytesAsync();
        var before = await BytesAsync();
        var asking = before - first;
        await act();
        return await BytesAsync() - before - asking;
    }

    /// <summary>How many bytes the server sends while something is done, to other connections than that of
    /// MONITOR.</summary>
    public async Task<long> BytesFromAsync(Func<Task> act)
    {
        // MONITOR repeats each command to this socket, so those lines don't count.
        await CommandsUntilNowAsync();
        var first = await StatisticAsync("total_net_output_bytes");
        await CommandsUntilNowAsync();
        var before = await StatisticAsync("total_net_output_bytes");
        await act();
        await CommandsUntilNowAsync();
        return await StatisticAsync("total_net_output_bytes") - before - (before - first);
    }

    public async ValueTask DisposeAsync()
    {
        _lines.Dispose();
        _socket.Dispose();
        await _admin.DisposeAsync();
    }

    private async Task<IReadOnlyList<string>> CommandsUntilNowAsync()
    {
        var fence = $"fence-{Guid.NewGuid():N}";
        await _admin.GetDatabase().ExecuteAsync("ECHO", fence);
        var commands = new List<string>();
        while (await _lines.ReadLineAsync().WaitAsync(Node.Patience) is { } line)
        {
            if (line.Contains(fence, StringComparison.Ordinal))
            {
                return commands;
            }

            // +1700000000.123456 [0 127.0.0.1:50000] "EVALSHA" "..."; from within a script: [0 lua].
            var source = line[..line.IndexOf(']', StringComparison.Ordinal)];
            var command = line[(source.Length + 2)..];
            if (!source.EndsWith(" lua", StringComparison.Ordinal) && !IsOfClock(command))
            {
                commands.Add(command);
            }
        }

        throw new IOException("The server closed the MONITOR connection.");
    }

    /// <summary>What is sent by the clock, whatever requests do: the client asks for the server's role, and the store for its
    /// settings.</summary>
    private static bool IsOfClock(string command) =>
        command.StartsWith("\"INFO\"", StringComparison.Ordinal)
        || command.StartsWith("\"CONFIG\" \"GET\"", StringComparison.Ordinal)
        || (command.StartsWith("\"EVAL\"", StringComparison.Ordinal) && command.Contains("'INFO'", StringComparison.Ordinal));

    private Task<long> BytesAsync() => StatisticAsync("total_net_input_bytes");

    private async Task<long> StatisticAsync(string name)
    {
        var statistics = await _admin.GetServers()[0].InfoAsync("stats");
        return long.Parse(statistics.SelectMany(group => group).Single(entry => entry.Key == name).Value);
    }
}
