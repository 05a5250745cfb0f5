using SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

namespace SessionManager.AspNetCore.PostgreSql.Tests;

/// <summary>Nodes behind a PgBouncer in transaction mode, with fewer connections than requests.</summary>
public sealed class PgBouncerTests(Servers servers)
{
    [Fact]
    public async Task Two_nodes_behind_a_PgBouncer_in_transaction_mode_are_exact()
    {
        Assert.SkipWhen(
            PgBouncer.Program is null, "There is no PgBouncer. Install the package pgbouncer to run this test.");
        var server = await servers.GetAsync();
        await using var bouncer = await PgBouncer.StartAsync(server);
        var options = new NodeOptions();
        var connection = PostgreSqlServer.ConnectionStringFor("postgres", bouncer.Port) + ";Max Auto Prepare=0";
        await using var a = await Node.StartAsync(connection, options);
        await using var b = await Node.StartAsync(connection, options);
        Assert.Equal(0, a.Logs.CountOf(400) + b.Logs.CountOf(400));
        await Task.WhenAll(a.Services.StopHousekeepingAsync(), b.Services.StopHousekeepingAsync());
        Assert.Equal(0, a.Logs.CountOf(401) + b.Logs.CountOf(401));

        var browser = a.NewBrowser();
        await browser.DoAsync("/sign-in?user=ann");
        var results = await Task.WhenAll(Enumerable.Range(0, 100)
            .Select(i => browser.On(i % 2 == 0 ? a : b).DoAsync("/increment")));
        Assert.Equal(Enumerable.Range(1, 100), results.Select(int.Parse).Order());
        Assert.Equal("Healthy", await b.NewBrowser().ReadAsync("/health"));
        Assert.Equal("1", await b.NewBrowser().DoAsync("/revoke?user=ann"));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }
}
