using System.Globalization;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace SessionManager.AspNetCore.Benchmarks;

/// <summary>Whose session the pipeline has.</summary>
public enum Side
{
    /// <summary>None.</summary>
    Bare,

    /// <summary><c>AddSession</c> and <c>UseSession</c>.</summary>
    BuiltIn,

    /// <summary><c>AddSessionManager</c> and <c>UseSessionManager</c>.</summary>
    Ours,
}

/// <summary>What a request does with its session of ten values.</summary>
public enum Scenario
{
    /// <summary>The browser has no cookie, and the handler does not ask for the session.</summary>
    NoCookie,

    /// <summary>There is a cookie, and the handler does not ask for the session.</summary>
    Untouched,

    /// <summary>The handler reads one of the values.</summary>
    Read,

    /// <summary>The handler changes one of the values.</summary>
    Write,
}

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
        Side side, Scenario scenario, int values = 10, int valueLength = 20, bool signedIn = false, Func<HttpContext, Task>? custom = null)
    {
        var collection = new ServiceCollection();
        collection.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Warning));
        collection.AddSingleton<IConfiguration>(new ConfigurationBuilder().Build());
        collection.AddHttpContextAccessor();
        collection.AddSingleton<IHttpContextFactory, DefaultHttpContextFactory>();
        switch (side)
        {
            case Side.BuiltIn:
                collection.AddDistributedMemoryCache(options => options.SizeLimit = null);
                collection.AddSession();
                break;
            case Side.Ours:
                collection.AddSessionManager(options => options.MaxKeys = Math.Max(options.MaxKeys, values));
                break;
        }

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
            _ => static (context, _) => context.Response.WriteAsync("untouched"),
        };

        RequestPipeline? running = null;
        var builder = new ApplicationBuilder(services);
        switch (side)
        {
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

    private async Task<Response> ProcessAsync()
    {
        var response = new Response(_body);
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

    /// <summary>Runs the callbacks when the first byte is about to leave, as a server does.</summary>
    private sealed class Response(PipeWriter body) : HttpResponseFeature, IHttpResponseBodyFeature
    {
        private readonly Stack<(Func<object, Task> Callback, object State)> _starting = new(2);
        private readonly Stack<(Func<object, Task> Callback, object State)> _completed = new(2);
        private bool _started;

        public override bool HasStarted => _started;

        public Stream Stream => Stream.Null;

        public PipeWriter Writer => body;

        public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

        public override void OnCompleted(Func<object, Task> callback, object state) => _completed.Push((callback, state));

        public void DisableBuffering()
        {
        }

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public async Task StartAsync(CancellationToken cancellationToken = default)
        {
            if (_started)
            {
                return;
            }

            while (_starting.TryPop(out var next))
            {
                await next.Callback(next.State);
            }

            _started = true;
        }

        public Task CompleteAsync() => StartAsync();

        public async Task EndAsync()
        {
            while (_completed.TryPop(out var next))
            {
                await next.Callback(next.State);
            }
        }
    }

    /// <summary>Where the response goes.</summary>
    private sealed class NullWriter : PipeWriter
    {
        private readonly byte[] _buffer = new byte[4096];

        public override void Advance(int bytes)
        {
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => sizeHint <= _buffer.Length ? _buffer : new byte[sizeHint];

        public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => default;
    }
}
