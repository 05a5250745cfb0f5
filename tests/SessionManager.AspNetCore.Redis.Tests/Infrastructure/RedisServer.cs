using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Garnet;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A server that speaks the Redis protocol, for as long as a test class needs it: Garnet in this process, or a redis-server
/// of its own.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private readonly GarnetServer? _garnet;
    private readonly Process? _process;
    private readonly string? _folder;

    private RedisServer(int port, GarnetServer? garnet, Process? process, string? folder) =>
        (Port, _garnet, _process, _folder) = (port, garnet, process, folder);

    /// <summary>Where redis-server is, or null. In CI its absence is a failure, not a skip.</summary>
    public static string? RedisPath { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, "redis-server"))
            .FirstOrDefault(File.Exists)
        ?? (Environment.GetEnvironmentVariable("CI") == "true"
            ? throw new InvalidOperationException("There is no redis-server on PATH. In CI it is required: .ci/run installs it.")
            : null);

    public int Port { get; }

    public string Configuration => $"127.0.0.1:{Port}";

    public static RedisServer StartGarnet()
    {
        var port = FreePort();
        var server = new GarnetServer(
            ["--port", $"{port}", "--bind", "127.0.0.1", "--lua", "true", "--lua-transaction-mode", "true", "--logger-level", "None"]);
        server.Start();
        return new RedisServer(port, server, null, null);
    }

    /// <param name="arguments">More arguments for the command line.</param>
    public static async Task<RedisServer> StartRedisAsync(params string[] arguments)
    {
        var folder = Directory.CreateTempSubdirectory("session-redis-").FullName;
        return await LaunchAsync(FreePort(), folder, arguments);
    }

    /// <summary>Starts a sentinel, which keeps its settings in a file of its own.</summary>
    public static async Task<RedisServer> StartSentinelAsync(params string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("session-sentinel-").FullName;
        var port = FreePort();
        var file = Path.Combine(folder, "sentinel.conf");
        await File.WriteAllLinesAsync(file, [$"port {port}", "bind 127.0.0.1", $"dir {folder}", .. settings]);
        return await LaunchAsync(port, folder, [file, "--sentinel"], "Sentinel ID is");
    }

    /// <summary>Starts the same server again, on its port and its files.</summary>
    public async Task<RedisServer> RestartAsync(params string[] arguments)
    {
        await KillAsync();
        return await LaunchAsync(Port, _folder!, arguments);
    }

    /// <summary>Sends one command over a connection of its own, past every client and whatever a client makes of the
    /// server's role. An array comes back as lines.</summary>
    public async Task<string> CommandAsync(params string[] words)
    {
        using var patience = new CancellationTokenSource(Node.Patience);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, Port, patience.Token);
        var text = $"*{words.Length}\r\n{string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"))}";
        await socket.GetStream().WriteAsync(Encoding.Latin1.GetBytes(text), patience.Token);
        using var reader = new StreamReader(socket.GetStream(), Encoding.Latin1);
        return await ReadAsync(reader, patience.Token);
    }

    /// <summary>Asks again and again until the answer satisfies.</summary>
    public async Task WaitForAsync(Func<string, bool> satisfies, params string[] words)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var patience = new CancellationTokenSource(Node.Patience);
        while (!satisfies(await CommandAsync(words)))
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    /// <summary>Stops the process where it is: its connections stay open, and nothing is answered any more.</summary>
    public Task PauseAsync() => SignalAsync("STOP");

    /// <summary>Lets a process go on that was stopped.</summary>
    public Task ResumeAsync() => SignalAsync("CONT");

    /// <summary>Ends the process at once, as a crash would.</summary>
    public async Task KillAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        _garnet?.Dispose();
        if (_process is not null)
        {
            await KillAsync();
            _process.Dispose();
            Directory.Delete(_folder!, recursive: true);
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var line = await reader.ReadLineAsync(cancellationToken) ?? throw new IOException("The server closed the connection.");
        var rest = line[1..];
        switch (line[0])
        {
            case '-':
                throw new InvalidOperationException($"The server refused: {rest}");
            case '$' when rest != "-1":
                var bytes = new char[int.Parse(rest, CultureInfo.InvariantCulture) + 2];
                await reader.ReadBlockAsync(bytes, cancellationToken);
                return new string(bytes.AsSpan(0, bytes.Length - 2));
            case '*':
                var entries = new List<string>();
                for (var left = int.Parse(rest, CultureInfo.InvariantCulture); left > 0; left--)
                {
                    entries.Add(await ReadAsync(reader, cancellationToken));
                }

                return string.Join('\n', entries);
            default:
                return rest;
        }
    }

    // By the shell, which has the command built in on every system.
    private async Task SignalAsync(string name)
    {
        using var kill = Process.Start("sh", ["-c", $"kill -{name} {_process!.Id}"]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }

    private static Task<RedisServer> LaunchAsync(int port, string folder, string[] arguments) => LaunchAsync(
        port,
        folder,
        ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--dir", folder, .. arguments],
        "Ready to accept connections");

    private static async Task<RedisServer> LaunchAsync(int port, string folder, string[] arguments, string sign)
    {
        var start = new ProcessStartInfo(RedisPath!) { RedirectStandardOutput = true, WorkingDirectory = folder };
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        var process = Process.Start(start)!;
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var output = new StringBuilder();
        process.OutputDataReceived += (_, line) =>
        {
            output.AppendLine(line.Data);
            if (line.Data is null)
            {
                ready.TrySetException(new InvalidOperationException($"redis-server ended before it was ready. {output}"));
            }
            else if (line.Data.Contains(sign, StringComparison.Ordinal))
            {
                ready.TrySetResult();
            }
        };
        process.BeginOutputReadLine();
        await ready.Task.WaitAsync(TimeSpan.FromSeconds(30));
        return new RedisServer(port, null, process, folder);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
