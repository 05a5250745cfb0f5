using System.Diagnostics;

namespace SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;

/// <summary>A node in a process of its own.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly HttpClient _client;

    private NodeProcess(Process process, Uri address)
    {
        _process = process;
        _client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = address };
    }

    public static async Task<NodeProcess> StartAsync(SessionDatabase database)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            RedirectStandardOutput = true,
        };
        start.ArgumentList.Add(
            Path.Combine(AppContext.BaseDirectory, "SessionManager.AspNetCore.Sqlite.Tests.Node.dll"));
        start.ArgumentList.Add(database.ConnectionString);
        var process = Process.Start(start)!;
        var address = await process.StandardOutput.ReadLineAsync().WaitAsync(Patience);
        return new NodeProcess(
            process, new Uri(address ?? throw new InvalidOperationException("The node ended before it listened.")));
    }

    public Browser NewBrowser() => new(_client, "sid");

    /// <summary>The same browser on this node.</summary>
    public Browser On(Browser browser)
    {
        var other = NewBrowser();
        other.Token = browser.Token;
        return other;
    }

    /// <summary>SIGKILL: no handler runs.</summary>
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
