using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>A small application with sessions, a clock that stands still and every log event kept; in memory or on a real socket.</summary>
internal sealed class App : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly string _cookieName;
    private readonly HttpClient _client;

    private App(WebApplication app, AppOptions options, LogSink logs)
    {
        (_app, Clock, Logs) = (app, options.Clock, logs);
        _cookieName = options.CookieName ?? (options.Environment == Environments.Development ? "sid" : "__Host-sid");
        _client = options.Kestrel
            ? new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Address }
            : new HttpClient(app.GetTestServer().CreateHandler()) { BaseAddress = new Uri("http://localhost") };
    }

    public FakeTimeProvider Clock { get; }

    public LogSink Logs { get; }

    public IServiceProvider Services => _app.Services;

    /// <summary>Where Kestrel listens.</summary>
    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Starts an application whose pipeline is <c>UseSessionManager</c> and the endpoints of <paramref name="map"/>.</summary>
    public static async Task<App> StartAsync(Action<WebApplication> map, AppOptions? options = null)
    {
        options ??= new AppOptions();
        var logs = new LogSink();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = options.Environment });
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
        if (options.LogsEverything)
        {
            builder.Services.Configure<LoggerFilterOptions>(static filter => filter.Rules.Clear());
        }

        builder.Services.AddSingleton<TimeProvider>(options.Clock);
        if (options.Cache is not null)
        {
            builder.Services.AddSingleton(options.Cache);
        }

        builder.Services.AddSessionManager(options.Session);
        options.Services?.Invoke(builder.Services);
        if (options.Kestrel)
        {
            builder.WebHost.UseUrls("http://127.0.0.1:0");
        }
        else
        {
            builder.WebHost.UseTestServer();
        }

        var app = builder.Build();
        options.Before?.Invoke(app);
        app.UseSessionManager();
        map(app);
        await app.StartAsync();
        return new App(app, options, logs);
    }

    public Browser NewBrowser() => new(_client, _cookieName);

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }
}
