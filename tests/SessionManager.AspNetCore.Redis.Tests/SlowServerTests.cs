using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>A server that answers each command in time, but slowly: a request waits for two timeouts altogether.</summary>
public sealed class SlowServerTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    // A call is two commands one after the other at most, so each call ends in time.
    private static readonly TimeSpan Slow = Timeout * 0.45;

    [Fact]
    public async Task Updates_end_after_two_timeouts_of_waiting()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var redis = new SlowRedis(connection);
        await using var node = await StartAsync(redis);
        var browser = node.NewBrowser();
        Assert.Equal(200, await browser.PostAsync("/value?key=a&value=1").StatusAsync());
        redis.Delay = Slow;
        var watch = Stopwatch.StartNew();

        // Otherwise they take 40 times 0.45 s.
        Assert.Equal(503, await browser.PostAsync("/updates?count=40").StatusAsync());

        Assert.True(watch.Elapsed < Timeout * 8, $"It took {watch.Elapsed}.");
        Assert.Equal(200, await browser.PostAsync("/updates?count=1").StatusAsync());
    }

    [Fact]
    public async Task A_sign_in_at_the_limit_that_would_take_longer_is_503()
    {
        await using var server = await Servers.StartRedisAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var redis = new SlowRedis(connection);
        await using var node = await StartAsync(redis, session => session.MaxSessionsPerUser = 2);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, await node.NewBrowser().PostAsync("/enter?user=alice").StatusAsync());
        }

        redis.Delay = Slow;
        var browser = node.NewBrowser();
        Assert.Equal(503, await browser.PostAsync("/enter?user=alice").StatusAsync());

        Assert.Null(browser.Token);
        redis.Delay = default;
        Assert.Equal(200, await browser.PostAsync("/enter?user=alice").StatusAsync());
        Assert.Equal("alice", await browser.ReadAsync("/who"));
    }

    private static Task<App> StartAsync(SlowRedis redis, Action<SessionManagerOptions>? session = null) => Node.StartAsync(
        configuration: null,
        new NodeOptions
        {
            Session = options =>
            {
                options.IOTimeout = Timeout;
                session?.Invoke(options);
            },
            Store = store => store.ConnectionMultiplexerFactory = () => Task.FromResult(redis.Connection),
            Map = app =>
            {
                app.MapPost("/enter", (ISessionManager session, string user) => session.SetUserId(user));
                app.MapGet("/who", (ISessionManager session) => session.GetUserId());
                app.MapPost("/updates", async (ISessionManager session, int count) =>
                {
                    for (var i = 0; i < count; i++)
                    {
                        await session.UpdateValueAsync<int>("count", value => value + 1);
                    }
                });
            },
        });
}
