using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>A node or the server dies under load: what was acknowledged is there afterwards.</summary>
public sealed class CrashTests
{
    [Fact]
    public async Task A_node_killed_under_load_loses_no_acknowledged_write()
    {
        await using var server = await Servers.StartRedisAsync();
        var options = new NodeOptions { Clock = new FakeTimeProvider(DateTimeOffset.UtcNow) };
        await using var survivor = await Node.StartAsync(server, options);
        await using var victim = await NodeProcess.StartAsync(server, options.Prefix);
        var browser = victim.NewBrowser();
        await browser.DoAsync("/value?key=first&value=1");

        var writers = new Writers(browser);
        await writers.WaitForAsync(200);
        await victim.KillAsync();
        await writers.StopAsync();

        var keys = await browser.On(survivor).KeysAsync();
        Assert.Empty(writers.OtherAnswers);
        Assert.Empty(writers.Acknowledged.Except(keys));
        var last = writers.Acknowledged.Last();
        Assert.Equal(last, await browser.On(survivor).ReadAsync($"/value?key={last}"));
        await browser.On(survivor).DoAsync("/value?key=after&value=1");
    }

    [Fact]
    public async Task A_node_killed_among_increments_loses_no_acknowledged_one()
    {
        await using var server = await Servers.StartRedisAsync();
        var options = new NodeOptions { Clock = new FakeTimeProvider(DateTimeOffset.UtcNow) };
        await using var survivor = await Node.StartAsync(server, options);
        await using var victim = await NodeProcess.StartAsync(server, options.Prefix);
        var browser = victim.NewBrowser();
        await browser.DoAsync("/value?key=first&value=1");
        var acknowledged = new ConcurrentBag<int>();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var callers = Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            try
            {
                while (true)
                {
                    var result = int.Parse(await browser.Clone().DoAsync("/increment"));
                    acknowledged.Add(result);
                    if (result >= 100)
                    {
                        enough.TrySetResult();
                    }
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or SocketException)
            {
                // The node is gone.
            }
        }));
        await enough.Task.WaitAsync(Node.Patience);
        await victim.KillAsync();
        await callers;

        var next = int.Parse(await browser.On(survivor).DoAsync("/increment"));

        // Each caller may have one more stored than it heard of.
        Assert.InRange(next, acknowledged.Max() + 1, acknowledged.Max() + 5);
    }

    [Fact]
    public async Task A_server_restarted_under_load_answers_503_meanwhile_and_then_has_all_that_was_acknowledged()
    {
        string[] durable = ["--appendonly", "yes", "--appendfsync", "always"];
        var server = await Servers.StartRedisAsync(durable);
        try
        {
            await using var node = await Node.StartAsync(server);
            var browser = node.NewBrowser();
            await browser.DoAsync("/sign-in", new Entry("user", "ann"));
            var writers = new Writers(browser);
            await writers.WaitForAsync(200);

            await server.KillAsync();
            Assert.Equal(503, await browser.PostAsync("/value?key=lost&value=1").StatusAsync());
            server = await server.RestartAsync(durable);
            await writers.WaitForAsync(100);
            await writers.StopAsync();

            Assert.All(writers.OtherAnswers, status => Assert.Equal(HttpStatusCode.ServiceUnavailable, status));
            Assert.Empty(writers.Acknowledged.Except(await browser.KeysAsync()));
            Assert.Equal("ann", await browser.ReadAsync("/me"));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_flushed_server_signs_everybody_out_and_goes_on()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var node = await Node.StartAsync(server);
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        var dead = browser.Clone();

        await using (var admin = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true"))
        {
            await admin.GetServers()[0].FlushAllDatabasesAsync();
        }

        Assert.Equal("nobody", await browser.ReadAsync("/me"));
        Assert.Equal("Invalid", await browser.ReadAsync("/end"));
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        Assert.NotEqual(dead.Token, browser.Token);
        Assert.Equal("ann", await browser.ReadAsync("/me"));
        Assert.Equal("nobody", await dead.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_server_flushed_while_a_request_runs_refuses_its_write()
    {
        await using var server = await Servers.StartRedisAsync();
        var gate = new Gate();
        await using var node = await Node.StartAsync(server, new NodeOptions
        {
            Map = app => app.MapPost("/held", async (ISessionManager session) =>
            {
                await gate.PassAsync();
                session.StoreValue("held", "written");
            }),
        });
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        var pending = browser.PostAsync("/held").StatusAsync();
        await gate.Reached;

        await using var admin = await ConnectionMultiplexer.ConnectAsync($"{server.Configuration},allowAdmin=true");
        await admin.GetServers()[0].FlushAllDatabasesAsync();
        gate.Open();

        Assert.Equal(409, await pending);
        Assert.Equal(0, await admin.GetServers()[0].DatabaseSizeAsync());
    }
}
