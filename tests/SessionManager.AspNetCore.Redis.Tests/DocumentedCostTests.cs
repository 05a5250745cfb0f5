using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>The table of commands in docs/redis.md has every kind of request, and what a redis-server counts.</summary>
public sealed partial class DocumentedCostTests : IAsyncLifetime
{
    private const int Devices = 5;

    private readonly NodeOptions _options = new() { Map = static app => app.MapSessionDashboard("/sessions") };
    private RedisServer _server = null!;
    private RedisMonitor _monitor = null!;
    private App _node = null!;
    private Browser _fence = null!;

    private ISessionDirectory Directory => _node.Services.GetRequiredService<ISessionDirectory>();

    public async ValueTask InitializeAsync()
    {
        _server = await Servers.StartRedisAsync();
        _monitor = await RedisMonitor.StartAsync(_server);
        _node = await Node.StartAsync(_server, _options);
        _fence = _node.NewBrowser();
        await _fence.DoAsync("/value?key=a&value=1");
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _node.DisposeAsync();
            await _monitor.DisposeAsync();
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Every_row_of_the_table_is_what_the_server_counts()
    {
        var rows = DocumentedRows();
        var counted = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, prepare, act) in Requests())
        {
            // The first call of a script costs its text, once.
            await act(await prepare());
            var prepared = await prepare();
            counted[name] = await CountAsync(() => act(prepared));
        }

        Assert.Equal(
            rows.Select(static row => $"{row.Key}: {row.Value}").Order(StringComparer.Ordinal),
            counted.Select(static row => $"{row.Key}: {row.Value}").Order(StringComparer.Ordinal));
    }

    private IEnumerable<(string Name, Func<Task<Browser>> Prepare, Func<Browser, Task> Act)> Requests()
    {
        yield return ("without a cookie", () => Task.FromResult(_node.NewBrowser()), static it => it.ReadAsync("/me"));
        yield return ("that doesn't touch the session", SignedInAsync, static it => it.ReadAsync("/plain"));
        yield return ("that reads", SignedInAsync, static it => it.ReadAsync("/value?key=a"));
        yield return ("that reads, once in a `TouchInterval`", LaterAsync, static it => it.ReadAsync("/value?key=a"));
        yield return ("that writes", SignedInAsync, static it => it.DoAsync("/value?key=a&value=2"));
        yield return ("that writes, once in a `TouchInterval`", LaterAsync, static it => it.DoAsync("/value?key=a&value=2"));
        yield return (
            "that begins a session",
            () => Task.FromResult(_node.NewBrowser()),
            static it => it.DoAsync("/value?key=a&value=1"));
        yield return (
            "that signs in, without a session",
            () => Task.FromResult(_node.NewBrowser()),
            static it => it.DoAsync("/sign-in", new Entry("user", "somebody")));
        yield return ("that signs in, with one", AnonymousAsync, static it => it.DoAsync("/sign-in", new Entry("user", "ann")));
        yield return ("`UpdateValueAsync`, `TakeValueAsync`", SignedInAsync, static it => it.DoAsync("/increment"));
        yield return ("`RotateToken`", SignedInAsync, static it => it.DoAsync("/rotate"));
        yield return ("`ClearSession`", SignedInAsync, static it => it.DoAsync("/sign-out"));
        yield return ("`DestroySession`", SignedInAsync, static it => it.DoAsync("/destroy"));
        yield return ($"`FindByUserAsync` of {Devices} sessions", DevicesAsync, async _ => await Directory.FindByUserAsync("five"));
        yield return ($"`RevokeUserAsync` of {Devices} sessions", DevicesAsync, async _ => await Directory.RevokeUserAsync("five"));
    }

    // A request that loads is sent behind, on the same connection, so that what nobody waits for has arrived.
    private async Task<string> CountAsync(Func<Task> act)
    {
        var commands = await _monitor.CommandsOfAsync(async () =>
        {
            await act();
            await _fence.ReadAsync("/value?key=a");
        });
        Assert.StartsWith("\"HGETALL\"", commands[^1], StringComparison.Ordinal);
        return $"{commands.Count - 1}";
    }

    private async Task<Browser> AnonymousAsync()
    {
        var browser = _node.NewBrowser();
        await browser.DoAsync("/value?key=a&value=1");
        return browser;
    }

    private async Task<Browser> SignedInAsync()
    {
        var browser = await AnonymousAsync();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        // The first use of the new token is written into the header, and the list stays on its shelf.
        await browser.DoAsync("/value?key=a&value=1");
        return browser;
    }

    private async Task<Browser> LaterAsync()
    {
        var browser = await SignedInAsync();
        _node.Clock.Advance(TimeSpan.FromSeconds(61));
        await _fence.ReadAsync("/value?key=a");
        return browser;
    }

    private async Task<Browser> DevicesAsync()
    {
        await Directory.RevokeUserAsync("five");
        for (var i = 0; i < Devices; i++)
        {
            await _node.NewBrowser().DoAsync("/sign-in", new Entry("user", "five"));
        }

        return _fence;
    }

    private static Dictionary<string, string> DocumentedRows()
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "redis.md"));
        var table = text[text.IndexOf("| a request |", StringComparison.Ordinal)..];
        return RowPattern().Matches(table[..table.IndexOf("\n\n", StringComparison.Ordinal)])
            .ToDictionary(static row => row.Groups[1].Value, static row => row.Groups[2].Value);
    }

    [GeneratedRegex(@"^\| ([^|]+) \| [^|]+ \| \*\*(\d+)\*\* \|", RegexOptions.Multiline)]
    private static partial Regex RowPattern();
}
