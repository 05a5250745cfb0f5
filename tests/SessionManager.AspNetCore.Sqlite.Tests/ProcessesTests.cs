using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Sqlite.Tests.Infrastructure;
using SessionManager.AspNetCore.Sqlite.Tests.Node;

namespace SessionManager.AspNetCore.Sqlite.Tests;

/// <summary>Two processes on one file keep every promise that one process keeps.</summary>
public sealed class ProcessesTests : IAsyncLifetime
{
    private readonly SessionDatabase _database = new();
    private App _a = null!;
    private NodeProcess _b = null!;

    public async ValueTask InitializeAsync()
    {
        // Both make the schema at once.
        var (a, b) = (NodeApp.StartAsync(_database), NodeProcess.StartAsync(_database));
        (_a, _b) = (await a, await b);
    }

    public async ValueTask DisposeAsync()
    {
        await (_a?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_b?.DisposeAsync() ?? ValueTask.CompletedTask);
        _database.Dispose();
    }

    [Fact]
    public async Task No_write_is_lost_of_600_at_once_over_both_processes()
    {
        var browser = await BeginAsync();

        await Task.WhenAll(Enumerable.Range(0, 600).Select(i => On(browser, i).DoAsync($"/value?key=key-{i}&value={i}")));

        var keys = await _b.On(browser).KeysAsync();
        Assert.Equal(
            Enumerable.Range(0, 600).Select(i => $"key-{i}").Order(StringComparer.Ordinal),
            keys.Where(key => key.StartsWith("key-", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        Assert.Equal("599", await browser.ReadAsync("/value?key=key-599"));
    }

    [Fact]
    public async Task Two_hundred_increments_at_once_over_both_processes_all_count()
    {
        var browser = await BeginAsync();

        var results = await Task.WhenAll(
            Enumerable.Range(0, 200).Select(i => On(browser, i).DoAsync("/increment")));

        Assert.Equal(
            Enumerable.Range(1, 200), results.Select(result => int.Parse(result, CultureInfo.InvariantCulture)).Order());
    }

    [Fact]
    public async Task A_provider_ends_the_sessions_that_it_vouched_for_whichever_node_made_them()
    {
        await using var node = await NodeApp.StartAsync(
            _database, services: static services => services.AddAuthentication().AddSessionManager());
        Browser[] browsers = [node.NewBrowser(), node.NewBrowser(), node.NewBrowser()];
        await browsers[0].SignInFromAsync("alice", "s1", "u1");
        await browsers[1].SignInFromAsync("alice", "s2", "u1");
        await browsers[2].SignInFromAsync("bob", "s3", "u2");
        var directory = _a.Services.GetRequiredService<ISessionDirectory>();

        Assert.Equal(1, await directory.RevokeByProviderAsync(ProviderEndpoints.Issuer, sid: "s1"));
        Assert.Equal(1, await directory.RevokeByProviderAsync(ProviderEndpoints.Issuer, subject: "u1"));
        Assert.Equal(
            ["nobody", "nobody", "bob"], await Task.WhenAll(browsers.Select(browser => browser.ReadAsync("/me"))));
    }

    [Fact]
    public async Task One_of_50_takers_over_both_processes_gets_the_value()
    {
        var browser = await BeginAsync();
        await browser.DoAsync("/value?key=coupon&value=prize");

        var taken = await Task.WhenAll(
            Enumerable.Range(0, 50).Select(i => On(browser, i).DoAsync("/take?key=coupon")));

        Assert.Single(taken, "prize");
        Assert.Equal(49, taken.Count(value => value == "nothing"));
    }

    [Fact]
    public async Task A_revocation_in_one_process_ends_the_sessions_in_the_other()
    {
        var browsers = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => SignInAsync(i, "ann")));
        var bob = await SignInAsync(0, "bob");

        Assert.Equal("3", await _b.NewBrowser().DoAsync("/revoke?user=ann"));

        foreach (var (browser, i) in browsers.Select((browser, i) => (browser, i)))
        {
            Assert.Equal("nobody", await On(browser, i).ReadAsync("/me"));
            Assert.Equal("Revoked", await On(browser, i + 1).ReadAsync("/end"));
        }

        Assert.Equal("bob", await _b.On(bob).ReadAsync("/me"));
    }

    [Fact]
    public async Task The_limit_of_sessions_holds_for_20_sign_ins_at_once_over_both_processes()
    {
        var browsers = Enumerable.Range(0, 20).Select(i => On(_a.NewBrowser(), i)).ToList();
        // A sign-in is refused when later ones have taken all places at the same moment.
        var statuses = await Task.WhenAll(
            browsers.Select(browser => browser.PostAsync("/sign-in?user=ann").StatusAsync()));
        Assert.All(statuses, status => Assert.True(status is 200 or 409, $"A sign-in answered {status}."));

        var users = await Task.WhenAll(browsers.Select((browser, i) => On(browser, i + 1).ReadAsync("/me")));

        Assert.Equal(NodeEndpoints.MaxSessionsPerUser, users.Count(user => user == "ann"));
        Assert.Equal("3", await _b.NewBrowser().DoAsync("/revoke?user=ann"));
    }

    // Each write takes the one lock of the file at its beginning, so there is no order of locks to get wrong.
    [Fact]
    public async Task A_storm_over_20_sessions_of_3_users_ends()
    {
        var browsers = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            var browser = On(_a.NewBrowser(), i);
            await browser.DoAsync("/value?key=first&value=1");
            return browser;
        }));

        var statuses = await Task.WhenAll(browsers.SelectMany((browser, i) => new[]
        {
            On(browser, i).PostAsync($"/sign-in?user=user-{i % 3}").StatusAsync(),
            On(browser, i + 1).PostAsync("/increment").StatusAsync(),
            On(browser, i).PostAsync($"/value?key=key-{i}&value=1").StatusAsync(),
            On(browser, i + 1).PostAsync($"/revoke?user=user-{i % 3}").StatusAsync(),
            On(browser, i).PostAsync("/sign-out").StatusAsync(),
        }));

        Assert.All(statuses, status => Assert.True(status is 200 or 409, $"A request answered {status}."));
    }

    private async Task<Browser> BeginAsync()
    {
        var browser = _a.NewBrowser();
        await browser.DoAsync("/value?key=first&value=1");
        return browser;
    }

    private async Task<Browser> SignInAsync(int process, string user)
    {
        var browser = On(_a.NewBrowser(), process);
        await browser.DoAsync($"/sign-in?user={user}");
        return browser;
    }

    private Browser On(Browser browser, int process) => process % 2 == 0 ? browser.On(_a) : _b.On(browser);
}
