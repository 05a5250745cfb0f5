using System.Diagnostics;
using System.Net.Sockets;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>A PgBouncer in transaction mode in front of a server.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;

    private PgBouncer(Process process, string folder, int port) => (_process, _folder, Port) = (process, folder, port);

    /// <summary>Where the program is, or null. In CI its absence is a failure, not a skip.</summary>
    public static string? Program { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
            .Select(folder => Path.Combine(folder, "pgbouncer"))
            .FirstOrDefault(File.Exists)
        ?? (Environment.GetEnvironmentVariable("CI") == "true"
            ? throw new InvalidOperationException("There is no pgbouncer. In CI it is required: .ci/run installs it.")
            : null);

    public int Port { get; }

    public static async Task<PgBouncer> StartAsync(PostgreSqlServer server)
    {
        var folder = Directory.CreateTempSubdirectory("session-pgbouncer-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            // The server's user has to read it.
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        }

        var port = PostgreSqlServer.FreePort();
        var configuration = Path.Combine(folder, "pgbouncer.ini");
        await File.WriteAllTextAsync(
            configuration,
            $"""
            [databases]
            postgres = host=127.0.0.1 port={server.Port} dbname=postgres user=postgres
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = any
            pool_mode = transaction
            default_pool_size = 3
            max_client_conn = 200
            """);
        var process = Process.Start(PostgreSqlServer.Command(Program!, ["-q", configuration]))!;
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var client = new TcpClient();
                await client.ConnectAsync("127.0.0.1", port);
                return new PgBouncer(process, folder, port);
            }
            catch (SocketException) when (!process.HasExited && Stopwatch.GetElapsedTime(started) < Node.Patience)
            {
                // It has no other way to say that it is ready.
                await Task.Delay(20);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
