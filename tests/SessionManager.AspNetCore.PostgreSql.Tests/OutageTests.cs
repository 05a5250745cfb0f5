using System.Diagnostics;
using System.Net;
using SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

namespace SessionManager.AspNetCore.PostgreSql.Tests;

/// <summary>The database stops, crashes, or is not there yet.</summary>
public sealed class OutageTests : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    private PostgreSqlServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await Servers.StartAsync();

    public async ValueTask DisposeAsync() => await (_server?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_database_stopped_under_load_answers_503_and_then_has_all_that_was_acknowledged(bool crashes)
    {
        await using var node = await StartNodeAsync();
        var browser = await BeginAsync(node);
        var writers = new Writers(browser);
        await writers.WaitForAsync(50);

        await (crashes ? _server.CrashAsync() : _server.StopAsync());
        await writers.WaitForAsync(0, others: 20);
        Assert.Equal("plain", await node.NewBrowser().ReadAsync("/plain"));
        Assert.Equal(503, await node.NewBrowser().GetAsync("/health").StatusAsync());
        await _server.StartAgainAsync();
        await browser.DoAsync("/value?key=after&value=1");
        await writers.WaitForAsync(20);
        await writers.StopAsync();

        Assert.All(writers.Others, other => Assert.Equal((HttpStatusCode.ServiceUnavailable, true), other));
        // A write is a load and a commit, each bounded by one timeout, and a busy machine takes its time.
        Assert.InRange(writers.Slowest, TimeSpan.Zero, 3 * Timeout);
        Assert.Empty(writers.Acknowledged.Except(await browser.KeysAsync()));
    }

    [Theory]
    [InlineData("/value?key=after&value=1")]
    [InlineData("/increment")]
    [InlineData("/sign-in?user=ann")]
    [InlineData("/me")]
    [InlineData("/devices?user=ann")]
    public async Task The_first_request_works_after_a_restart_that_nobody_noticed(string path)
    {
        await using var node = await StartNodeAsync();
        var browser = await BeginAsync(node);
        // Several idle connections, which are all dead afterwards.
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => browser.Clone().DoAsync("/increment")));
        await _server.StopAsync();
        await _server.StartAgainAsync();

        var isPost = path is not "/me" and not "/devices?user=ann";
        Assert.Equal(200, await (isPost ? browser.PostAsync(path) : browser.GetAsync(path)).StatusAsync());
        Assert.Equal(path == "/increment" ? "22" : "21", await browser.DoAsync("/increment"));
    }

    [Fact]
    public async Task The_first_request_works_after_all_idle_connections_were_cut()
    {
        await using var proxy = new TcpProxy(_server.Port);
        await using var node = await Node.StartAsync(
            PostgreSqlServer.ConnectionStringFor("postgres", proxy.Port), new NodeOptions());
        var browser = await BeginAsync(node);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => browser.Clone().DoAsync("/increment")));
        await proxy.FailAsync();
        await proxy.HealAsync();

        Assert.Equal("21", await browser.DoAsync("/increment"));
    }

    [Fact]
    public async Task An_application_starts_before_its_database_and_creates_the_tables_later()
    {
        await _server.StopAsync();
        await using var node = await StartNodeAsync();
        Assert.Equal(1, node.Logs.CountOf(400));
        Assert.Equal("plain", await node.NewBrowser().ReadAsync("/plain"));
        for (var i = 0; i < 3; i++)
        {
            using var response = await node.NewBrowser().PostAsync("/value?key=a&value=1");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
        }

        Assert.Equal(1, node.Logs.CountOf(400));
        await _server.StartAgainAsync();
        var browser = node.NewBrowser();
        await browser.DoAsync("/value?key=a&value=1");
        Assert.Equal("1", await browser.ReadAsync("/value?key=a"));
    }

    [Fact]
    public async Task A_database_that_hangs_costs_one_timeout_for_a_read()
    {
        await using var proxy = new TcpProxy(_server.Port);
        await using var node = await Node.StartAsync(
            PostgreSqlServer.ConnectionStringFor("postgres", proxy.Port),
            new NodeOptions { IOTimeout = TimeSpan.FromSeconds(1) });
        var browser = node.NewBrowser();
        // The first calls open connections, which take longer than a second on a busy machine.
        await UntilItWorksAsync(() => browser.PostAsync("/value?key=a&value=1"));
        await proxy.HangAsync();
        var started = Stopwatch.GetTimestamp();
        using var response = await browser.GetAsync("/me");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(10));
        await proxy.HealAsync();
        await UntilItWorksAsync(() => browser.GetAsync("/me"));
    }

    [Fact]
    public async Task A_node_killed_under_load_loses_no_acknowledged_write()
    {
        var options = new NodeOptions
        {
            Clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(DateTimeOffset.UtcNow),
        };
        await using var survivor = await Node.StartAsync(_server.ConnectionString, options);
        await using var victim = await NodeProcess.StartAsync(_server.ConnectionString, options.Schema);
        var browser = victim.NewBrowser();
        await browser.DoAsync("/value?key=first&value=1");

        var writers = new Writers(browser);
        await writers.WaitForAsync(200);
        await victim.KillAsync();
        await writers.StopAsync();

        Assert.Empty(writers.Others);
        var keys = await browser.On(survivor).KeysAsync();
        Assert.Empty(writers.Acknowledged.Except(keys));
        var last = writers.Acknowledged.Last();
        Assert.Equal(last, await browser.On(survivor).ReadAsync($"/value?key={last}"));
        await browser.On(survivor).DoAsync("/value?key=after&value=1");
    }

    private static async Task UntilItWorksAsync(Func<Task<HttpResponseMessage>> send)
    {
        var started = Stopwatch.GetTimestamp();
        while (await send().StatusAsync() != 200)
        {
            Assert.True(Stopwatch.GetElapsedTime(started) < Node.Patience, "The database works, and requests don't.");
        }
    }

    private Task<App> StartNodeAsync() =>
        Node.StartAsync(_server.ConnectionString, new NodeOptions { IOTimeout = Timeout });

    private static async Task<Browser> BeginAsync(App node)
    {
        var browser = node.NewBrowser();
        await browser.DoAsync("/value?key=first&value=1");
        return browser;
    }
}
