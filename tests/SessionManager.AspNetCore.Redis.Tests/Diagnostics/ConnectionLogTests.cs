using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using StackExchange.Redis;
using Proxy = SessionManager.AspNetCore.Redis.Tests.Infrastructure.Proxy;

namespace SessionManager.AspNetCore.Redis.Tests.Diagnostics;

/// <summary>A connection that is lost and restored is logged once each, whatever requests and retries there are.</summary>
public sealed class ConnectionLogTests(Servers servers)
{
    private const int Lost = 110;
    private const int Restored = 111;
    private const int Unstable = 112;
    private const int PrimariesChanged = 113;
    private const string Password = "pass-hunter2-word";

    [Fact]
    public async Task An_outage_is_one_event_when_it_begins_and_one_when_it_ends()
    {
        var server = await Servers.StartRedisAsync("--requirepass", Password);
        try
        {
            await using var node = await StartAsync($"{server.Configuration},password={Password}");
            await node.NewBrowser().DoAsync("/value?key=a&value=1");
            Assert.Equal(0, node.Logs.CountOf(Lost));

            await server.KillAsync();
            await Eventually.TrueAsync(() => node.Logs.CountOf(Lost) > 0);
            for (var i = 0; i < 20; i++)
            {
                Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
            }

            node.Clock.Advance(TimeSpan.FromSeconds(150));
            server = await server.RestartAsync("--requirepass", Password);
            await Eventually.TrueAsync(() => node.Logs.CountOf(Restored) > 0);

            var lost = Assert.Single(node.Logs.Ours, static entry => entry.EventId == Lost);
            Assert.Equal(LogLevel.Warning, lost.Level);
            Assert.Contains(server.Configuration, lost.Message, StringComparison.Ordinal);
            var restored = Assert.Single(node.Logs.Ours, static entry => entry.EventId == Restored);
            Assert.Contains("after 00:02:30", restored.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(node.Logs.Ours, static entry => entry.Message.Contains(Password, StringComparison.Ordinal));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_server_that_is_away_at_the_start_is_told_once_and_when_it_comes()
    {
        var server = await Servers.StartRedisAsync();
        try
        {
            await server.KillAsync();
            await using var node = await StartAsync(server.Configuration);
            await Eventually.TrueAsync(() => node.Logs.CountOf(Lost) > 0);

            server = await server.RestartAsync();
            await Eventually.TrueAsync(() => node.Logs.CountOf(Restored) > 0);
            Assert.Equal((1, 1), (node.Logs.CountOf(Lost), node.Logs.CountOf(Restored)));
        }
        finally
        {
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_connection_that_is_lost_again_and_again_is_counted_by_the_minute()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var node = await StartAsync(server.Configuration);
        await node.NewBrowser().DoAsync("/value?key=a&value=1");
        for (var i = 0; i < 5; i++)
        {
            await server.TellAsync("CLIENT", "KILL", "TYPE", "normal");
            await Eventually.TrueAsync(async () => await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync() == 200);
        }

        Assert.Equal((1, 1), (node.Logs.CountOf(Lost), node.Logs.CountOf(Restored)));
        node.Clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => node.Logs.CountOf(Unstable) > 0);
        Assert.Contains(
            "lost 4 more times", Assert.Single(node.Logs.Ours, static entry => entry.EventId == Unstable).Message, StringComparison.Ordinal);

        await server.TellAsync("CLIENT", "KILL", "TYPE", "normal");
        await Eventually.TrueAsync(() => node.Logs.CountOf(Restored) == 2);
        Assert.Equal(2, node.Logs.CountOf(Lost));
    }

    [Fact]
    public async Task Each_failed_try_to_connect_again_is_the_same_outage_and_subscriptions_are_no_concern()
    {
        await using var real = await ConnectionMultiplexer.ConnectAsync((await servers.GetAsync(ServerKind.Garnet)).Configuration);
        EventHandler<ConnectionFailedEventArgs> failed = static (_, _) => { };
        EventHandler<ConnectionFailedEventArgs> restored = static (_, _) => { };
        var connection = Proxy.Over<IConnectionMultiplexer>(real, (method, arguments) =>
        {
            switch (method.Name)
            {
                case "add_ConnectionFailed":
                    failed += (EventHandler<ConnectionFailedEventArgs>)arguments![0]!;
                    return null;
                case "add_ConnectionRestored":
                    restored += (EventHandler<ConnectionFailedEventArgs>)arguments![0]!;
                    return null;
                default:
                    return method.Invoke(real, arguments);
            }
        });
        await using var node = await Node.StartAsync((string?)null, new NodeOptions { Services = services => services.AddSingleton(connection) });
        await node.NewBrowser().DoAsync("/value?key=a&value=1");

        Tell(failed, "10.0.0.1", ConnectionType.Subscription);
        Assert.Equal(0, node.Logs.CountOf(Lost));
        for (var i = 0; i < 5; i++)
        {
            Tell(failed, "10.0.0.1", ConnectionType.Interactive);
            Tell(failed, "10.0.0.2", ConnectionType.Interactive);
        }

        Assert.Equal(2, node.Logs.CountOf(Lost));
        Tell(restored, "10.0.0.1", ConnectionType.Subscription);
        Assert.Equal(0, node.Logs.CountOf(Restored));
        Tell(restored, "10.0.0.1", ConnectionType.Interactive);
        Tell(restored, "10.0.0.1", ConnectionType.Interactive);
        Assert.Contains("10.0.0.1:6379", Assert.Single(node.Logs.Ours, static entry => entry.EventId == Restored).Message, StringComparison.Ordinal);

        // Lost again within the minute, and for good: told when the minute is over.
        Tell(failed, "10.0.0.1", ConnectionType.Interactive);
        Tell(failed, "10.0.0.1", ConnectionType.Interactive);
        Assert.Equal(2, node.Logs.CountOf(Lost));
        node.Clock.Advance(TimeSpan.FromMinutes(1));
        await Eventually.TrueAsync(() => node.Logs.CountOf(Lost) == 3);
        Assert.Contains("lost 1 more times", Assert.Single(node.Logs.Ours, static entry => entry.EventId == Unstable).Message, StringComparison.Ordinal);

        void Tell(EventHandler<ConnectionFailedEventArgs> handler, string address, ConnectionType type) => handler(
            real,
            new ConnectionFailedEventArgs(
                real, new IPEndPoint(IPAddress.Parse(address), 6379), type, ConnectionFailureType.SocketFailure, new IOException("secret"), "name"));
    }

    [Fact]
    public async Task A_new_primary_is_told()
    {
        await using var pair = await ServerPair.StartAsync();
        await using var node = await StartAsync(pair.Configuration);
        await node.NewBrowser().DoAsync("/value?key=a&value=1");

        await pair.Primary.TellAsync("FAILOVER");
        await Eventually.TrueAsync(async () =>
        {
            await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync();
            return node.Logs.CountOf(PrimariesChanged) > 0;
        });
        Assert.Contains(
            pair.Replica.Configuration,
            node.Logs.Ours.Last(static entry => entry.EventId == PrimariesChanged).Message,
            StringComparison.Ordinal);
    }

    private static Task<App> StartAsync(string configuration) => Node.StartAsync(
        $"{configuration},connectTimeout=500",
        new NodeOptions { Session = static session => session.IOTimeout = TimeSpan.FromSeconds(2) });
}
