using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Corners of a request in which something small went wrong.</summary>
public sealed class SmallFaultTests
{
    private readonly FaultCache _cache = new();

    [Fact]
    public async Task A_key_that_is_not_Unicode_takes_no_other_keys_value()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, session => session.StoreValue("\ufffd", "kept"));

        Assert.Null(await app.RunAsync(browser, (session, _) => session.TakeValueAsync<string>("\ud800").AsTask()));
        Assert.Null(await app.RunAsync(browser, (session, _) => session.TakeValueAsync<string>("a\udc00b").AsTask()));
        await app.RunAsync(browser, (session, _) => AssertRefused(session));

        Assert.Equal("kept", await app.RunAsync(browser, session => session.GetValue<string>("\ufffd")));

        static async Task<bool> AssertRefused(ISessionManager session)
        {
            await Assert.ThrowsAsync<SessionValueException>(() => session.UpdateValueAsync<string>("\ud800", _ => "x", CancellationToken.None).AsTask());
            return true;
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bytes_that_were_advanced_before_the_first_change_stand_in_front_of_no_explanation(bool kestrel)
    {
        await using var app = await StartAsync(kestrel);
        var browser = app.NewBrowser();
        _cache.Plan(CacheOperation.Set, CacheFault.Fail, times: 5);

        using var response = await browser.GetAsync("/advance");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter);
        Assert.Null(response.Content.Headers.ContentType);
        Assert.Equal("advanced", await response.BodyAsync());
        Assert.Null(browser.Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_save_that_fails_before_a_socket_is_accepted_is_503(bool inFront)
    {
        await using var app = await StartAsync(kestrel: true);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        socket.Options.SetRequestHeader("Cookie", $"sid={browser.Token}");
        _cache.Plan(CacheOperation.Set, CacheFault.Fail);

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(SocketOf(app, $"/socket?early={inFront}"), TestContext.Current.CancellationToken));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, socket.HttpStatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_was_changed_before_a_socket_is_accepted_is_saved_by_then(bool inFront)
    {
        await using var app = await StartAsync(kestrel: true);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Cookie", $"sid={browser.Token}");

        await socket.ConnectAsync(SocketOf(app, $"/socket?early={inFront}"), TestContext.Current.CancellationToken);
        var buffer = new byte[100];
        var received = await socket.ReceiveAsync(buffer, TestContext.Current.CancellationToken);

        Assert.Equal("accepted", Encoding.UTF8.GetString(buffer, 0, received.Count));
        Assert.Equal("x", await browser.ReadAsync("/values/value"));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_load_that_throws_something_else_leaves_no_session_open()
    {
        var logger = new ThrowingLogger();
        ISession? kept = null;
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions
        {
            Kestrel = true,
            Services = services => services.AddSingleton<ILoggerProvider>(logger),
            Before = app => app.Use(async (context, next) =>
            {
                try
                {
                    await next(context);
                }
                catch (AggregateException)
                {
                    kept = context.Session;
                    context.Response.StatusCode = 500;
                }
            }),
        });
        logger.Throws = true;

        using var response = await app.NewBrowser().GetWithCookiesAsync("/me", "sid=nonsense");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Contains("has ended", Assert.Throws<InvalidOperationException>(() => kept!.SetString("a", "b")).Message, StringComparison.Ordinal);
    }

    private static Uri SocketOf(App app, string path) => new UriBuilder(new Uri(app.Address, path)) { Scheme = "ws" }.Uri;

    private Task<App> StartAsync(bool kestrel) => App.StartAsync(
        app =>
        {
            app.Use((context, next) =>
            {
                if (context.Request.Query["early"] == "True")
                {
                    context.Session.SetString("value", "x");
                }

                return next(context);
            });
            app.UseWebSockets();
            app.MapSession();
            app.MapGet("/advance", async (HttpContext context, ISessionManager session) =>
            {
                Encoding.UTF8.GetBytes("advanced", context.Response.BodyWriter);
                session.StoreValue("value", "x");
                await context.Response.BodyWriter.FlushAsync();
            });
            app.MapGet("/socket", async (HttpContext context, ISessionManager session) =>
            {
                session.StoreValue("value", "x");
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                await socket.SendAsync("accepted"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
                await socket.ReceiveAsync(new byte[10], CancellationToken.None);
                await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
            });
        },
        new AppOptions { Kestrel = kestrel, Cache = _cache });

    private sealed class ThrowingLogger : ILoggerProvider, ILogger
    {
        public bool Throws { get; set; }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (Throws && eventId.Id == 10)
            {
                throw new InvalidOperationException("The log is full.");
            }
        }

        public void Dispose()
        {
        }
    }
}
