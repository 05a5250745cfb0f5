using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What is done when a response starts, also one that nobody has written to, and what is done no more from then on.</summary>
public sealed class AtTheStartOfAResponseTests
{
    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData("/read", false)]
    [InlineData("/read", true)]
    [InlineData("/values/value", false)]
    [InlineData("/values/value", true)]
    public async Task The_token_of_a_stranger_rotates_too(string path, bool kestrel)
    {
        await using var app = await StartAsync(kestrel, options => options.TokenRotationInterval = TimeSpan.FromSeconds(30));
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/value/x");

        // No touch is due yet: there is nothing else to do.
        app.Clock.Advance(TimeSpan.FromSeconds(40));

        await browser.ReadAsync(path);

        Assert.Single(browser.LastSetCookies);
        Assert.Equal("x", await browser.ReadAsync("/values/value"));
    }

    [Theory]
    [InlineData("/read", false)]
    [InlineData("/read", true)]
    [InlineData("/values/value", false)]
    [InlineData("/values/value", true)]
    public async Task What_the_handler_of_that_rotation_stores_is_saved(string path, bool kestrel)
    {
        var rotations = 0;
        await using var app = await StartAsync(kestrel, options =>
        {
            options.TokenRotationInterval = TimeSpan.FromMinutes(1);
            options.Events.OnTokenRotated = rotated =>
            {
                rotations++;
                rotated.HttpContext!.Session.SetString("rotated", "yes");
                return Task.CompletedTask;
            };
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/value/x");
        app.Clock.Advance(TimeSpan.FromMinutes(2));

        await browser.ReadAsync(path);

        Assert.Equal(1, rotations);
        Assert.Equal("yes", await browser.ReadAsync("/has/rotated"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_change_after_somebody_else_has_written_the_response_of_an_ended_request_is_refused(bool kestrel)
    {
        Exception? refused = null;
        await using var app = await StartAsync(kestrel, before: app => app.Use(async (context, next) =>
        {
            await next(context);
            if (context.Request.Path == "/read")
            {
                await context.Response.WriteAsync("written");
                refused = Record.Exception(() => context.Session.SetString("value", "lost"));
            }
        }));
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/value/x");

        Assert.Equal("written", await browser.ReadAsync("/read"));

        Assert.Equal("x", await browser.ReadAsync("/values/value"));
        Assert.Contains("has ended", Assert.IsType<InvalidOperationException>(refused).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_is_no_use_by_being_open()
    {
        await using var app = await StartAsync(kestrel: true);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/value/x");
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", $"sid={browser.Token}");
        await socket.ConnectAsync(new UriBuilder(new Uri(app.Address, "/socket")) { Scheme = "ws" }.Uri, TestContext.Current.CancellationToken);
        app.Clock.Advance(TimeSpan.FromMinutes(25));

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);

        Assert.Equal("nothing", await browser.ReadAsync("/values/value"));
    }

    private Task<App> StartAsync(bool kestrel, Action<SessionManagerOptions>? options = null, Action<WebApplication>? before = null) => App.StartAsync(
        app =>
        {
            app.UseWebSockets();
            app.MapSession();
            app.MapGet("/read", (ISessionManager session) =>
            {
                session.GetValue<string>("value");
            });
            app.MapGet("/has/{key}", (HttpContext context, string key) => context.Session.GetString(key) ?? "no");
            app.MapGet("/socket", async (HttpContext context, ISessionManager session) =>
            {
                session.GetValue<string>("value");
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                await socket.ReceiveAsync(new byte[10], CancellationToken.None);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            });
        },
        new AppOptions { Cache = _cache, Kestrel = kestrel, Session = options, Before = before });
}
