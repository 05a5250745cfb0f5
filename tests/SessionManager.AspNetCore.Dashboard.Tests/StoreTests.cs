using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>What a page asks of the store, however much there is in it, and what it shows when the store is down.</summary>
public sealed class StoreTests
{
    private CountingStore _store = null!;

    [Fact]
    public async Task A_page_costs_a_pages_worth_with_100_000_sessions_in_the_store()
    {
        await using var app = await StartAsync();
        for (var i = 0; i < 100_000; i++)
        {
            await DashboardApp.AddSessionAsync(app.Services.GetRequiredService<SessionRepository>(), app.Clock.GetUtcNow().AddMilliseconds(i / 100), i % 200 == 0 ? "everybody" : $"user-{i}");
        }

        using var browser = await app.BrowseAsync();
        // The sessions of a user come with their headers, all of them.
        foreach (var (path, calls, records) in ((string, int, int)[])
        [
            ("/sessions", 1, 64),
            ("/sessions?user=everybody", 1, 500),
            ("/sessions?user=user-1", 1, 1),
            ("/sessions/live", 0, 0),
        ])
        {
            var next = path;
            for (var page = 0; page < 3 && next is not null; page++)
            {
                _store.Reset();
                var text = await browser.ReadAsync(next);
                Assert.InRange(_store.Calls, 0, calls);
                Assert.InRange(_store.Records, 0, records);
                next = System.Text.RegularExpressions.Regex.Match(text, "rel=\"next\" href=\"([^\"]*)\"") is { Success: true } older
                    ? WebUtility.HtmlDecode(older.Groups[1].Value).Split('#')[0]
                    : null;
            }
        }

        Assert.Contains("<h3>Live now</h3><p class=\"count\">100,000</p>", await browser.ReadAsync("/sessions"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_stays_a_page_when_thousands_before_it_have_expired()
    {
        await using var app = await StartAsync(options => options.IdleTimeout = TimeSpan.FromMinutes(60));
        await app.AddSessionsAsync(["the-oldest"]);
        for (var i = 0; i < 5_000; i++)
        {
            await DashboardApp.AddSessionAsync(app.Services.GetRequiredService<SessionRepository>(), app.Clock.GetUtcNow(), $"user-{i}");
        }

        app.Clock.Advance(TimeSpan.FromMinutes(61));
        using var browser = await app.BrowseAsync();
        _store.Reset();

        var page = await browser.ReadAsync("/sessions");

        Assert.InRange(_store.Records, 1, 256);
        Assert.Contains("Nothing on this page", page, StringComparison.Ordinal);
        Assert.Contains("rel=\"next\"", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/sessions")]
    [InlineData("/sessions?user=ann")]
    [InlineData("/sessions/00000000-0000-0000-0000-000000000001")]
    public async Task A_store_that_is_down_is_a_page_that_says_so(string path)
    {
        await using var app = await StartAsync();
        using var browser = await app.BrowseAsync();
        _store.IsDown = true;

        using var response = await browser.GetAsync(path);
        var page = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(503, (int)response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("5", response.Headers.RetryAfter!.ToString());
        Assert.Contains("The session store can&#x27;t be reached", page, StringComparison.Ordinal);
        Assert.DoesNotContain("on fire", page, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", page, StringComparison.Ordinal);
        Assert.Contains(app.Log.Dashboard, line => line.StartsWith("205: ", StringComparison.Ordinal) && line.Contains("on fire", StringComparison.Ordinal));

        _store.IsDown = false;
        Assert.NotEqual(503, await browser.StatusAsync(path));
    }

    [Fact]
    public async Task A_store_that_goes_down_while_something_is_ended_says_that_it_is_not_known_what_was()
    {
        await using var app = await StartAsync();
        using var browser = await app.BrowseAsync();
        var id = Assert.Single(await app.AddSessionsAsync(["ann"]));
        var token = DashboardBrowser.FieldsOf(await browser.ReadAsync("/sessions"), $"/sessions/{id}/end");
        _store.IsDown = true;

        using var response = await browser.SubmitAsync($"/sessions/{id}/end", token);

        Assert.Equal(503, (int)response.StatusCode);
        Assert.Contains("it is not known what was ended", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_counters_go_on_without_the_store()
    {
        await using var app = await StartAsync();
        using var browser = await app.BrowseAsync();
        _store.IsDown = true;
        Assert.Equal(200, await browser.StatusAsync("/sessions/live"));
    }

    private Task<DashboardApp> StartAsync(Action<SessionManagerOptions>? session = null) => DashboardApp.StartAsync(
        app => app.MapSessionDashboard("/sessions"),
        services: services => services
            .AddSingleton<ISessionRecordStore>(provider => _store = new CountingStore(ActivatorUtilities.CreateInstance<CacheSessionStore>(provider)))
            .AddSingleton(provider => (ILocalSessions)provider.GetRequiredService<ISessionRecordStore>()),
        session: session);
}
