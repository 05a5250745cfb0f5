using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Garnet;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>A server that is away, refuses the password or lacks a command: the application runs, sessions answer 503, and the log
/// says why without the password.</summary>
public sealed class ServerRefusalTests
{
    private const int StoreFailed = 31;
    private const string Password = "pass-hunter2-word";

    // A well-formed token of no session.
    private const string SomeToken = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    [Theory]
    [InlineData("EVAL")]
    [InlineData("HGETALL")]
    [InlineData("HSET")]
    [InlineData("PEXPIRE")]
    public async Task A_server_without_a_command_is_told_what_it_lacks_and_keeps_nothing_half_written(string command)
    {
        await using var server = await Servers.StartRedisAsync("--rename-command", command, "");
        await using var node = await StartAsync(server.Configuration);

        Assert.Equal(503, await TryAsync(node, command));
        Assert.Contains("Allow EVALSHA", LastFailure(node), StringComparison.Ordinal);
        Assert.Contains($" {command}", LastFailure(node), StringComparison.Ordinal);
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
        await foreach (var key in connection.GetServers()[0].KeysAsync())
        {
            // No session, and no index entry that stays for ever.
            Assert.Contains(":list", (string)key!, StringComparison.Ordinal);
            Assert.NotNull(await connection.GetDatabase().KeyTimeToLiveAsync(key));
        }
    }

    [Fact]
    public async Task What_the_server_says_is_logged_without_the_store_key_it_repeats()
    {
        await using var server = await Servers.StartRedisAsync("--rename-command", "HGETALL", "");
        await using var node = await Node.StartAsync(server, new NodeOptions { Prefix = "prefix-of-ours:" });
        var browser = node.NewBrowser();
        browser.Token = SomeToken;

        Assert.Equal(503, await browser.GetAsync("/me").StatusAsync());
        Assert.Contains(node.Logs.Ours, entry => entry.EventId == 31 && entry.Message.Contains("unknown command", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(node.Logs.Ours, entry => $"{entry.Message} {entry.Exception}".Contains("prefix-of-ours", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_user_without_the_right_to_run_scripts_is_told_what_it_lacks()
    {
        await using var server = await Servers.StartRedisAsync("--user", "web", "on", $">{Password}", "~*", "&*", "+@all", "-@scripting");
        await using var node = await StartAsync($"{server.Configuration},user=web,password={Password}");

        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Contains("Allow EVALSHA", LastFailure(node), StringComparison.Ordinal);
        AssertNoPassword(node);
    }

    [Fact]
    public async Task A_Garnet_without_Lua_is_told_what_it_lacks()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        var port = ((IPEndPoint)probe.LocalEndpoint).Port;
        probe.Stop();
        using var garnet = new GarnetServer(["--port", $"{port}", "--bind", "127.0.0.1", "--logger-level", "None"]);
        garnet.Start();
        await using var node = await StartAsync($"127.0.0.1:{port}");

        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        Assert.Contains("--lua", LastFailure(node), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_away_holds_up_nobody_and_is_found_when_it_comes()
    {
        var server = await Servers.StartRedisAsync();
        try
        {
            await server.KillAsync();
            await using var node = await StartAsync($"{server.Configuration},password={Password}");
            await AssertDownAsync(node);
            Assert.Contains("onnect", LastFailure(node), StringComparison.Ordinal);

            server = await server.RestartAsync("--requirepass", Password);
            await AssertBackAsync(node);
            AssertNoPassword(node);
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_host_that_does_not_exist_holds_up_nobody()
    {
        await using var node = await StartAsync($"no..such..host:6379,password={Password}");
        await AssertDownAsync(node);
        AssertNoPassword(node);
    }

    [Fact]
    public async Task A_wrong_password_is_an_outage_that_is_logged_without_it_and_over_once_it_is_right()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
        await admin.GetServers()[0].ConfigSetAsync("requirepass", "another");
        await using var node = await StartAsync($"{server.Configuration},password={Password}");
        await AssertDownAsync(node);

        // That it is the password the client says only when its last attempt got that far.
        Assert.Matches("(?i)password|auth|UnableToConnect", LastFailure(node));
        AssertNoPassword(node);

        await admin.GetServers()[0].ConfigSetAsync("requirepass", Password);
        await AssertBackAsync(node);
        AssertNoPassword(node);
    }

    private static Task<App> StartAsync(string configuration) =>
        Node.StartAsync($"{configuration},connectTimeout=500", new NodeOptions { Session = static session => session.IOTimeout = Timeout });

    /// <summary>The first request that needs the command: a write, or a read by a browser that has a token.</summary>
    private static Task<int> TryAsync(App node, string command)
    {
        var browser = node.NewBrowser();
        if (command != "HGETALL")
        {
            return browser.PostAsync("/value?key=a&value=1").StatusAsync();
        }

        browser.Token = SomeToken;
        return browser.GetAsync("/me").StatusAsync();
    }

    private static async Task AssertDownAsync(App node)
    {
        Assert.Equal("plain", await node.NewBrowser().ReadAsync("/plain"));
        Assert.Equal("nobody", await node.NewBrowser().ReadAsync("/me"));

        var returning = node.NewBrowser();
        returning.Token = SomeToken;
        Assert.Equal(503, await InTimeAsync(returning.GetAsync("/me")));
        Assert.Equal(200, await InTimeAsync(returning.GetAsync("/plain")));
        Assert.Equal(503, await InTimeAsync(node.NewBrowser().PostAsync("/value?key=a&value=1")));
        Assert.Equal(SomeToken, returning.Token);
    }

    private static async Task<int> InTimeAsync(Task<HttpResponseMessage> request)
    {
        var started = Stopwatch.StartNew();
        var status = await request.StatusAsync();
        Assert.InRange(started.Elapsed, TimeSpan.Zero, Timeout + TimeSpan.FromSeconds(2));
        return status;
    }

    /// <summary>The connection comes back by its own clock, so the request is repeated until it does.</summary>
    private static async Task AssertBackAsync(App node)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var patience = new CancellationTokenSource(Node.Patience);
        while (await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync() != 200)
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }
    }

    private static string LastFailure(App node) =>
        node.Logs.Ours.Last(entry => entry.EventId == StoreFailed).Message;

    private static void AssertNoPassword(App node)
    {
        Assert.NotEmpty(node.Logs.Entries);
        Assert.DoesNotContain(node.Logs.Entries, entry => $"{entry.Message} {entry.Exception}".Contains(Password, StringComparison.Ordinal));
    }
}
