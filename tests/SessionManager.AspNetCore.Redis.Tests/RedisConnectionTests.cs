using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Redis.Configuration;
using SessionManager.AspNetCore.Redis.Stores;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>Whose the connection is, who makes it and who ends it.</summary>
public sealed class RedisConnectionTests(Servers servers)
{
    [Fact]
    public async Task A_connection_of_the_services_is_used_and_left_open()
    {
        var server = await servers.GetAsync(ServerKind.Garnet);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        var options = new NodeOptions { Services = services => services.AddSingleton<IConnectionMultiplexer>(connection) };
        var before = connection.GetCounters().Interactive.OperationCount;
        await using (var node = await StartAsync(options))
        {
            await node.NewBrowser().DoAsync("/value?key=a&value=1");
            Assert.True(connection.GetCounters().Interactive.OperationCount > before);
        }

        await connection.GetDatabase().PingAsync();
        Assert.Single((await Dump.TakeAsync(server, options.Prefix)).Hashes);
    }

    [Fact]
    public async Task A_factory_is_called_once_by_the_start_and_many_first_requests_and_its_connection_ends_with_the_application()
    {
        var server = await servers.GetAsync(ServerKind.Garnet);
        var calls = 0;
        ConnectionMultiplexer? made = null;
        await using (var node = await StartAsync(new NodeOptions { Store = store => store.ConnectionMultiplexerFactory = MakeAsync }))
        {
            await Task.WhenAll(Enumerable.Range(0, 50).Select(i => node.NewBrowser().DoAsync($"/value?key=a&value={i}")));
            Assert.True(made!.IsConnected);
        }

        Assert.Equal(1, calls);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => made.GetDatabase().PingAsync());

