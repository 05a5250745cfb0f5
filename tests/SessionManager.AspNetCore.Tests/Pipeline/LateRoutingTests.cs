using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Routing that stands behind <c>UseSessionManager</c>: the settings of endpoints hold all the same.</summary>
public sealed class LateRoutingTests
{
    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData(SessionMode.ReadOnly, "ReadOnly")]
    [InlineData(SessionMode.Disabled, "Disabled")]
    public async Task A_mode_is_honoured(SessionMode mode, string named)
    {
        await using var app = await StartAsync(mode);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");

        Assert.Contains(named, await browser.ReadAsync("/late"), StringComparison.Ordinal);
        Assert.Equal("apple", await browser.ReadAsync("/values/fruit"));
    }

    [Fact]
    public async Task An_endpoint_that_is_polled_keeps_no_session_alive()
    {
        await using var app = await StartAsync(SessionMode.ReadWrite);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");
        app.Clock.Advance(TimeSpan.FromMinutes(15));
        await browser.ReadAsync("/polled");
        app.Clock.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal("nothing", await browser.ReadAsync("/values/fruit"));
    }

    [Theory]
    [InlineData(SessionMode.ReadOnly, "ReadOnly")]
    [InlineData(SessionMode.Disabled, "Disabled")]
    public async Task A_mode_is_honoured_though_a_middleware_in_front_of_routing_has_used_the_session(SessionMode mode, string named)
    {
        await using var app = await StartAsync(mode, usedInFront: true);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");

        Assert.Contains(named, await browser.ReadAsync("/late"), StringComparison.Ordinal);
        Assert.Equal("apple", await browser.ReadAsync("/values/fruit"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_endpoint_that_is_polled_and_leaves_the_session_alone_keeps_it_no_more_alive(bool usedInFront)
    {
        await using var app = await StartAsync(SessionMode.ReadWrite, usedInFront);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");
        app.Clock.Advance(TimeSpan.FromMinutes(15));
        await browser.ReadAsync("/polled-and-unused");
        app.Clock.Advance(TimeSpan.FromMinutes(6));

        Assert.Equal("nothing", await browser.ReadAsync("/values/fruit"));
    }

    private Task<App> StartAsync(SessionMode mode, bool usedInFront = false) => App.StartAsync(
        app =>
        {
            if (usedInFront)
            {
                app.Use((HttpContext context, RequestDelegate next) =>
                {
                    _ = context.Session.Keys;
                    return next(context);
                });
            }

            app.UseRouting();
            app.MapSession();
            app.MapGet("/late", (ISessionManager session) => Record.Exception(() =>
            {
                session.StoreValue("fruit", "pear");
                session.StoreValue("fruit", "pear");
            })!.Message).WithSession(mode);
            app.MapGet("/polled", (ISessionManager session) => session.GetValue<string>("fruit")).WithMetadata(new SessionAttribute { Touch = false });
            app.MapGet("/polled-and-unused", () => "polled").WithMetadata(new SessionAttribute { Touch = false });
        },
        new AppOptions { Cache = _cache });
}
