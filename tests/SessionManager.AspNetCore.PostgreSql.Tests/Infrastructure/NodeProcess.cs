using System.Diagnostics;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>A node in a process of its own, to be killed.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly HttpClient _client;

    private NodeProcess(Process process, Uri address)
    {
        _process = process;
        _client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = address };
    }

    public static async Task<NodeProcess> StartAsync(string connectionString, string schema)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add(
            Path.Combine(AppContext.BaseDirectory, "SessionManager.AspNetCore.PostgreSql.Tests.Node.dll"));
        start.ArgumentList.Add(connectionString);
        start.ArgumentList.Add(schema);
        var process = Process.Start(start)!;
        var address = await process.StandardOutput.ReadLineAsync().WaitAsync(Node.Patience);
        return new NodeProcess(
            process, new Uri(address ?? throw new InvalidOperationException("The node ended before it listened.")));
    }

    public Browser NewBrowser() => new(_client, "sid");

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
    }
}