        async Task<IConnectionMultiplexer> MakeAsync()
        {
            Interlocked.Increment(ref calls);
            return made = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        }
    }

    [Fact]
    public async Task A_factory_that_fails_is_called_again_by_the_next_request()
    {
        var server = await servers.GetAsync(ServerKind.Garnet);
        var (hasRoute, calls) = (false, 0);
        await using var node = await StartAsync(new NodeOptions
        {
            Store = store => store.ConnectionMultiplexerFactory = async () =>
            {
                Interlocked.Increment(ref calls);
                return Volatile.Read(ref hasRoute)
                    ? await ConnectionMultiplexer.ConnectAsync(server.Configuration)
                    : throw new IOException("No route yet.");
            },
        });

        Assert.Equal(503, await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync());
        var failed = calls;
        Volatile.Write(ref hasRoute, true);
        await node.NewBrowser().DoAsync("/value?key=a&value=1");
        Assert.InRange(calls, failed + 1, failed + 2);
    }

    [Fact]
    public async Task A_factory_that_makes_null_is_a_fault_that_says_so()
    {
        await using var node = await StartAsync(new NodeOptions
        {
            Store = static store => store.ConnectionMultiplexerFactory = static () => Task.FromResult<IConnectionMultiplexer>(null!),
        });

        var probe = node.Services.GetRequiredService<ISessionStoreProbe>();
        var fault = await Assert.ThrowsAsync<SessionStoreException>(() => probe.ProbeAsync(TestContext.Current.CancellationToken).AsTask());

        Assert.Contains("ConnectionMultiplexerFactory made no connection but null.", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 30000)]
    [InlineData(",asyncTimeout=1000", 1000)]
    [InlineData(",syncTimeout=2000", 2000)]
    public async Task A_longer_io_timeout_is_not_cut_short_by_the_connections_unless_that_was_set(string setting, int expected)
    {
        var server = await servers.GetAsync(ServerKind.Garnet);
        await using var node = await Node.StartAsync(server.Configuration + setting, new NodeOptions());

        var multiplexer = await node.Services.GetRequiredService<RedisConnection>().GetMultiplexerAsync();

        Assert.Equal(expected, ConfigurationOptions.Parse(multiplexer.Configuration).AsyncTimeout);
    }

    [Fact]
    public void Sentinels_have_their_own_port_and_commands_and_the_servers_the_same_login()
    {
        var settings = ConnectionSettings.Read(
            "one,10.0.0.2,three:5000,serviceName=sessions,user=app,password=secret", TimeSpan.FromSeconds(5));

        var sentinels = ConnectionSettings.ForSentinels(settings);
        var servers = ConnectionSettings.ForServers(settings, [new DnsEndPoint("redis", 6379)]);

        Assert.Equal(
            [new DnsEndPoint("one", 26379), IPEndPoint.Parse("10.0.0.2:26379"), new DnsEndPoint("three", 5000)],
            sentinels.EndPoints);
        Assert.Equal((null, CommandMap.Sentinel), (sentinels.ServiceName, sentinels.CommandMap));
        Assert.Equal([new DnsEndPoint("redis", 6379)], servers.EndPoints);
        Assert.Equal((null, "app", "secret", false), (servers.ServiceName, servers.User, servers.Password, servers.AbortOnConnectFail));
    }

    [Theory]
    [InlineData(null, null, "session:")]
    [InlineData(null, "core:", "core:")]
    [InlineData("own:", null, "own:")]
    [InlineData("both:", "both:", "both:")]
    public async Task The_prefix_is_the_stores_own_or_else_the_cores(string? own, string? core, string expected)
    {
        var server = await servers.GetAsync(ServerKind.Garnet);
        await using var node = await Node.StartAsync(server, new NodeOptions
        {
            Store = store => store.KeyPrefix = own,
            Session = session => session.KeyPrefix = core ?? session.KeyPrefix,
        });
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in", new Entry("user", "alice"));

        var id = Guid.Parse(await browser.ReadAsync("/id")).ToString("N");
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        Assert.True(await connection.GetDatabase().KeyExistsAsync(expected + id));
        Assert.Single(await node.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice"));
        Assert.Equal(1, await node.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("alice"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_applications_on_a_server_with_prefixes_of_their_own_know_nothing_of_each_other(bool isCores)
    {
        var server = await servers.GetAsync(ServerKind.Redis);
        await using var shop = await StartWithPrefixAsync($"shop-{Guid.NewGuid():N}:");
        await using var site = await StartWithPrefixAsync($"site-{Guid.NewGuid():N}:");
        var browser = shop.NewBrowser();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));

        Assert.Equal("ann", await browser.ReadAsync("/me"));
        Assert.Equal("nobody", await browser.On(site).ReadAsync("/me"));
        Assert.Equal(0, await site.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("ann"));
        Assert.Empty((await site.Services.GetRequiredService<ISessionDirectory>().ListPageAsync(10)).Sessions);

        Task<App> StartWithPrefixAsync(string prefix) => Node.StartAsync(server, new NodeOptions
        {
            Prefix = prefix,
            Store = store => store.KeyPrefix = isCores ? null : prefix,
            Session = session => session.KeyPrefix = isCores ? prefix : session.KeyPrefix,
        });
    }

    [Theory]
    [InlineData("", 5, 30000)]
    [InlineData(",configCheckSeconds=60", 60, 30000)]
    [InlineData(", ConfigCheckSeconds=7,abortConnect=true,asyncTimeout=900", 7, 900)]
    public void A_connection_string_leaves_to_the_store_what_it_does_not_set(string setting, int seconds, int asyncTimeout)
    {
        var read = ConnectionSettings.Read($"redis-1,redis-2:6380{setting}", TimeSpan.FromSeconds(30));

        Assert.Equal((seconds, asyncTimeout), (read.ConfigCheckSeconds, read.AsyncTimeout));
        Assert.Equal(2_000, ConnectionSettings.Read("redis-1", TimeSpan.FromSeconds(2)).AsyncTimeout);
        Assert.Equal(1_000, ConnectionSettings.Read("redis-1", TimeSpan.FromMilliseconds(50)).AsyncTimeout);
        Assert.Equal((false, BacklogPolicy.FailFast), (read.AbortOnConnectFail, read.BacklogPolicy));
        Assert.False(read.IncludeDetailInExceptions);
    }

    [Fact]
    public async Task A_factory_that_hangs_holds_a_request_no_longer_than_the_io_timeout()
    {
        var never = new TaskCompletionSource<IConnectionMultiplexer>();
        await using var node = await StartAsync(new NodeOptions
        {
            Session = static session => session.IOTimeout = TimeSpan.FromMilliseconds(300),
            Store = store => store.ConnectionMultiplexerFactory = () => never.Task,
        });

        var statuses = await Task.WhenAll(
            Enumerable.Range(0, 5).Select(_ => node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync().WaitAsync(TimeSpan.FromSeconds(10))));

        Assert.All(statuses, status => Assert.Equal(503, status));
    }

    [Fact]
    public async Task A_connection_of_the_services_that_is_slow_to_make_holds_a_request_no_longer_than_the_io_timeout()
    {
        using var made = new ManualResetEventSlim();
        await using var node = await StartAsync(new NodeOptions
        {
            Session = static session => session.IOTimeout = TimeSpan.FromMilliseconds(300),
            Services = services => services.AddSingleton<IConnectionMultiplexer>(_ =>
            {
                // As ConnectionMultiplexer.Connect does while there is no server.
                made.Wait(TimeSpan.FromSeconds(20));
                throw new IOException("No route.");
            }),
        });
        try
        {
            var requests = Enumerable.Range(0, 5).Select(_ => Task.Run(() => node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync()));
            var statuses = await Task.WhenAll(requests).WaitAsync(TimeSpan.FromSeconds(10));

            Assert.All(statuses, status => Assert.Equal(503, status));
        }
        finally
        {
            made.Set();
        }
    }

    [Fact]
    public async Task Sessions_are_kept_in_the_database_that_is_chosen()
    {
        var server = await servers.GetAsync(ServerKind.Redis);
        var options = new NodeOptions { Store = static store => store.Database = 3 };
        await using var node = await Node.StartAsync(server, options);
        var browser = node.NewBrowser();
        await browser.DoAsync("/value?key=a&value=1");

        var key = await browser.StoreKeyAsync(options);
        await using var connection = await ConnectionMultiplexer.ConnectAsync(server.Configuration);
        Assert.True(await connection.GetDatabase(3).KeyExistsAsync(key));
        Assert.False(await connection.GetDatabase(0).KeyExistsAsync(key));
    }

    private static Task<App> StartAsync(NodeOptions options) => Node.StartAsync(configuration: null, options);
}
