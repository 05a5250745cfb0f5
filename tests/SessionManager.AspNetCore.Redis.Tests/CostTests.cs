using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>What a request costs in commands and bytes, counted by a redis-server itself, beside the built-in session.</summary>
public sealed class CostTests : IAsyncLifetime
{
    private readonly NodeOptions _options = new();
    private RedisServer _server = null!;
    private RedisMonitor _monitor = null!;
    private App _app = null!;
    private Browser _browser = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await Servers.StartRedisAsync();
        _monitor = await RedisMonitor.StartAsync(_server);
        _app = await Node.StartAsync(_server, _options);
        _browser = await WarmUpAsync(_app.NewBrowser());
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _app.DisposeAsync();
            await _monitor.DisposeAsync();
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_request_without_a_cookie_sends_no_command()
    {
        var commands = await _monitor.CommandsOfAsync(() => _app.NewBrowser().ReadAsync("/value?key=a"));
        Assert.Empty(commands);
    }

    [Fact]
    public async Task A_request_that_leaves_the_session_alone_sends_one_command_at_most()
    {
        var commands = await _monitor.CommandsOfAsync(() => _browser.ReadAsync("/plain"));
        Assert.InRange(commands.Count, 0, 1);
    }

    [Fact]
    public async Task A_read_sends_one_command()
    {
        var commands = await _monitor.CommandsOfAsync(() => _browser.ReadAsync("/value?key=a"));
        Assert.Single(commands);
    }

    [Fact]
    public async Task Once_an_interval_a_read_sends_one_command_more_which_touches()
    {
        await TouchAsync();
        var commands = await _monitor.CommandsOfAsync(TouchAsync);
        Assert.Equal(2, commands.Count);
        Assert.Single(await _monitor.CommandsOfAsync(() => _browser.ReadAsync("/value?key=a")));

        _app.Clock.Advance(TimeSpan.FromMinutes(17));
        Assert.Equal("1", await _browser.ReadAsync("/value?key=a"));
    }

    [Theory]
    [InlineData("/value?key=a&value=2", 2)]
    [InlineData("/fill?count=50&size=10", 2)]
    [InlineData("/increment", 2)]
    [InlineData("/take?key=a", 2)]
    [InlineData("/rotate", 2)]
    [InlineData("/drop", 2)]
    [InlineData("/take?key=absent", 1)]
    public async Task A_change_sends_one_command_to_load_and_one_to_save(string path, int most)
    {
        await (await WarmUpAsync(_app.NewBrowser())).DoAsync(path);

        var commands = await _monitor.CommandsOfAsync(() => _browser.DoAsync(path));

        Assert.Equal(most, commands.Count);
    }

