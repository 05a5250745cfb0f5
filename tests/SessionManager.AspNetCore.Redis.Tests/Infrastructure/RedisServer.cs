using System.Diagnostics;
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

    /// <summary>Starts the same server again, on its port and its files.</summary>
    public async Task<RedisServer> RestartAsync(params string[] arguments)
    {
        await KillAsync();
        return await LaunchAsync(Port, _folder!, arguments);
    }

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

    private static async Task<RedisServer> LaunchAsync(int port, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(RedisPath!) { RedirectStandardOutput = true, WorkingDirectory = folder };
        foreach (var argument in (string[])["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--dir", folder, .. arguments])
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
            else if (line.Data.Contains("Ready to accept connections", StringComparison.Ordinal))
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
