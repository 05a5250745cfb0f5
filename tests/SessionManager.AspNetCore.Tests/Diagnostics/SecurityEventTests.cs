using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Diagnostics;

/// <summary>What happens to sessions is in the log, each by the number of its event, and with the session's public id.</summary>
public sealed class SecurityEventTests
{
    private readonly FaultCache _cache = new();

    [Fact]
    public async Task A_life_from_the_first_value_to_the_end_is_logged_step_by_step()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        Assert.Equal([20], await EventsOfAsync(app, () => browser.DoAsync("/values/a/1")));
        var id = await browser.ReadAsync("/id");
        Assert.Equal([21, 23], await EventsOfAsync(app, () => browser.DoAsync("/sign-in/alice"), id));
        Assert.Equal([21, 23], await EventsOfAsync(app, () => browser.DoAsync("/sign-in/alice"), id));
        Assert.Equal([21], await EventsOfAsync(app, () => browser.DoAsync("/rotate"), id));
        Assert.Equal([21, 24], await EventsOfAsync(app, () => browser.DoAsync("/sign-out"), id));
        Assert.Equal([21, 23], await EventsOfAsync(app, () => browser.DoAsync("/sign-in/bob"), id));
        Assert.Equal([25], await EventsOfAsync(app, () => browser.DoAsync("/destroy"), id, "SignedOut"));
        Assert.Equal([20, 23], await EventsOfAsync(app, () => browser.DoAsync("/sign-in/carol")));
    }

    [Fact]
    public async Task An_expiry_is_logged_when_the_token_is_brought()
    {
        await using var app = await StartAsync();
        var (browser, id) = await SignInAsync(app);
        app.Clock.Advance(TimeSpan.FromMinutes(21));

        Assert.Equal([13, 25], await EventsOfAsync(app, () => browser.ReadAsync("/me"), id));
        Assert.Equal([11], await EventsOfAsync(app, () => browser.ReadAsync("/me"), id));
    }

    [Fact]
    public async Task A_revocation_is_logged_where_it_is_made_and_again_when_the_token_is_brought()
    {
        await using var app = await StartAsync();
        var (browser, id) = await SignInAsync(app);

        Assert.Equal([25], await EventsOfAsync(app, () => app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("alice"), id, "Revoked"));
        Assert.Equal([11], await EventsOfAsync(app, () => browser.ReadAsync("/me"), id));
    }

    [Fact]
    public async Task A_stale_token_is_logged()
    {
        await using var app = await StartAsync();
        var (browser, id) = await SignInAsync(app);
        var old = browser.Clone();
        await browser.DoAsync("/rotate");

        Assert.Equal([12], await EventsOfAsync(app, () => old.ReadAsync("/me"), id));
    }

    [Fact]
    public async Task A_token_that_was_never_given_out_is_logged()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        browser.Token = new string('A', 43);

        Assert.Equal([11], await EventsOfAsync(app, () => browser.ReadAsync("/me")));
    }

    [Theory]
    [InlineData("Malformed", "sid=nonsense")]
    [InlineData("Ambiguous", "sid=one; sid=two")]
    public async Task A_cookie_that_is_refused_is_logged_with_the_reason_and_not_with_what_it_held(string reason, string header)
    {
        await using var app = await StartAsync();

        Assert.Equal([10], await EventsOfAsync(app, () => app.NewBrowser().GetWithCookiesAsync("/me", header)));

        var message = app.Logs.Ours.Last().Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.DoesNotContain("nonsense", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_is_rejected_is_logged_as_a_warning()
    {
        await using var app = await StartAsync();
        var (browser, id) = await SignInAsync(app);
        Assert.Single(_cache.Records).Value.Value[20] ^= 0x40;

        Assert.Equal([14], await EventsOfAsync(app, () => browser.ReadAsync("/me"), id));

        Assert.Equal(LogLevel.Warning, app.Logs.Ours.Last().Level);
    }

    [Theory]
    [InlineData(nameof(CacheOperation.Get), "/values/a/1", "load")]
    [InlineData(nameof(CacheOperation.Set), "/values/a/1", "commit")]
    [InlineData(nameof(CacheOperation.Set), "/sign-in/alice", "commit")]
    [InlineData(nameof(CacheOperation.Set), "/sign-out", "commit")]
    [InlineData(nameof(CacheOperation.Set), "/destroy", "commit")]
    [InlineData(nameof(CacheOperation.Set), "/update", "commit")]
    [InlineData(nameof(CacheOperation.Set), "/take", "commit")]
    public async Task A_store_that_fails_is_logged_as_an_error_with_what_it_failed_at(string operation, string path, string what)
    {
        await using var app = await StartAsync(everything: true);
        var (browser, id) = await SignInAsync(app);
        await browser.DoAsync("/values/fruit/apple");
        _cache.Plan(Enum.Parse<CacheOperation>(operation), CacheFault.Fail);

        await browser.PostAsync(path);

        var began = Assert.Single(app.Logs.Ours, entry => entry.EventId == 31);
        Assert.Equal(LogLevel.Error, began.Level);
        Assert.Contains($"fail on {(path == "/destroy" ? "end" : what)}.", began.Message, StringComparison.Ordinal);
        var request = Assert.Single(app.Logs.Ours, entry => entry.EventId == 39);
        Assert.Equal(LogLevel.Debug, request.Level);
        Assert.Contains($"{what} of session {id}.", request.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sign_in_that_is_refused_for_the_limit_is_logged()
    {
        await using var app = await StartAsync(options => (options.MaxSessionsPerUser, options.SessionLimitBehavior) = (1, SessionLimitBehavior.RejectNew));
        await SignInAsync(app);

        Assert.Equal([28], await EventsOfAsync(app, () => app.NewBrowser().PostAsync("/sign-in/alice")));
    }

    /// <summary>The numbers of the events that were logged meanwhile; all name the session, and the last one the rest.</summary>
    private static async Task<List<int>> EventsOfAsync(App app, Func<Task> action, string id = "", string rest = "")
    {
        var before = app.Logs.Ours.Count();
        await action();
        var entries = app.Logs.Ours.Skip(before).ToList();
        Assert.All(entries, entry => Assert.Contains(id, entry.Message, StringComparison.Ordinal));
        Assert.Contains(rest, entries[^1].Message, StringComparison.Ordinal);
        return [.. entries.Select(entry => entry.EventId)];
    }

    private static async Task<(Browser Browser, string Id)> SignInAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        return (browser, await browser.ReadAsync("/id"));
    }

    private Task<App> StartAsync(Action<SessionManagerOptions>? session = null, bool everything = false) =>
        App.StartAsync(
            app =>
            {
                app.MapSession();
                app.MapPost("/update", async (ISessionManager session) => await session.UpdateValueAsync<int>("count", count => count + 1));
                app.MapPost("/take", async (ISessionManager session) => await session.TakeValueAsync<string>("fruit"));
            },
            new AppOptions { Cache = _cache, Session = session, LogsEverything = everything });
}
