using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Net.Client.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

/// <summary>An application with one gRPC service, whose calls do what the test says.</summary>
internal sealed class GrpcApp : IAsyncDisposable
{
    private readonly Transport _transport;
    private App _app = null!;

    private GrpcApp(Transport transport) => _transport = transport;

    /// <summary>The store, which fails on command.</summary>
    public FaultStore Store { get; private set; } = null!;

    public LogSink Logs => _app.Logs;

    public IServiceProvider Services => _app.Services;

    public static async Task<GrpcApp> StartAsync(
        Transport transport,
        Action<GrpcServiceOptions>? grpc = null,
        Action<SessionManagerOptions>? session = null,
        Action<WebApplication>? before = null,
        Action<IServiceCollection>? services = null,
        Action<IEndpointConventionBuilder>? endpoint = null)
    {
        var started = new GrpcApp(transport);
        var web = new GrpcWebOptions { DefaultEnabled = true };
        started._app = await App.StartAsync(
            app =>
            {
                if (transport is Transport.WebBehind or Transport.WebTextBehindOnKestrel)
                {
                    app.UseGrpcWeb(web);
                }

                endpoint?.Invoke(app.MapGrpcService<Steps>());
                if (endpoint is null)
                {
                    app.MapGrpcService<Steps>();
                }
            },
            new AppOptions
            {
                Kestrel = transport is Transport.Kestrel or Transport.WebTextBehindOnKestrel,
                Session = session,
                Before = app =>
                {
                    before?.Invoke(app);
                    if (transport == Transport.WebInFront)
                    {
                        app.UseGrpcWeb(web);
                    }
                },
                Services = collection =>
                {
                    collection.AddGrpc(options => grpc?.Invoke(options));
                    collection.AddSingleton<IServiceMethodProvider<Steps>, StepMethods>();
                    FaultStore.AddTo(collection, made => started.Store = made);
                    collection.Configure<KestrelServerOptions>(options => options.ConfigureEndpointDefaults(
                        listen => listen.Protocols = transport == Transport.Kestrel ? HttpProtocols.Http2 : HttpProtocols.Http1));
                    services?.Invoke(collection);
                },
            });
        return started;
    }

    public GrpcClient NewClient()
    {
        var jar = new CookieJar(_app.Services.GetRequiredService<IServer>() is TestServer server ? server.CreateHandler() : new SocketsHttpHandler { UseCookies = false });
        var address = _app.Services.GetRequiredService<IServer>() is TestServer ? new Uri("http://localhost") : _app.Address;
        return new GrpcClient(
            jar,
            address,
            _transport switch
            {
                Transport.WebInFront or Transport.WebBehind => new GrpcWebHandler(GrpcWebMode.GrpcWeb, jar),
                Transport.WebTextBehindOnKestrel => new GrpcWebHandler(GrpcWebMode.GrpcWebText, jar),
                _ => jar,
            },
            _transport == Transport.WebTextBehindOnKestrel ? System.Net.HttpVersion.Version11 : System.Net.HttpVersion.Version20);
    }

    public async Task<GrpcClient> SignedInAsync()
    {
        var client = NewClient();
        await client.OkAsync(call =>
        {
            call.Session.StoreValue("value", "before");
            call.Session.SetUserId("alice");
        });
        return client;
    }

    /// <summary>The store fails from now on.</summary>
    public void Break(StoreOperation operation, int after = 0) => Store.Plan(operation, StoreFaultKind.Fail, times: 100, after);

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
