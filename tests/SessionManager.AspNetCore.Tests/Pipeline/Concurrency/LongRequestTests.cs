using System.Net;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>A request that found its session alive may save and counts as use when it ends, however long it ran: until the absolute
/// timeout, or until another request finds the session expired.</summary>
public sealed class LongRequestTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan Absolute = TimeSpan.FromHours(5);

    [Theory]
    [InlineData("set:a:1", 1)]
    [InlineData("set:a:1", 13)]
    [InlineData("remove:a", 1)]
    [InlineData("add:a", 1)]
    [InlineData("take:a", 13)]
    [InlineData("rotate", 1)]
    [InlineData("in:ann", 13)]
    [InlineData("out", 1)]
    [InlineData("say:saved,set:a:1", 1)]
    public async Task A_change_after_the_idle_timeout_is_saved_and_counts_as_use(string then, int idleTimeouts)
    {
        await using var app = await StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var held = await app.BeginAsync(browser, "", then);

        app.App.Clock.Advance(Idle * idleTimeouts);

        Assert.True((int)await held.FinishAsync() < 300);
        app.App.Clock.Advance(Idle - Second);
        Assert.Equal("", await app.EndOfAsync(held.Tab.Token!));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(13)]
    public async Task A_reader_that_ends_after_the_idle_timeout_counts_as_use(int idleTimeouts)
    {
        await using var app = await StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        app.App.Clock.Advance(Second);
        var held = await app.BeginAsync(browser, "");

        app.App.Clock.Advance(Idle * idleTimeouts);
        await held.FinishAsync();

        app.App.Clock.Advance(Idle - Second);
        Assert.Equal("ann: a=0", await browser.StateAsync());
    }

    [Theory]
    [InlineData("set:a:1")]
    [InlineData("add:a")]
    [InlineData("rotate")]
    public async Task A_change_at_the_absolute_timeout_is_refused(string then)
    {
        await using var app = await StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var held = await app.BeginAsync(browser, "", then);

        app.App.Clock.Advance(Absolute);

        Assert.Equal(HttpStatusCode.Conflict, await held.FinishAsync());
        Assert.Equal("Expired", await app.EndOfAsync(browser.Token!));
    }

    [Theory]
    [InlineData("set:a:1", HttpStatusCode.Conflict)]
    [InlineData("add:a", HttpStatusCode.Conflict)]
    [InlineData("rotate", HttpStatusCode.Conflict)]
    [InlineData("", HttpStatusCode.NoContent)]
    public async Task A_request_that_ends_after_another_has_found_the_session_expired_brings_nothing_back(string then, HttpStatusCode status)
    {
        await using var app = await StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        app.App.Clock.Advance(Second);
        var held = await app.BeginAsync(browser, "", then);

        app.App.Clock.Advance(Idle);
        Assert.Equal("Expired", await app.EndOfAsync(browser.Token!));

        Assert.Equal(status, await held.FinishAsync());
        Assert.Equal("Expired", await app.EndOfAsync(browser.Token!));
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Theory]
    [InlineData("set:a:1", "ann: a=1")]
    [InlineData("", "ann: a=0")]
    public async Task A_session_that_is_used_between_the_load_that_finds_it_expired_and_its_end_lives_on(string then, string state)
    {
        await using var app = await StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        app.App.Clock.Advance(Second);
        var held = await app.BeginAsync(browser, "", then);
        app.App.Clock.Advance(Idle);
        var end = app.Store.Hold(StoreOperation.End, StoreGatePoint.Before);
        var noticing = app.EndOfAsync(browser.Token!);
        await end.Reached;

        Assert.Equal(HttpStatusCode.NoContent, await held.FinishAsync());
        end.Open();
        Assert.Equal("", await noticing);

        app.App.Clock.Advance(Idle - Second);
        Assert.Equal(("", state), (await app.EndOfAsync(browser.Token!), await browser.StateAsync()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_session_that_was_revoked_after_its_idle_timeout_is_not_brought_back_by_a_request_that_still_runs(bool byUser)
    {
        await using var app = await StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var id = await browser.ReadAsync("/id");
        var held = await app.BeginAsync(browser, "", "set:a:1");
        app.App.Clock.Advance(Idle);
        var directory = (ISessionDirectory)app.App.Services.GetService(typeof(ISessionDirectory))!;

        // There was no living session.
        Assert.Equal(0, byUser ? await directory.RevokeUserAsync("ann") : await directory.RevokeAsync(id) ? 1 : 0);

        Assert.Equal(HttpStatusCode.Conflict, await held.FinishAsync());
        Assert.Equal("Expired", await app.EndOfAsync(browser.Token!));
    }

    [Fact]
    public async Task A_session_that_was_looked_for_after_its_idle_timeout_does_not_live_on_unfound()
    {
        await using var app = await StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var held = await app.BeginAsync(browser, "", "set:a:1");
        app.App.Clock.Advance(Idle);
        var directory = (ISessionDirectory)app.App.Services.GetService(typeof(ISessionDirectory))!;

        Assert.Empty(await directory.FindByUserAsync("ann"));

        Assert.Equal(HttpStatusCode.Conflict, await held.FinishAsync());
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    private static Task<ScriptedApp> StartAsync() => ScriptedApp.StartAsync(options =>
        (options.IdleTimeout, options.AbsoluteTimeout, options.TouchInterval) = (Idle, Absolute, TimeSpan.Zero));
}
