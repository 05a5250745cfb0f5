using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

namespace SessionManager.AspNetCore.PostgreSql.Tests;

/// <summary>Two nodes on one database keep every promise that one node keeps.</summary>
public sealed class NodesTests(Servers servers) : IAsyncLifetime
{
    private App _a = null!;
    private App _b = null!;

    public async ValueTask InitializeAsync()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions { Session = session => session.MaxSessionsPerUser = 20 };
        _a = await Node.StartAsync(server.ConnectionString, options);
        _b = await Node.StartAsync(server.ConnectionString, options);
    }

    public async ValueTask DisposeAsync()
    {
        await (_a?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_b?.DisposeAsync() ?? ValueTask.CompletedTask);
    }

    [Fact]
    public async Task No_write_is_lost_of_600_at_once_over_both_nodes()
    {
        var browser = await BeginAsync();
        await Task.WhenAll(Enumerable.Range(0, 600)
            .Select(i => browser.On(NodeOf(i)).DoAsync($"/value?key=key-{i}&value={i}")));

        var keys = await browser.On(_b).KeysAsync();
        Assert.Equal(
            Enumerable.Range(0, 600).Select(i => $"key-{i}").Order(StringComparer.Ordinal),
            keys.Where(key => key.StartsWith("key-", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal("599", await browser.ReadAsync("/value?key=key-599"));
    }

    [Fact]
    public async Task Two_hundred_increments_at_once_over_both_nodes_all_count()
    {
        var browser = await BeginAsync();

        var results = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => browser.On(NodeOf(i)).DoAsync("/increment")));

        Assert.Equal(Enumerable.Range(1, 200), results.Select(int.Parse).Order());
    }

    [Fact]
    public async Task A_provider_ends_the_sessions_that_it_vouched_for_whichever_node_made_them()
    {
        var server = await servers.GetAsync();
        var options = new NodeOptions { Services = services => services.AddAuthentication().AddSessionManager() };
        await using var a = await Node.StartAsync(server.ConnectionString, options);
        await using var b = await Node.StartAsync(server.ConnectionString, options);
        Browser[] browsers = [b.NewBrowser(), b.NewBrowser(), b.NewBrowser()];
        await browsers[0].SignInFromAsync("alice", "s1", "u1");
        await browsers[1].SignInFromAsync("alice", "s2", "u1");
        await browsers[2].SignInFromAsync("bob", "s3", "u2");
        var directory = a.Services.GetRequiredService<ISessionDirectory>();

        Assert.Equal(1, await directory.RevokeByProviderAsync(ProviderEndpoints.Issuer, sid: "s1"));
        Assert.Equal(1, await directory.RevokeByProviderAsync(ProviderEndpoints.Issuer, subject: "u1"));
        Assert.Equal(
            ["nobody", "nobody", "bob"], await Task.WhenAll(browsers.Select(browser => browser.ReadAsync("/me"))));
    }

    [Fact]
    public async Task One_of_50_takers_over_both_nodes_gets_the_value()
    {
        var browser = await BeginAsync();
        await browser.DoAsync("/value?key=coupon&value=prize");

        var taken = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => browser.On(NodeOf(i)).DoAsync("/take?key=coupon")));

        Assert.Single(taken, "prize");
        Assert.Equal(49, taken.Count(value => value == "nothing"));
    }

    [Fact]
    public async Task A_read_on_one_node_right_after_a_write_on_the_other_sees_it()
    {
        var writer = await BeginAsync();
        var reader = writer.On(_b);
        for (var i = 0; i < 100; i++)
        {
            await writer.DoAsync($"/value?key=latest&value={i}");
            Assert.Equal($"{i}", await reader.ReadAsync("/value?key=latest"));
        }
    }

    [Fact]
    public async Task A_revoked_user_is_signed_out_on_both_nodes()
    {
        var browsers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            var browser = NodeOf(i).NewBrowser();
            await browser.DoAsync("/sign-in?user=ann");
            return browser;
        }));
        var other = _a.NewBrowser();
        await other.DoAsync("/sign-in?user=bob");

        Assert.Equal("20", await _b.NewBrowser().DoAsync("/revoke?user=ann"));

        Assert.All(
            await Task.WhenAll(browsers.Select((browser, i) => browser.On(NodeOf(i + 1)).ReadAsync("/me"))),
            user => Assert.Equal("nobody", user));
        Assert.Equal("bob", await other.On(_b).ReadAsync("/me"));
        Assert.Equal("0", await _a.NewBrowser().ReadAsync("/devices?user=ann"));
        Assert.Equal("0", await _a.NewBrowser().DoAsync("/revoke?user=ann"));
    }

    [Fact]
    public async Task A_revocation_beside_writes_reaches_every_session()
    {
        var browsers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            var browser = NodeOf(i).NewBrowser();
            await browser.DoAsync("/sign-in?user=gil");
            return browser;
        }));
        using var stop = new CancellationTokenSource();
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writers = Task.WhenAll(browsers.Select((browser, i) => Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var response = await browser.On(NodeOf(i)).PostAsync("/increment");
                Assert.Contains((int)response.StatusCode, (int[])[200, 409]);
                written.TrySetResult();
            }
        })));
        await written.Task.WaitAsync(Node.Patience);

        Assert.Equal("10", await _b.NewBrowser().DoAsync("/revoke?user=gil"));
        Assert.All(
            await Task.WhenAll(browsers.Select((browser, i) => browser.On(NodeOf(i)).ReadAsync("/me"))),
            user => Assert.Equal("nobody", user));
        await stop.CancelAsync();
        await writers;
    }

    [Fact]
    public async Task A_data_source_of_the_application_is_used_where_there_is_no_connection_string()
    {
        var server = await servers.GetAsync();
        await using var source = NpgsqlDataSource.Create(server.ConnectionString);
        var options = new NodeOptions { Services = services => services.AddSingleton(source) };
        await using (var node = await Node.StartAsync(null, options))
        {
            var browser = node.NewBrowser();
            await browser.DoAsync("/sign-in?user=hal");
            Assert.Equal("hal", await browser.ReadAsync("/me"));
        }

        // The application's own is not disposed with the store.
        await using var command = source.CreateCommand("SELECT 1");
        Assert.Equal(1, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Of_30_sign_ins_at_once_over_both_nodes_20_are_left()
    {
        var statuses = await Task.WhenAll(Enumerable.Range(0, 30).Select(async i =>
        {
            var browser = NodeOf(i).NewBrowser();
            using var response = await browser.PostAsync("/sign-in?user=cid");
            return (browser, (int)response.StatusCode);
        }));

        Assert.All(statuses, status => Assert.Contains(status.Item2, (int[])[200, 409]));
        Assert.Equal("20", await _a.NewBrowser().ReadAsync("/devices?user=cid"));
    }

    [Fact]
    public async Task A_storm_over_20_sessions_of_3_users_meets_no_deadlock()
    {
        string[] users = ["dan", "eve", "fay"];
        var browsers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            var browser = NodeOf(i).NewBrowser();
            await browser.DoAsync($"/sign-in?user={users[i % 3]}");
            return browser;
        }));

        await Task.WhenAll(Enumerable.Range(0, 300).Select(async i =>
        {
            var browser = browsers[i % 20].On(NodeOf(i / 20));
            using var response = await browser.PostAsync((i * 7 % 10) switch
            {
                0 => $"/revoke?user={users[i % 3]}",
                1 => "/destroy",
                2 or 3 => $"/sign-in?user={users[i % 2]}",
                4 => "/fill?count=5&size=10",
                _ => $"/value?key=key-{i}&value={i}",
            });
            Assert.Contains((int)response.StatusCode, (int[])[200, 409]);
        }));

        var server = await servers.GetAsync();
        Assert.Equal(0L, await server.ExecuteAsync("SELECT sum(deadlocks)::bigint FROM pg_stat_database"));
    }

    private App NodeOf(int i) => i % 2 == 0 ? _a : _b;

    private async Task<Browser> BeginAsync()
    {
        var browser = _a.NewBrowser();
        await browser.DoAsync("/value?key=first&value=1");
        return browser;
    }
}
