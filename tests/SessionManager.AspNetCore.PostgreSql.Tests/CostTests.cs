using SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

namespace SessionManager.AspNetCore.PostgreSql.Tests;

/// <summary>What requests cost, counted by the server's statistics.</summary>
public sealed class CostTests(Servers servers) : IAsyncLifetime
{
    private readonly NodeOptions _options = new();
    private Statements _statements = null!;
    private App _node = null!;

    public async ValueTask InitializeAsync()
    {
        var server = await servers.GetAsync();
        _node = await Node.StartAsync(server.ConnectionString, _options);
        _statements = new Statements(server, _options.Schema);
        // The housekeeping at the start.
        await _node.Services.GetHousekeeping().FirstPass.WaitAsync(Node.Patience);
    }

    public async ValueTask DisposeAsync() => await (_node?.DisposeAsync() ?? ValueTask.CompletedTask);

    [Fact]
    public async Task A_request_without_a_cookie_takes_no_statement() =>
        Assert.Equal(0, await _statements.CountAsync(() => _node.NewBrowser().ReadAsync("/me")));

    [Fact]
    public async Task A_read_takes_one_statement()
    {
        var browser = await BeginAsync();
        Assert.Equal(1, await _statements.CountAsync(() => browser.ReadAsync("/value?key=first")));
    }

    [Fact]
    public async Task A_write_to_an_existing_session_takes_two_beside_the_load()
    {
        var browser = await BeginAsync();
        Assert.Equal(1 + 2, await _statements.CountAsync(() => browser.DoAsync("/value?key=second&value=2")));
        Assert.Equal(1 + 2, await _statements.CountAsync(() => browser.DoAsync("/increment")));
        Assert.Equal(1 + 2, await _statements.CountAsync(() => browser.DoAsync("/destroy")));
    }

    [Fact]
    public async Task A_first_write_takes_two_and_a_sign_in_two_beside_the_load()
    {
        var browser = _node.NewBrowser();
        Assert.Equal(2, await _statements.CountAsync(() => browser.DoAsync("/value?key=first&value=1")));
        Assert.Equal(1 + 2, await _statements.CountAsync(() => browser.DoAsync("/sign-in?user=ann")));
        Assert.Equal(1 + 2, await _statements.CountAsync(() => browser.DoAsync("/sign-out")));
        Assert.Equal(2, await _statements.CountAsync(() => _node.NewBrowser().DoAsync("/sign-in?user=ann")));
    }

    [Fact]
    public async Task A_touch_takes_one_beside_the_load()
    {
        var browser = await BeginAsync();
        _options.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(1 + 1, await _statements.CountAsync(() => browser.ReadAsync("/me")));
        Assert.Equal(1, await _statements.CountAsync(() => browser.ReadAsync("/me")));
    }

    [Fact]
    public async Task Finding_20_sessions_takes_one_and_revoking_them_three()
    {
        for (var i = 0; i < 20; i++)
        {
            await _node.NewBrowser().DoAsync("/sign-in?user=bob");
        }

        var browser = _node.NewBrowser();
        Assert.Equal(1, await _statements.CountAsync(
            async () => Assert.Equal("20", await browser.ReadAsync("/devices?user=bob"))));
        Assert.Equal(3, await _statements.CountAsync(
            async () => Assert.Equal("20", await browser.DoAsync("/revoke?user=bob"))));
    }

    private async Task<Browser> BeginAsync()
    {
        var browser = _node.NewBrowser();
        await browser.DoAsync("/value?key=first&value=1");
        return browser;
    }
}
