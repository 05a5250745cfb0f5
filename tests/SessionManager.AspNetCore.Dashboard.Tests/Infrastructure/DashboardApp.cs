using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

/// <summary>An application with a dashboard, on a real socket, with a clock that stands still.</summary>
internal sealed class DashboardApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private DashboardApp(WebApplication app, FakeTimeProvider clock, LogLines log) => (_app, Clock, Log) = (app, clock, log);

    public FakeTimeProvider Clock { get; }

    public LogLines Log { get; }

    public IServiceProvider Services => _app.Services;

    public ISessionRecordStore Store => _app.Services.GetRequiredService<ISessionRecordStore>();

    public Uri Address => new(_app.Urls.First());

    /// <summary>Starts it.</summary>
    /// <param name="map">Maps the dashboard; by default at <c>/sessions</c>, for the user <c>admin</c>.</param>
    /// <param name="environment">The environment; Development by default.</param>
    /// <param name="services">More services.</param>
    /// <param name="session">Options of the session.</param>
    /// <param name="before">What stands first in the pipeline.</param>
    public static async Task<DashboardApp> StartAsync(
        Action<WebApplication>? map = null,
        string? environment = null,
        Action<IServiceCollection>? services = null,
        Action<SessionManagerOptions>? session = null,
        Action<WebApplication>? before = null)
    {
        var clock = new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
        var log = new LogLines();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = environment ?? Environments.Development });
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Information).AddProvider(log);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSessionManager(session);
        builder.Services.AddAuthentication().AddSessionManager();
        builder.Services.AddAuthorization();
        services?.Invoke(builder.Services);
        var app = builder.Build();
        before?.Invoke(app);
        app.UseRouting();
        app.UseSessionManager();
        app.UseAuthentication();
        app.UseAuthorization();
        app.MapPost("/in", (ISessionManager session, string user) => session.SetUserId(user));
        app.MapPost("/act", (ISessionManager session, string user) => session.ImpersonateAsync(user));
        app.MapPost("/out", (ISessionManager session) => session.DestroySession());
        app.MapPost("/store", (ISessionManager session, string key, string value) => session.StoreValue(key, value));
        app.MapGet("/me", (ISessionManager session) => session.GetUserId() ?? $"nobody {session.PreviousSessionEnd}");
        (map ?? (app => app.MapSessionDashboard("/sessions").RequireAuthorization(policy => policy.RequireUserName("admin"))))(app);
        await app.StartAsync();
        return new DashboardApp(app, clock, log);
    }

    /// <summary>A browser that keeps its cookies; signed in, when a user is given.</summary>
    public async Task<DashboardBrowser> BrowseAsync(string? user = null, string? userAgent = null)
    {
        var browser = new DashboardBrowser(Address, userAgent);
        if (user is not null)
        {
            await browser.PostAsync($"/in?user={Uri.EscapeDataString(user)}");
        }

        return browser;
    }

    /// <summary>Puts sessions into the store as they are, one a second.</summary>
    public async Task<IReadOnlyList<Guid>> AddSessionsAsync(IEnumerable<string?> users, SessionClient? client = null)
    {
        var ids = new List<Guid>();
        foreach (var user in users)
        {
            Clock.Advance(TimeSpan.FromMilliseconds(10));
            ids.Add(await AddSessionAsync(Services.GetRequiredService<SessionRepository>(), Clock.GetUtcNow(), user, client));
        }

        return ids;
    }

    public static async Task<Guid> AddSessionAsync(SessionRepository sessions, DateTimeOffset time, string? user, SessionClient? client = null)
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());
        var id = Guid.NewGuid();
        var commit = new SessionCommit
        {
            Id = id,
            Now = now,
            Secret = new SessionSecretChange(RandomNumberGenerator.GetBytes(32), default, Required: true),
            Identity = user is null ? null : new SessionIdentity(user, user, now, now, MovesGeneration: true),
            Client = client,
            Values = new Dictionary<string, ReadOnlyMemory<byte>?>(StringComparer.Ordinal)
            {
                ["the-secret-key"] = SessionValue.Of(SessionValueKind.Text, "the-secret-value"u8).Stored,
            },
        };
        Assert.Equal(SessionCommitOutcome.Committed, (await sessions.CommitAsync(commit, CancellationToken.None)).Outcome);
        return id;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