    [Fact]
    public async Task A_write_of_a_value_does_not_send_the_header()
    {
        await _browser.DoAsync("/sign-in", new Entry("user", "somebody"));
        // The first use of the new token is written into the header.
        await _browser.DoAsync("/value?key=a&value=2");

        var commands = await _monitor.CommandsOfAsync(() => _browser.DoAsync("/value?key=a&value=3"));

        Assert.Equal(2, commands.Count);
        Assert.Contains(":a", commands[1], StringComparison.Ordinal);
        Assert.DoesNotContain("somebody", commands[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_destroy_sends_one_command_to_load_one_to_save_and_one_that_nobody_waits_for()
    {
        await (await WarmUpAsync(_app.NewBrowser())).DoAsync("/destroy");
        await _browser.ReadAsync("/value?key=a");

        var commands = await _monitor.CommandsOfAsync(async () =>
        {
            await _browser.DoAsync("/destroy");
            // Behind the removal of the index entry, on the same connection.
            await _app.NewBrowser().DoAsync("/value?key=a&value=1");
        });

        Assert.Equal(
            ["HGETALL", "EVALSHA", "ZREM"], commands.Select(static command => command.Split('"')[1]).Take(3));
    }

    [Fact]
    public async Task The_first_write_of_a_session_sends_two_commands_at_once()
    {
        var commands = await _monitor.CommandsOfAsync(() => _app.NewBrowser().DoAsync("/value?key=a&value=1"));

        // The session, and its place in the list.
        Assert.Equal(2, commands.Count);
    }

    [Fact]
    public async Task No_request_walks_the_keys_or_subscribes()
    {
        string[] requests =
            ["/value?key=b&value=2", "/fill?count=20&size=10", "/increment", "/take?key=b", "/rotate", "/sign-out", "/drop", "/destroy"];
        var commands = await _monitor.CommandsOfAsync(async () =>
        {
            await _browser.DoAsync("/sign-in", new Entry("user", "ann"));
            foreach (var request in requests)
            {
                await _browser.DoAsync(request);
            }
        });

        Assert.NotEmpty(commands);
        Assert.All(commands, command => Assert.Matches("^\"(HGETALL|EVALSHA|EVAL|SCRIPT|ZREM)\"", command));
    }

    [Fact]
    public async Task A_node_that_connects_subscribes_to_no_keyspace_notifications()
    {
        var commands = await _monitor.CommandsOfAsync(async () =>
        {
            await using var node = await Node.StartAsync(_server);
            await WarmUpAsync(node.NewBrowser());
        });

        Assert.NotEmpty(commands);
        Assert.DoesNotContain(commands, command => command.Contains("__key", StringComparison.Ordinal));
        Assert.DoesNotContain(commands, command => command.Contains("\"CONFIG\" \"SET\"", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(commands, command => command.StartsWith("\"KEYS\"", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(commands, command => command.StartsWith("\"SCAN\"", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task One_changed_value_of_a_256_KB_session_sends_that_value_and_not_the_session()
    {
        await _browser.DoAsync("/fill?count=64&size=4096");

        var bytes = await _monitor.BytesOfAsync(() => _browser.DoAsync($"/value?key=value-7&value={new string('y', 100)}"));

        Assert.InRange(bytes, 100, 2048);
        Assert.Equal(new string('y', 100), await _browser.ReadAsync("/value?key=value-7"));
    }

    [Fact]
    public async Task A_sign_in_at_the_limit_and_a_list_of_the_users_devices_read_no_values()
    {
        await using var node = await Node.StartAsync(
            _server, new NodeOptions { Session = static session => session.MaxSessionsPerUser = 4 });
        for (var i = 0; i < 4; i++)
        {
            var browser = node.NewBrowser();
            await browser.DoAsync("/fill?count=25&size=10000");
            await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        }

        var directory = node.Services.GetRequiredService<ISessionDirectory>();
        var found = await _monitor.BytesFromAsync(async () => Assert.Equal(4, (await directory.FindByUserAsync("ann")).Count));
        var signedIn = await _monitor.BytesFromAsync(() => node.NewBrowser().DoAsync("/sign-in", new Entry("user", "ann")));
        var revoked = await _monitor.BytesFromAsync(async () => Assert.Equal(4, await directory.RevokeUserAsync("ann")));

        Assert.InRange(found, 100, 10_000);
        Assert.InRange(signedIn, 100, 20_000);
        Assert.InRange(revoked, 100, 20_000);
    }

    [Fact]
    public async Task Every_kind_of_request_sends_fewer_commands_and_bytes_than_the_built_in_session()
    {
        await using var builtIn = await BuiltInSession.StartAsync(_server);
        using var client = new HttpClient(builtIn.GetTestServer().CreateHandler()) { BaseAddress = new Uri("http://localhost") };
        var other = await WarmUpAsync(new Browser(client, ".AspNetCore.Session"));

        await CompareAsync(() => _app.NewBrowser().ReadAsync("/value?key=a"), () => new Browser(client, ".AspNetCore.Session").ReadAsync("/value?key=a"));
        await CompareAsync(() => _browser.ReadAsync("/plain"), () => other.ReadAsync("/plain"));
        await CompareAsync(() => _browser.ReadAsync("/value?key=a"), () => other.ReadAsync("/value?key=a"));
        await CompareAsync(() => _browser.DoAsync("/value?key=a&value=2"), () => other.DoAsync("/value?key=a&value=2"));

        await _browser.DoAsync("/fill?count=64&size=4096");
        await other.DoAsync("/fill?count=64&size=4096");
        var ours = await _monitor.BytesOfAsync(() => _browser.DoAsync("/value?key=a&value=3"));
        var theirs = await _monitor.BytesOfAsync(() => other.DoAsync("/value?key=a&value=3"));
        Assert.True(ours * 100 < theirs, $"A write sent {ours} bytes, with the built-in session {theirs}.");
    }

    private static async Task<Browser> WarmUpAsync(Browser browser)
    {
        await browser.DoAsync("/value?key=a&value=1");
        await browser.DoAsync("/value?key=a&value=1");
        await browser.ReadAsync("/value?key=a");
        return browser;
    }

    private Task<string> TouchAsync()
    {
        _app.Clock.Advance(TimeSpan.FromMinutes(5));
        return _browser.ReadAsync("/value?key=a");
    }

    private async Task CompareAsync(Func<Task> ours, Func<Task> theirs)
    {
        var (mine, builtIn) = (await _monitor.CommandsOfAsync(ours), await _monitor.CommandsOfAsync(theirs));
        Assert.True(mine.Count < builtIn.Count, $"Ours: {string.Join(", ", mine)}. Built in: {string.Join(", ", builtIn)}.");
    }
}
