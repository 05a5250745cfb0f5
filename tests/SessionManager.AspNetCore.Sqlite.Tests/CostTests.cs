using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Sqlite.Tests;

/// <summary>The statements of each kind of request, as SQLite counts them.</summary>
public sealed class CostTests : IAsyncLifetime
{
    private static readonly string[] Load = ["SELECT"];

    private readonly SessionDatabase _database = new();
    private App _node = null!;

    public async ValueTask InitializeAsync() =>
        _node = await NodeApp.StartAsync(_database, session => session.MaxSessionsPerUser = null);

    public async ValueTask DisposeAsync()
    {
        await _node.DisposeAsync();
        _database.Dispose();
    }

    [Fact]
    public async Task A_request_without_a_cookie_costs_nothing() =>
        Assert.Empty(await CountAsync(() => _node.NewBrowser().ReadAsync("/me")));

    [Fact]
    public async Task A_request_that_reads_costs_one_statement()
    {
        var browser = await BeginAsync();
        Assert.Equal(Load, await CountAsync(() => browser.ReadAsync("/value?key=first")));
    }

    [Fact]
    public async Task A_request_that_writes_costs_a_load_and_one_transaction()
    {
        var browser = await BeginAsync();
        Assert.Equal(
            [.. Load, "BEGIN", "SELECT", "UPDATE", "INSERT", "COMMIT"],
            await CountAsync(() => browser.DoAsync("/value?key=first&value=2")));
    }

    [Fact]
    public async Task A_session_begins_with_one_transaction() =>
        Assert.Equal(["BEGIN", "SELECT", "INSERT", "INSERT", "COMMIT"], await CountAsync(BeginAsync));

    [Fact]
    public async Task A_sign_in_costs_one_transaction_and_a_load_where_there_is_a_session()
    {
        var browser = await BeginAsync();
        Assert.Equal(
            ["BEGIN", "SELECT", "INSERT", "COMMIT"],
            await CountAsync(() => _node.NewBrowser().DoAsync("/sign-in?user=ann")));
        Assert.Equal(
            [.. Load, "BEGIN", "SELECT", "UPDATE", "COMMIT"],
            await CountAsync(() => browser.DoAsync("/sign-in?user=ann")));
    }

    [Fact]
    public async Task Finding_the_sessions_of_a_user_costs_one_statement()
    {
        for (var i = 0; i < 5; i++)
        {
            await _node.NewBrowser().DoAsync("/sign-in?user=ann");
        }

        var sessions = _node.Services.GetRequiredService<ISessionDirectory>();
        Assert.Equal(Load, await CountAsync(async () => Assert.Equal(5, (await sessions.FindByUserAsync("ann")).Count)));
    }

    private async Task<Browser> BeginAsync()
    {
        var browser = _node.NewBrowser();
        await browser.DoAsync("/value?key=first&value=1");
        return browser;
    }

    private async Task<IReadOnlyCollection<string>> CountAsync(Func<Task> call)
    {
        _database.Faults.ForgetStatements();
        await call();
        return [.. _database.Faults.Statements];
    }
}
