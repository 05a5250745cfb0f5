using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Diagnostics;

/// <summary>A dead cookie that is brought again and again: once a session and minute in the log, and after that for who looks closely.</summary>
public sealed class DeadCookieLogTests
{
    private const int CookieRejected = 10;
    private const int RecordMissing = 11;
    private const int StaleToken = 12;
    private const int RecordRejected = 14;

    private static readonly Guid Id = Guid.NewGuid();
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData(CookieRejected, LogLevel.Information)]
    [InlineData(RecordMissing, LogLevel.Information)]
    [InlineData(StaleToken, LogLevel.Information)]
    [InlineData(RecordRejected, LogLevel.Warning)]
    public async Task A_dead_cookie_is_logged_at_its_level_once_a_minute_and_otherwise_for_debugging(int eventId, LogLevel level)
    {
        await using var app = await StartAsync();
        var dead = await DeadAsync(app, eventId);

        for (var i = 0; i < 3; i++)
        {
            await dead.ReadAsync("/me");
        }

        Assert.Equal([level, LogLevel.Debug, LogLevel.Debug], LevelsOf(app, eventId));
        app.Clock.Advance(TimeSpan.FromSeconds(59));
        await dead.ReadAsync("/me");
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await dead.ReadAsync("/me");
        Assert.Equal([LogLevel.Debug, level], LevelsOf(app, eventId).Skip(3));
    }

    [Fact]
    public async Task An_expired_session_is_logged_when_it_is_found_and_once_a_minute_after_that()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        using (var signedIn = await browser.PostAsync("/sign-in/alice"))
        {
            await signedIn.BodyAsync();
        }

        app.Clock.Advance(TimeSpan.FromMinutes(21));

        for (var i = 0; i < 3; i++)
        {
            await browser.ReadAsync("/me");
        }

        Assert.Equal([LogLevel.Information], LevelsOf(app, 13));
        Assert.Equal([LogLevel.Information, LogLevel.Debug], LevelsOf(app, RecordMissing));
    }

    [Fact]
    public async Task Dead_cookies_of_several_sessions_are_logged_each()
    {
        await using var app = await StartAsync();

        await (await DeadAsync(app, RecordMissing)).ReadAsync("/me");
        await (await DeadAsync(app, RecordMissing)).ReadAsync("/me");

        Assert.Equal([LogLevel.Information, LogLevel.Information], LevelsOf(app, RecordMissing));
    }

    [Fact]
    public async Task Of_many_at_once_one_is_first()
    {
        var events = new RecentEvents();
        using var barrier = new Barrier(8);

        var first = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                return events.IsFirst(11, Id, Now);
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.Single(first, isFirst => isFirst);
    }

    [Fact]
    public void Any_number_of_sessions_takes_no_more_memory_than_a_few()
    {
        var events = new RecentEvents();
        events.IsFirst(11, Id, Now);
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 100_000; i++)
        {
            events.IsFirst(11, Guid.NewGuid(), Now);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
        Assert.True(events.IsFirst(11, Id, Now.AddMinutes(1)));
    }

    [Fact]
    public void Other_events_of_a_session_are_first_themselves_and_a_clock_that_steps_back_silences_nothing()
    {
        var events = new RecentEvents();

        Assert.True(events.IsFirst(11, Id, Now));
        Assert.True(events.IsFirst(12, Id, Now));
        Assert.False(events.IsFirst(11, Id, Now.AddSeconds(59)));
        Assert.True(events.IsFirst(11, Id, Now.AddHours(-1)));
    }

    private Task<App> StartAsync() => App.StartAsync(app => app.MapSession(), new AppOptions
    {
        Cache = _cache,
        Services = services => services.AddLogging(logging => logging.AddFilter("SessionManager.AspNetCore", LogLevel.Debug)),
    });

    private async Task<Browser> DeadAsync(App app, int eventId)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var dead = browser.Clone();
        switch (eventId)
        {
            case CookieRejected:
                dead.Token = "none";
                break;
            case RecordMissing:
                await browser.DoAsync("/destroy");
                break;
            case StaleToken:
                await browser.DoAsync("/rotate");
                break;
            case RecordRejected:
                _cache.Plan(CacheOperation.Get, CacheFault.Corrupt, times: 99);
                break;
        }

        return dead;
    }

    private static IEnumerable<LogLevel> LevelsOf(App app, int eventId) =>
        app.Logs.Ours.Where(entry => entry.EventId == eventId).Select(entry => entry.Level);
}
