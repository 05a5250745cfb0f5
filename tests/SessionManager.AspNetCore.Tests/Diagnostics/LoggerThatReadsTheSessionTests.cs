using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Diagnostics;

/// <summary>A logger that reads the session at each event, unguarded: what it sees is the session's, and it disturbs nothing.</summary>
public sealed class LoggerThatReadsTheSessionTests
{
    private readonly ReadingLogger _logger = new();

    [Theory]
    [InlineData(SessionEndReason.Expired)]
    [InlineData(SessionEndReason.SignedOut)]
    [InlineData(SessionEndReason.Revoked)]
    [InlineData(SessionEndReason.Replaced)]
    [InlineData(SessionEndReason.Invalid)]
    public async Task A_dead_cookie_is_reported_and_the_request_served(SessionEndReason reason)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");
        var dead = browser.Clone();
        switch (reason)
        {
            case SessionEndReason.Expired:
                app.Clock.Advance(TimeSpan.FromMinutes(21));
                break;
            case SessionEndReason.SignedOut:
                await browser.DoAsync("/destroy");
                break;
            case SessionEndReason.Revoked:
                await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("ann", null, TestContext.Current.CancellationToken);
                break;
            case SessionEndReason.Replaced:
                await browser.DoAsync("/rotate");
                break;
            case SessionEndReason.Invalid:
                dead.Token = "nonsense";
                break;
        }

        _logger.Read.Clear();
        Assert.Equal(reason.ToString(), await dead.ReadAsync("/end"));
        Assert.NotEmpty(_logger.Read);
        Assert.All(_logger.Read, read => Assert.Null(read.Fault));
    }

    [Theory]
    [InlineData("a=1; sid=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA; sid=BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA")]
    [InlineData("sid=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("sid=x; sid=y")]
    public async Task So_are_cookies_that_open_nothing(string cookies)
    {
        await using var app = await StartAsync();

        using var response = await app.NewBrowser().GetWithCookiesAsync("/end", cookies);

        Assert.Equal("Invalid", await response.BodyAsync());
        Assert.All(_logger.Read, read => Assert.Null(read.Fault));
    }

    [Fact]
    public async Task A_store_that_logs_while_it_loads_is_no_fault()
    {
        await using var app = await StartAsync(services => services.AddSingleton<IDistributedCache, LoggingCache>());
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/ann");

        Assert.Equal("ann", await browser.ReadAsync("/me"));
        Assert.All(_logger.Read, read => Assert.Null(read.Fault));
    }

    [Theory]
    [InlineData("/sign-in/ann")]
    [InlineData("/values/key/x")]
    [InlineData("/fresh")]
    public async Task From_the_save_on_every_reader_sees_the_sessions_id(string begins)
    {
        var ids = new ConcurrentQueue<string>();
        await using var app = await StartAsync(session: options =>
        {
            options.Events.OnCreated = Note;
            options.Events.OnSignedIn = Note;
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/bob");
        var before = await browser.ReadAsync("/id");
        var stranger = begins == "/fresh" ? browser : app.NewBrowser();
        ids.Clear();
        _logger.Read.Clear();

        await stranger.DoAsync(begins);

        var id = await stranger.ReadAsync("/id");
        Assert.NotEqual(before, id);
        Assert.NotEmpty(ids);
        Assert.All(ids, seen => Assert.Equal(id, seen));
        Assert.All(_logger.Read.Where(read => read.EventId is 20 or 23), read => Assert.Equal(id, read.SessionId));
        Assert.Contains(_logger.Read, read => read.EventId is 20);

        Task Note(SessionEventContext context)
        {
            var session = context.Services.GetRequiredService<ISessionManager>();
            foreach (var seen in new[] { context.Session.SessionId, session.SessionId, session.Info!.SessionId, context.HttpContext!.Session.Id })
            {
                ids.Enqueue(seen);
            }

            return Task.CompletedTask;
        }
    }

    private Task<App> StartAsync(Action<IServiceCollection>? services = null, Action<SessionManagerOptions>? session = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapPost("/fresh", (ISessionManager session) =>
            {
                session.DestroySession();
                session.SetUserId("ann");
            });
        },
        new AppOptions
        {
            Session = session,
            Services = collection =>
            {
                collection.AddSingleton<ILoggerProvider>(provider => _logger.For(provider.GetRequiredService<IHttpContextAccessor>()));
                services?.Invoke(collection);
            },
        });

    private sealed class LoggingCache(ILoggerFactory loggers) : IDistributedCache
    {
        private static readonly Action<ILogger, string, Exception?> Told = LoggerMessage.Define<string>(LogLevel.Information, 1, "An entry is {Done}.");

        private readonly FaultCache _inner = new();
        private readonly ILogger _logger = loggers.CreateLogger("SessionManager.Cache");

        public Task<byte[]?> GetAsync(string key, CancellationToken token = default)
        {
            Told(_logger, "read", null);
            return _inner.GetAsync(key, token);
        }

        public Task SetAsync(string key, byte[] value, DistributedCacheEntryOptions options, CancellationToken token = default)
        {
            Told(_logger, "written", null);
            return _inner.SetAsync(key, value, options, token);
        }

        public Task RemoveAsync(string key, CancellationToken token = default) => _inner.RemoveAsync(key, token);

        public Task RefreshAsync(string key, CancellationToken token = default) => _inner.RefreshAsync(key, token);

        public byte[]? Get(string key) => _inner.Get(key);

        public void Set(string key, byte[] value, DistributedCacheEntryOptions options) => _inner.Set(key, value, options);

        public void Remove(string key) => _inner.Remove(key);

        public void Refresh(string key) => _inner.Refresh(key);
    }

    private sealed class ReadingLogger : ILoggerProvider, ILogger
    {
        private readonly AsyncLocal<bool> _isReading = new();
        private IHttpContextAccessor? _accessor;

        public ConcurrentQueue<(int EventId, string? SessionId, Exception? Fault)> Read { get; } = new();

        public ReadingLogger For(IHttpContextAccessor accessor)
        {
            _accessor = accessor;
            return this;
        }

        public ILogger CreateLogger(string categoryName) => categoryName.StartsWith("SessionManager.", StringComparison.Ordinal) ? this : Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (_isReading.Value || _accessor?.HttpContext is not { } context)
            {
                return;
            }

            _isReading.Value = true;
            try
            {
                _ = context.Session.GetString("theme");
                var manager = context.RequestServices.GetRequiredService<ISessionManager>();
                _ = (manager.GetUserId(), manager.Info, manager.PreviousSessionEnd);
                Read.Enqueue((eventId.Id, manager.SessionId, null));
            }
            catch (Exception fault)
            {
                Read.Enqueue((eventId.Id, null, fault));
                throw;
            }
            finally
            {
                _isReading.Value = false;
            }
        }

        public void Dispose()
        {
        }
    }
}
