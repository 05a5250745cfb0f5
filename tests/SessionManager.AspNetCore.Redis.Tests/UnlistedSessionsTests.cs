using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests;

/// <summary>An application without a list of sessions says so, and finds, limits and ends the sessions of a user all the
/// same.</summary>
public sealed class UnlistedSessionsTests(Servers servers)
{
    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task The_directory_and_the_dashboard_say_that_there_is_no_list(ServerKind kind)
    {
        await using var node = await StartAsync(kind, lists: false);
        var browser = node.NewBrowser();
        await browser.DoAsync("/sign-in", new Entry("user", "ann"));

        Assert.False(node.Services.GetRequiredService<ISessionDirectory>().ListsAllSessions);
        Assert.Empty(await ListAsync(node));
        var page = await browser.ReadAsync("/sessions");
        Assert.Contains(
            "This application keeps no list of all sessions: ListSessions is off", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Nobody has one at the moment", page, StringComparison.Ordinal);
        var found = await browser.ReadAsync("/sessions?user=ann");
        Assert.Contains(await browser.ReadAsync("/id"), found, StringComparison.Ordinal);
        Assert.DoesNotContain("keeps no list", found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ServerKind.Garnet)]
    [InlineData(ServerKind.Redis)]
    public async Task The_sessions_of_a_user_are_limited_and_ended(ServerKind kind)
    {
        await using var node = await StartAsync(kind, lists: false);
        var browsers = new List<Browser>();
        for (var i = 0; i < 3; i++)
        {
            browsers.Add(node.NewBrowser());
            await browsers[i].DoAsync("/sign-in", new Entry("user", "ann"));
            node.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal("Revoked", await browsers[0].ReadAsync("/end"));
        Assert.Equal(2, await node.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("ann"));
        Assert.Equal(("Revoked", "nobody"), (await browsers[1].ReadAsync("/end"), await browsers[2].ReadAsync("/me")));
    }

    [Fact]
    public async Task An_application_with_a_list_says_nothing()
    {
        await using var node = await StartAsync(ServerKind.Redis, lists: true);

        Assert.True(node.Services.GetRequiredService<ISessionDirectory>().ListsAllSessions);
        var page = await node.NewBrowser().ReadAsync("/sessions");
        Assert.DoesNotContain("keeps no list", page, StringComparison.Ordinal);
        Assert.Contains("Nobody has one at the moment", page, StringComparison.Ordinal);
        await node.NewBrowser().DoAsync("/sign-in", new Entry("user", "ann"));
        Assert.Single(await ListAsync(node));
    }

    private static async Task<List<SessionInfo>> ListAsync(App node)
    {
        var listed = new List<SessionInfo>();
        await foreach (var session in node.Services.GetRequiredService<ISessionDirectory>().ListAsync())
        {
            listed.Add(session);
        }

        return listed;
    }

    private async Task<App> StartAsync(ServerKind kind, bool lists) => await Node.StartAsync(
        await servers.GetAsync(kind),
        new NodeOptions
        {
            Map = static app => app.MapSessionDashboard("/sessions"),
            Session = static session => session.MaxSessionsPerUser = 2,
            Store = store => store.ListSessions = lists,
        });
}
