using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;
using StackExchange.Redis;
using Proxy = SessionManager.AspNetCore.Redis.Tests.Infrastructure.Proxy;

namespace SessionManager.AspNetCore.Redis.Tests.Stores;

/// <summary>Nothing is decided on a replica, which may still have what has been revoked.</summary>
public sealed class PrimaryTests(Servers servers)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task Every_command_of_the_store_demands_a_primary()
    {
        await using var real = await ConnectionMultiplexer.ConnectAsync((await servers.GetAsync(ServerKind.Redis)).Configuration);
        var (calls, careless) = (0, new List<string>());
        var database = Proxy.Over(real.GetDatabase(), (method, arguments) =>
        {
            calls++;
            if (!arguments!.OfType<CommandFlags>().Any(static flags => flags.HasFlag(CommandFlags.DemandMaster)))
            {
                careless.Add(method.Name);
            }

            return method.Invoke(real.GetDatabase(), arguments);
        });
        var connection = Proxy.Over<IConnectionMultiplexer>(real, (method, arguments) =>
            method.Name == nameof(IConnectionMultiplexer.GetDatabase) ? database : method.Invoke(real, arguments));
        await using var records = RecordStore.Over(real, connection);

        foreach (var act in RecordServerTests.EveryMember(records, Guid.NewGuid()))
        {
            await act();
        }

        Assert.InRange(calls, 12, 500);
        Assert.Empty(careless);
    }

    [Fact]
    public void Only_one_class_of_the_package_sends_commands_to_a_database()
    {
        var senders = Repository.SourceFiles("src", "SessionManager.AspNetCore.Redis")
            .Where(static file => File.ReadAllText(file) is var text
                && (text.Contains("IDatabase", StringComparison.Ordinal) || text.Contains("CommandFlags", StringComparison.Ordinal)))
            .Select(Path.GetFileName);
        Assert.Equal(["PrimaryDatabase.cs"], senders);
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Without_a_primary_sessions_answer_503_in_time_and_nothing_counts_as_done(bool isOwn, bool knowsScripts)
    {
        await using var pair = await ServerPair.StartAsync();
        await using var node = await StartAsync(pair, isOwn);
        var browser = await SignInAsync(node);
        if (knowsScripts)
        {
            // A replica learns them where it was the primary before.
            foreach (var script in (string[])[RecordScripts.Swap, RecordScripts.Begin, RecordScripts.SwapWithoutMemory, RecordScripts.Replace, RecordScripts.Touch, RecordScripts.Index, ServerScripts.Probe])
            {
                await pair.Replica.TellAsync("SCRIPT", "LOAD", script);
            }
        }

        await pair.Primary.KillAsync();

        var directory = node.Services.GetRequiredService<ISessionDirectory>();
        Assert.Equal(503, await InTimeAsync(browser.GetAsync("/me").StatusAsync()));
        Assert.Equal(503, await InTimeAsync(browser.Clone().PostAsync("/sign-out").StatusAsync()));
        Assert.Equal(503, await InTimeAsync(browser.Clone().PostAsync("/destroy").StatusAsync()));
        Assert.Equal(503, await InTimeAsync(node.NewBrowser().PostAsync("/sign-in", new Entry("user", "bob")).StatusAsync()));
        await Assert.ThrowsAsync<SessionStoreException>(() => InTimeAsync(directory.RevokeUserAsync("ann")));
        await Assert.ThrowsAsync<SessionStoreException>(() => InTimeAsync(directory.FindByUserAsync("ann")));
        await Assert.ThrowsAsync<SessionStoreException>(() => InTimeAsync(directory.EraseUserAsync("ann")));
        await Assert.ThrowsAsync<SessionStoreException>(() => InTimeAsync(directory.ListAsync().ToListAsync().AsTask()));
        Assert.Equal(HealthStatus.Unhealthy, (await InTimeAsync(node.HealthAsync())).Status);

        await pair.PromoteAsync();
        await Eventually.TrueAsync(async () => await browser.GetAsync("/me").StatusAsync() == 200);

        // A sign-out that waited in the backlog of an application's own connection may have been applied by now.
        var again = await SignInAsync(node);
        Assert.InRange(await directory.RevokeUserAsync("ann"), 1, 2);
        Assert.Equal(("nobody", "nobody"), (await browser.ReadAsync("/me"), await again.ReadAsync("/me")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_primary_that_becomes_a_replica_is_left_before_the_client_would_ask_for_its_role(bool isOwn)
    {
        await using var pair = await ServerPair.StartAsync();
        await using var node = await StartAsync(pair, isOwn, "configCheckSeconds=600");
        var browser = await SignInAsync(node);

        await pair.Primary.TellAsync("FAILOVER");
        await Eventually.TrueAsync(async () =>
            (await pair.Primary.TellAsync("INFO", "replication")).Contains("role:slave", StringComparison.Ordinal));

        await Eventually.TrueAsync(async () => await browser.PostAsync("/value?key=a&value=2").StatusAsync() == 200);
        Assert.Equal("2", await browser.ReadAsync("/value?key=a"));
    }

    [Fact]
    public async Task A_session_that_the_new_primary_has_ended_is_not_admitted_by_the_old_one_once_a_write_has_failed_there()
    {
        await using var pair = await ServerPair.StartAsync();
        var options = new NodeOptions();
        await using var node = await StartAsync(pair, isOwn: false, "configCheckSeconds=600", options.Prefix);
        await using var other = await Node.StartAsync(pair.Replica, options);
        var browser = await SignInAsync(node);
        await Eventually.TrueAsync(async () => (await pair.Replica.TellAsync("DBSIZE")) == (await pair.Primary.TellAsync("DBSIZE")));

        // A replica of nothing, which keeps what it has.
        await pair.PromoteAsync();
        await pair.Primary.TellAsync("REPLICAOF", "127.0.0.1", "1");
        await Eventually.TrueAsync(async () => await other.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync() == 200);
        Assert.Equal(1, await other.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("ann"));

        await Eventually.TrueAsync(async () => await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync() == 200);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    private static Task<App> StartAsync(ServerPair pair, bool isOwn, string? setting = null, string? prefix = null)
    {
        var configuration = $"{pair.Configuration},connectTimeout=1000,{setting ?? "configCheckSeconds=60"}";
        return Node.StartAsync(isOwn ? null : configuration, new NodeOptions
        {
            Prefix = prefix ?? $"test-{Guid.NewGuid():N}:",
            Session = static session => session.IOTimeout = Timeout,
            Services = services =>
            {
                Health.Add(services);
                if (isOwn)
                {
                    services.AddSingleton<IConnectionMultiplexer>(_ => ConnectionMultiplexer.Connect($"{configuration},abortConnect=false"));
                }
            },
        });
    }

    private static async Task<Browser> SignInAsync(App node)
    {
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));
        await browser.DoAsync("/value?key=a&value=1");
        return browser;
    }

    // With an application's own connection a command may wait in its backlog.
    private static async Task<T> InTimeAsync<T>(Task<T> call)
    {
        var started = Stopwatch.GetTimestamp();
        try
        {
            return await call;
        }
        finally
        {
            Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Timeout + TimeSpan.FromSeconds(3));
        }
    }
}
