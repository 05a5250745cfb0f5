using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>When a session ends by time, judged from its record and the application's clock.</summary>
public sealed class ExpiryTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan Absolute = TimeSpan.FromHours(3);

    [Fact]
    public async Task A_session_lives_until_a_second_before_its_idle_timeout()
    {
        await using var app = await StartAsync(new FaultCache());
        var browser = await SignInAsync(app);

        for (var i = 0; i < 3; i++)
        {
            app.Clock.Advance(Idle - Second);
            Assert.Equal("alice", await browser.ReadAsync("/me"));
        }
    }

    [Fact]
    public async Task A_session_is_dead_a_second_after_its_idle_timeout_and_every_later_request_is_told()
    {
        await using var app = await StartAsync(new FaultCache());
        var browser = await SignInAsync(app);

        app.Clock.Advance(Idle + Second);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("Expired", await browser.ReadAsync("/end"));
            Assert.Equal("nobody", await browser.ReadAsync("/me"));
            Assert.Equal("nothing", await browser.ReadAsync("/values/fruit"));
            Assert.Empty(browser.LastSetCookies);
            app.Clock.Advance(Idle / 4);
        }
    }

    [Fact]
    public async Task A_session_in_use_ends_at_its_absolute_timeout()
    {
        await using var app = await StartAsync(new FaultCache());
        var browser = await SignInAsync(app);

        for (var used = TimeSpan.Zero; used < Absolute - (Idle / 2); used += Idle / 2)
        {
            app.Clock.Advance(Idle / 2);
            Assert.Equal("alice", await browser.ReadAsync("/me"));
        }

        app.Clock.Advance((Idle / 2) - Second);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        app.Clock.Advance(2 * Second);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
        Assert.Equal("Expired", await browser.ReadAsync("/end"));
    }

    [Theory]
    [InlineData("/rotate")]
    [InlineData("/sign-out")]
    [InlineData("/values/fruit/pear")]
    public async Task Neither_a_rotation_nor_a_sign_out_nor_a_value_moves_the_absolute_timeout(string path)
    {
        await using var app = await StartAsync(new FaultCache(), options => options.IdleTimeout = options.AbsoluteTimeout);
        var browser = await SignInAsync(app);

        app.Clock.Advance(Absolute - Second);
        await browser.DoAsync(path);
        Assert.Equal("none", await browser.ReadAsync("/end"));
        app.Clock.Advance(2 * Second);

        Assert.Equal("Expired", await browser.ReadAsync("/end"));
    }

    [Theory]
    [InlineData("alice")]
    [InlineData("bob")]
    public async Task A_sign_in_begins_the_absolute_timeout_anew_and_keeps_the_time_of_creation(string user)
    {
        await using var app = await StartAsync(new FaultCache(), options => options.IdleTimeout = options.AbsoluteTimeout);
        var browser = await SignInAsync(app);
        var created = app.Clock.GetUtcNow();

        app.Clock.Advance(Absolute - Second);
        await browser.DoAsync($"/sign-in/{user}");
        var signedIn = app.Clock.GetUtcNow();
        app.Clock.Advance(Absolute - Second);

        var info = await InfoAsync(browser);
        Assert.Equal((created, signedIn, signedIn + Absolute), (info!.CreatedAt, info.AuthenticatedAt, info.ExpiresAt));
        app.Clock.Advance(2 * Second);
        Assert.Null(await InfoAsync(browser));
    }

    [Fact]
    public async Task The_information_tells_when_the_session_ends()
    {
        await using var app = await StartAsync(new FaultCache());
        var browser = await SignInAsync(app);
        var begun = app.Clock.GetUtcNow();

        Assert.Equal(begun + Idle, (await InfoAsync(browser))!.ExpiresAt);
        for (var i = 1; i < 10; i++)
        {
            app.Clock.Advance(Idle - Second);
            await browser.ReadAsync("/me");
        }

        Assert.Equal(begun + Absolute, (await InfoAsync(browser))!.ExpiresAt);
    }

    [Fact]
    public async Task A_request_that_changes_nothing_writes_only_when_a_touch_is_due()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache, options => options.TouchInterval = TimeSpan.FromMinutes(1));
        var browser = await SignInAsync(app);
        var (begun, sets) = (app.Clock.GetUtcNow(), cache.Sets);

        for (var i = 0; i < 59; i++)
        {
            app.Clock.Advance(Second);
            Assert.Equal(begun, (await InfoAsync(browser))!.LastSeenAt);
        }

        Assert.Equal(sets, cache.Sets);
        app.Clock.Advance(Second);
        await browser.ReadAsync("/me");
        Assert.Equal(sets + 1, cache.Sets);
        Assert.Equal(app.Clock.GetUtcNow(), (await InfoAsync(browser))!.LastSeenAt);
        Assert.Equal(sets + 1, cache.Sets);
    }

    [Fact]
    public async Task The_last_use_lags_by_one_interval_at_most()
    {
        await using var app = await StartAsync(new FaultCache(), options => options.TouchInterval = TimeSpan.FromMinutes(1));
        var browser = await SignInAsync(app);

        for (var i = 0; i < 40; i++)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(17));
            await browser.ReadAsync("/plain");
            Assert.InRange(app.Clock.GetUtcNow() - (await InfoAsync(browser))!.LastSeenAt, TimeSpan.Zero, TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(1));
        }
    }

    [Fact]
    public async Task An_endpoint_that_does_not_touch_keeps_no_session_alive()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await SignInAsync(app);
        var sets = cache.Sets;

        for (var i = 0; i < 3; i++)
        {
            app.Clock.Advance(Idle / 4);
            Assert.Equal("alice", await browser.ReadAsync("/poll"));
        }

        Assert.Equal(sets, cache.Sets);
        app.Clock.Advance((Idle / 4) + Second);
        Assert.Equal("nobody", await browser.ReadAsync("/poll"));
    }

    [Fact]
    public async Task A_value_stored_by_an_endpoint_that_does_not_touch_is_saved_and_keeps_no_session_alive()
    {
        await using var app = await StartAsync(new FaultCache());
        var browser = await SignInAsync(app);
        var begun = app.Clock.GetUtcNow();

        app.Clock.Advance(Idle / 2);
        await browser.DoAsync("/poll/values");

        app.Clock.Advance((Idle / 2) - Second);
        Assert.Equal("yes", await browser.ReadAsync("/poll/values"));
        app.Clock.Advance(2 * Second);
        Assert.Equal("nobody", await browser.ReadAsync("/poll"));
        Assert.True(app.Clock.GetUtcNow() > begun + Idle);
    }

    [Fact]
    public async Task A_clock_that_steps_back_ends_no_session_and_moves_no_use_back()
    {
        var cache = new FaultCache();
        var clock = new SteppingClock();
        await using var app = await StartAsync(cache, clock: clock);
        var browser = await SignInAsync(app);
        var seen = clock.GetUtcNow();
        var sets = cache.Sets;

        clock.Step(TimeSpan.FromMinutes(-10));

        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.Equal(sets, cache.Sets);
        await browser.DoAsync("/values/fruit/pear");
        Assert.Equal(seen, (await InfoAsync(browser))!.LastSeenAt);
        await browser.DoAsync("/rotate");
        Assert.Equal("alice", await browser.ReadAsync("/me"));

        clock.Step(TimeSpan.FromMinutes(10) + Idle + Second);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    private static Task<App> StartAsync(FaultCache cache, Action<SessionManagerOptions>? configure = null, SteppingClock? clock = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            var poll = app.MapGroup("/poll").WithMetadata(new SessionAttribute { Touch = false });
            poll.MapGet("", (ISessionManager session) => session.GetUserId() ?? "nobody");
            poll.MapGet("/values", (ISessionManager session) => session.GetValue<string>("polled"));
            poll.MapPost("/values", (ISessionManager session) => session.StoreValue("polled", "yes"));
        },
        new AppOptions
        {
            Cache = cache,
            Services = services =>
            {
                if (clock is not null)
                {
                    services.Add(new(typeof(TimeProvider), clock));
                }
            },
            Session = options =>
            {
                (options.IdleTimeout, options.AbsoluteTimeout, options.TouchInterval) = (Idle, Absolute, TimeSpan.Zero);
                configure?.Invoke(options);
            },
        });

    private static async Task<Browser> SignInAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");
        await browser.DoAsync("/sign-in/alice");
        return browser;
    }

    private static async Task<SessionInfo?> InfoAsync(Browser browser)
    {
        using var response = await browser.GetAsync("/info");
        response.EnsureSuccessStatusCode();
        return response.Content.Headers.ContentLength == 0 ? null : await response.Content.ReadFromJsonAsync<SessionInfo?>();
    }
}
