using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Caching.Distributed;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>
/// An application's request pipeline without a server: a context is made, the middleware and the handler run, the response starts with
/// its callbacks, and the context is disposed of. What is left is what a session costs.
/// </summary>
internal sealed class RequestPipeline : IAsyncDisposable
{
    private const string Key = "value5";

    private readonly ServiceProvider _services;
    private readonly IHttpContextFactory _contexts;
    private readonly RequestDelegate _application;
    private readonly NullWriter _body = new();
    private Func<HttpContext, Task>? _fill;
    private string? _cookie;
    private int _written;

    private RequestPipeline(ServiceProvider services, RequestDelegate application) =>
        (_services, _contexts, _application) = (services, services.GetRequiredService<IHttpContextFactory>(), application);

    /// <summary>Sets a pipeline up, with a session of <paramref name="values"/> values unless the scenario has none.</summary>
    public static async Task<RequestPipeline> StartAsync(
        Side side,
        Scenario scenario,
        int values = 10,
        int valueLength = 20,
        bool signedIn = false,
        Func<HttpContext, Task>? custom = null,
        Action<IServiceCollection>? store = null)
    {
        var collection = new ServiceCollection();
        collection.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        collection.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        collection.AddHttpContextAccessor();
        collection.AddSingleton<IHttpContextFactory, DefaultHttpContextFactory>();
        switch (side)
        {
            case Side.Floor:
                collection.AddDistributedMemoryCache(options => options.SizeLimit = null);
                break;
            case Side.BuiltIn:
                collection.AddDistributedMemoryCache(options => options.SizeLimit = null);
                collection.AddSession();
                break;
            case Side.Ours:
                collection.AddSessionManager(options => options.MaxKeys = Math.Max(options.MaxKeys, values));
                break;
        }

        store?.Invoke(collection);
        var services = collection.BuildServiceProvider();
        Func<HttpContext, RequestPipeline, Task> handler = (side, scenario) switch
        {
            (Side.Ours, Scenario.Read) => static (context, _) =>
                context.Response.WriteAsync(context.RequestServices.GetRequiredService<ISessionManager>().GetValue<string>(Key)!),
            (Side.Ours, Scenario.Write) => static (context, pipeline) =>
            {
                context.RequestServices.GetRequiredService<ISessionManager>().StoreValue(Key, pipeline.NextText());
                return context.Response.WriteAsync("written");
            }
            ,
            (Side.BuiltIn, Scenario.Read) => static (context, _) => context.Response.WriteAsync(context.Session.GetString(Key)!),
            (Side.BuiltIn, Scenario.Write) => static (context, pipeline) =>
            {
                context.Session.SetString(Key, pipeline.NextText());
                return context.Response.WriteAsync("written");
            }
            ,
            (Side.Floor, Scenario.Write) => static async (context, _) =>
            {
                await context.Features.Get<FloorSession>()!.SaveAsync();
                await context.Response.WriteAsync("written");
            }
            ,
            _ => static (context, _) => context.Response.WriteAsync("untouched"),
        };

        RequestPipeline? running = null;
        var builder = new ApplicationBuilder(services);
        switch (side)
        {
            case Side.Floor:
                builder.UseMiddleware<FloorMiddleware>();
                break;
            case Side.BuiltIn:
                builder.UseSession();
                break;
            case Side.Ours:
                builder.UseSessionManager();
                break;
        }

        builder.Run(context =>
        {
            // Every application has services of the request; the scope is nobody's cost.
            _ = context.RequestServices;
            return running!._fill is { } fill ? fill(context) : custom is not null ? custom(context) : handler(context, running);
        });
        running = new RequestPipeline(services, builder.Build());
        if (scenario != Scenario.NoCookie && side != Side.Bare)
        {
            await running.FillAsync(side, values, valueLength, signedIn);
        }

        return running;
    }

    /// <summary>One request.</summary>
    public Task SendAsync() => ProcessAsync();

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private async Task<PipelineResponse> ProcessAsync()
    {
        var response = new PipelineResponse(_body);
        var features = new FeatureCollection();
        features.Set<IHttpRequestFeature>(NewRequest());
        features.Set<IHttpResponseFeature>(response);
        features.Set<IHttpResponseBodyFeature>(response);
        var context = _contexts.Create(features);
        await _application(context);
        await response.StartAsync();
        await response.EndAsync();
        _contexts.Dispose(context);
        return response;
    }

    private async Task FillAsync(Side side, int values, int valueLength, bool signedIn)
    {
        if (side == Side.Floor)
        {
            _cookie = FloorMiddleware.Fill(_services.GetRequiredService<IDistributedCache>(), values, valueLength);
            return;
        }

        _fill = context =>
        {
            var text = new string('x', valueLength);
            for (var i = 0; i < values; i++)
            {
                context.Session.SetString(string.Create(CultureInfo.InvariantCulture, $"value{i}"), text);
            }

            if (signedIn && side == Side.Ours)
            {
                context.RequestServices.GetRequiredService<ISessionManager>().SetUserId("alice");
            }

            return Task.CompletedTask;
        };
        var response = await ProcessAsync();
        _fill = null;
        _cookie = response.Headers.SetCookie.ToString().Split(';')[0];
        if (_cookie.Length == 0)
        {
            throw new InvalidOperationException("The session was not begun.");
        }
    }

    private HttpRequestFeature NewRequest()
    {
        var request = new HttpRequestFeature { Method = "GET", Path = "/", Scheme = "https" };
        request.Headers.Host = "localhost";
        if (_cookie is not null)
        {
            request.Headers.Cookie = _cookie;
        }

        return request;
    }

    // Another value each time, of one length: one that stays the same might not be written.
    private string NextText() => (++_written & 1) == 0 ? "the value was changed" : "the value has changed";
}
