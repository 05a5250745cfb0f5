using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>The page of one session, and what it says of a session that has ended.</summary>
public sealed class SessionDetailsTests
{
    [Fact]
    public async Task One_sessions_page_has_its_times_its_user_and_its_client()
    {
        await using var app = await StartAsync(session: options => options.TrackClientInfo = true);
        using var ann = await app.BrowseAsync("ann", "Phone/1.0");
        var session = Assert.Single(await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("ann"));
        app.Clock.Advance(TimeSpan.FromMinutes(5));

        var page = await ann.ReadAsync($"/sessions/{session.SessionId}");

        Assert.Contains($"<code>{session.SessionId}</code>", page, StringComparison.Ordinal);
        Assert.Contains("2026-01-02 03:04:05 UTC", page, StringComparison.Ordinal);
        Assert.Contains("5 min ago", page, StringComparison.Ordinal);
        Assert.Contains("in 15 min", page, StringComparison.Ordinal);
        Assert.Contains("<bdi>Phone/1.0</bdi>", page, StringComparison.Ordinal);
        Assert.Contains("<bdi>127.0.0.1</bdi>", page, StringComparison.Ordinal);
        Assert.Contains("this is you", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_sessions_page_tells_how_many_values_it_has_and_how_large_they_are()
    {
        await using var app = await StartAsync();
        var id = Assert.Single(await app.AddSessionsAsync(["ann"]));
        using var browser = await app.BrowseAsync();

        var (key, value) = ("the-secret-key".Length, "the-secret-value".Length);
        Assert.Contains(
            $"<dd>1 value, {key + value} bytes. What they are is never shown.</dd>",
            await browser.ReadAsync($"/sessions/{id}"),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("00000000-0000-0000-0000-000000000001")]
    [InlineData("nonsense")]
    [InlineData("%3Cscript%3E")]
    [InlineData("users")]
    public async Task A_session_that_is_not_there_is_404_with_a_page(string id)
    {
        await using var app = await StartAsync();
        using var browser = await app.BrowseAsync();
        var page = await browser.ReadAsync($"/sessions/{id}", 404);
        Assert.Contains("There is no such session", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_has_ended_says_why()
    {
        await using var app = await StartAsync();
        using var ann = await app.BrowseAsync("ann");
        var session = Assert.Single(await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("ann"));
        await ann.PostAsync("/out");
        var page = await ann.ReadAsync($"/sessions/{session.SessionId}", 404);
        Assert.Contains("its user signed out", page, StringComparison.Ordinal);
    }

    private static Task<DashboardApp> StartAsync(Action<SessionManagerOptions>? session = null) =>
        DashboardApp.StartAsync(app => app.MapSessionDashboard("/sessions"), session: session);
}
