using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Responses;

/// <summary>An application with one endpoint for each shape of response, which stores a value and then responds.</summary>
internal sealed class ShapeApp : IAsyncDisposable
{
    public const string Key = "value";

    private readonly App _app;
    private readonly ServerKind _server;
    private readonly HttpClient? _client;
    private readonly string _cookieName;
    private readonly Probe _probe;

    private ShapeApp(App app, ServerKind server, string cookieName, FaultCache cache, Probe probe)
    {
        (_app, _server, _cookieName, Cache, _probe) = (app, server, cookieName, cache, probe);
        _client = server == ServerKind.InMemory
            ? null
            : new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = app.Address };
    }

    public FaultCache Cache { get; }

    public LogSink Logs => _app.Logs;

    /// <summary>Responses that have begun to leave, each counted by the last callback before its headers are sent.</summary>
    public int Started => _probe.Started;

    /// <summary>Bytes that the server has put on HTTP/1.1 connections. (HTTP/2 sends frames of its own accord.)</summary>
    public long BytesSent => _server == ServerKind.Http1 ? _probe.BytesSent : 0;

    public static async Task<ShapeApp> StartAsync(Surroundings surroundings, ServerKind server)
    {
        var (cache, probe) = (new FaultCache(), new Probe());
        // In Development the application itself puts the exception page around everything.
        var development = surroundings == Surroundings.DeveloperPageOutside;
        var app = await App.StartAsync(
            app =>
            {
                AddInside(app, surroundings);
                Map(app);
            },
            new AppOptions
            {
                Environment = development ? Environments.Development : Environments.Production,
                Kestrel = server != ServerKind.InMemory,
                Cache = cache,
                Services = services => Configure(services, server, probe),
                Before = app =>
                {
                    app.Use(probe.WatchAsync);
                    AddOutside(app, surroundings);
                },
            });
        return new ShapeApp(app, server, development ? "sid" : "__Host-sid", cache, probe);
    }

    public Browser NewBrowser() => _client is null ? _app.NewBrowser() : new Browser(_client, _cookieName);

    public async Task<Browser> NewBrowserWithAsync(string value)
    {
        var browser = NewBrowser();
        using var response = await SendAsync(browser, HttpMethod.Get, $"/store?value={value}");
        response.EnsureSuccessStatusCode();
        return browser;
    }

    public Task<HttpResponseMessage> RespondAsync(Browser browser, ResponseShape shape, string value) =>
        SendAsync(browser, shape.Method, shape.PathFor(value));

    public async Task<string> ReadAsync(Browser browser)
    {
        using var response = await SendAsync(browser, HttpMethod.Get, "/value");
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _client?.Dispose();
        await _app.DisposeAsync();
    }

    private Task<HttpResponseMessage> SendAsync(Browser browser, HttpMethod method, string path)
    {
        var request = new HttpRequestMessage(method, path) { VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        if (_server == ServerKind.Http2)
        {
            request.Version = System.Net.HttpVersion.Version20;
        }

        if (path.StartsWith("/shapes", StringComparison.Ordinal))
        {
            request.Headers.Add("Accept-Encoding", "gzip");
        }

        return browser.SendAsync(request);
    }

    private static void Configure(IServiceCollection services, ServerKind server, Probe probe)
    {
        services.AddControllers().AddApplicationPart(typeof(ShapesController).Assembly);
        services.AddResponseCompression();
        services.AddOutputCache(options => options.AddBasePolicy(policy => policy.Cache()));
        services.Configure<KestrelServerOptions>(options => options.ConfigureEndpointDefaults(endpoint =>
        {
            endpoint.Protocols = server == ServerKind.Http2 ? HttpProtocols.Http2 : HttpProtocols.Http1;
            endpoint.Use(next => connection =>
            {
                connection.Transport = new CountedPipe(connection.Transport, probe.Count);
                return next(connection);
            });
        }));
    }

    private static void AddOutside(WebApplication app, Surroundings surroundings)
    {
        switch (surroundings)
        {
            case Surroundings.CompressionOutside:
                app.UseResponseCompression();
                break;
            case Surroundings.ExceptionHandlerOutside:
                app.UseExceptionHandler("/error");
                break;
            case Surroundings.OutputCacheOutside:
                app.UseOutputCache();
                break;
        }
    }

    private static void AddInside(WebApplication app, Surroundings surroundings)
    {
        switch (surroundings)
        {
            case Surroundings.CompressionInside:
                app.UseResponseCompression();
                break;
            case Surroundings.DeveloperPageInside:
                app.UseDeveloperExceptionPage();
                break;
            case Surroundings.ExceptionHandlerInside:
                app.UseExceptionHandler("/error");
                break;
            case Surroundings.OutputCacheInside:
                app.UseOutputCache();
                break;
        }
    }

    private static void Map(WebApplication app)
    {
        app.MapGet("/store", (ISessionManager session, string value) => session.StoreValue(Key, value));
        app.MapGet("/value", (ISessionManager session) => session.GetValue<string>(Key));
        app.Map("/error", () => Results.Text("the error page", statusCode: StatusCodes.Status500InternalServerError));
        app.MapControllers();
        foreach (var shape in ResponseShapes.Known.Where(shape => shape.Name != ResponseShapes.Mvc))
        {
            app.MapMethods($"/shapes/{shape.Name}", ["GET", "HEAD"], context => shape.Around(context, () =>
            {
                context.RequestServices.GetRequiredService<ISessionManager>().StoreValue(Key, context.Request.Query["value"].ToString());
                return shape.Respond(context);
            }));
        }
    }

    private sealed class Probe
    {
        private int _started;
        private long _bytesSent;

        public int Started => Volatile.Read(ref _started);

        public long BytesSent => Volatile.Read(ref _bytesSent);

        public void Count(int bytes) => Interlocked.Add(ref _bytesSent, bytes);

        // Callbacks run last in, first out: what is registered before all others runs when nothing else holds the response back.
        public Task WatchAsync(HttpContext context, RequestDelegate next)
        {
            context.Response.OnStarting(() =>
            {
                Interlocked.Increment(ref _started);
                return Task.CompletedTask;
            });
            return next(context);
        }
    }
}
