using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>A PostgreSQL server of Debian's package, in a folder of its own, for as long as a test needs it.</summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _folder;
    private readonly NpgsqlDataSource _source;
    private Process? _process;

    private PostgreSqlServer(string folder, int port)
    {
        (_folder, Port) = (folder, port);
        _source = NpgsqlDataSource.Create(ConnectionString);
    }

    /// <summary>Where the server's programs are, or null. In CI their absence is a failure, not a skip.</summary>
    public static string? Programs { get; } =
        FindPrograms()
        ?? (Environment.GetEnvironmentVariable("CI") == "true"
            ? throw new InvalidOperationException("There is no PostgreSQL. In CI it is required: .ci/run installs it.")
            : null);

    public int Port { get; }

    public string ConnectionString => ConnectionStringFor("postgres", Port);

    // The server refuses to run as root.
    private static bool IsRoot => Environment.UserName == "root";

    public static async Task<PostgreSqlServer> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("session-postgresql-").FullName;
        if (IsRoot)
        {
            await RunAsync("chown", "postgres", folder);
        }

        await RunAsServerAsync("initdb", "-D", folder, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync");
        var server = new PostgreSqlServer(folder, FreePort());
        await server.StartAgainAsync();
        return server;
    }

    public static string ConnectionStringFor(string user, int port) =>
        $"Host=127.0.0.1;Port={port};Database=postgres;Username={user};SSL Mode=Disable;Maximum Pool Size=20";

    /// <summary>Starts the server on its port and its files.</summary>
    public async Task StartAgainAsync()
    {
        var start = Command(
            Path.Combine(Programs!, "postgres"),
            ["-D", _folder, "-p", $"{Port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
                "-c", "fsync=off", "-c", "shared_preload_libraries=pg_stat_statements", "-c", "max_connections=200",
                "-c", "shared_buffers=32MB", "-c", "log_min_messages=fatal"]);
        start.RedirectStandardError = true;
        _process = Process.Start(start)!;
        _process.BeginErrorReadLine();
        var started = Stopwatch.GetTimestamp();
        // The connections to the server before it.
        _source.Clear();
        while (true)
        {
            try
            {
                await using var connection = await _source.OpenConnectionAsync();
                return;
            }
            catch (NpgsqlException) when (!_process.HasExited && Stopwatch.GetElapsedTime(started) < Patience)
            {
                // The server has no other way to say that it is ready.
                await Task.Delay(20);
            }
        }
    }

    /// <summary>Stops the server, as an administrator does: connections are ended.</summary>
    public Task StopAsync() => EndAsync("-INT");

    /// <summary>Ends the server at once, as a crash would.</summary>
    public Task CrashAsync() => EndAsync("-QUIT");

    /// <summary>Runs a statement as the superuser.</summary>
    public async Task<object?> ExecuteAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Runs a statement as another role.</summary>
    public async Task<object?> ExecuteAsync(string sql, string role)
    {
        await using var source = NpgsqlDataSource.Create($"{ConnectionStringFor(role, Port)};Pooling=false");
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _source.DisposeAsync();
        await CrashAsync();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A command that runs as a user who may run the server.</summary>
    public static ProcessStartInfo Command(string program, IEnumerable<string> arguments) => IsRoot
        ? new ProcessStartInfo(
            "setpriv",
            ["--reuid=postgres", "--regid=postgres", "--clear-groups", "--", program, .. arguments])
        : new ProcessStartInfo(program, arguments);

    private async Task EndAsync(string signal)
    {
        if (_process is { HasExited: false } process)
        {
            await RunAsync("kill", signal, $"{process.Id}");
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
    }

    private static string? FindPrograms()
    {
        const string Root = "/usr/lib/postgresql";
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var versions = Directory.Exists(Root)
            ? Directory.GetDirectories(Root).OrderByDescending(folder => int.TryParse(
                Path.GetFileName(folder), out var version) ? version : 0)
            : Enumerable.Empty<string>();
        return versions.Select(folder => Path.Combine(folder, "bin")).Concat(path)
            .FirstOrDefault(folder => File.Exists(Path.Combine(folder, "initdb")));
    }

    private static Task RunAsServerAsync(string program, params string[] arguments) =>
        RunAsync(Command(Path.Combine(Programs!, program), arguments));

    private static Task RunAsync(string program, params string[] arguments) =>
        RunAsync(new ProcessStartInfo(program, arguments));

    private static async Task RunAsync(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await output;
        await process.WaitForExitAsync().WaitAsync(Patience);
        Assert.True(process.ExitCode == 0, $"{start.FileName} failed. {error}");
    }
}
