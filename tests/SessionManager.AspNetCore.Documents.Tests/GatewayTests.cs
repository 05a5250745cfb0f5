using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace SessionManager.AspNetCore.Documents.Tests;

/// <summary>What a gateway that has sessions hands on to its backends, with the transforms of docs/applications.md.</summary>
public sealed class GatewayTests
{
    private const string Session = "__Host-sid=";

    [Fact]
    public async Task A_gateway_hands_the_session_cookie_on() =>
        Assert.Contains(Session, await AskAsync(_ => { }), StringComparison.Ordinal);

    [Fact]
    public async Task A_gateway_that_removes_the_header_hands_no_cookie_on() =>
        Assert.Equal("none", await AskAsync(route => route.AddRequestHeaderRemove("Cookie")));

    [Theory]
    [InlineData("a=1", "c=", "b=x%2C2")]
    [InlineData("a=1", "b=x%2C2", "a=1")]
    public async Task A_gateway_that_takes_the_session_out_hands_the_other_cookies_on(string first, string second, string third)
    {
        Assert.Equal($"{first}; {second}; {third}", await AskAsync(TakeSessionOut, $"{first}; ", $"; {second}; {third}"));
        Assert.Equal("none", await AskAsync(TakeSessionOut));
    }

    private static void TakeSessionOut(TransformBuilderContext route) => route.AddRequestTransform(request =>
    {
        var others = request.HttpContext.Request.Headers.Cookie
            .SelectMany(header => header!.Split(';', StringSplitOptions.TrimEntries))
            .Where(cookie => !cookie.StartsWith("__Host-sid=", StringComparison.Ordinal))
            .ToList();
        request.ProxyRequest.Headers.Remove("Cookie");
        if (others.Count > 0)
        {
            request.ProxyRequest.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", others));
        }

        return default;
    });

    /// <summary>Begins a session at a gateway, and asks through it which cookies its backend sees.</summary>
    private static async Task<string> AskAsync(Action<TransformBuilderContext> transform, string before = "", string after = "")
    {
        await using var backend = NewBuilder().Build();
        backend.MapGet("/backend", (HttpRequest request) => request.Headers.Cookie.Count == 0 ? "none" : request.Headers.Cookie.ToString());
        await backend.StartAsync(TestContext.Current.CancellationToken);

        var builder = NewBuilder();
        builder.Services.AddSessionManager();
        builder.Services.AddReverseProxy()
            .LoadFromMemory(
                [new RouteConfig { RouteId = "all", ClusterId = "backend", Match = new RouteMatch { Path = "/backend" } }],
                [new ClusterConfig
                {
                    ClusterId = "backend",
                    Destinations = new Dictionary<string, DestinationConfig>(StringComparer.Ordinal) { ["one"] = new() { Address = AddressOf(backend) } },
                }])
            .AddTransforms(transform);
        await using var gateway = builder.Build();
        gateway.UseSessionManager();
        gateway.MapPost("/begin", (ISessionManager session) => session.StoreValue("began", true));
        gateway.MapReverseProxy();
        await gateway.StartAsync(TestContext.Current.CancellationToken);

        using var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(AddressOf(gateway)) };
        using var began = await client.PostAsync("/begin", content: null, TestContext.Current.CancellationToken);
        var cookie = began.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        Assert.StartsWith(Session, cookie, StringComparison.Ordinal);

        using var request = new HttpRequestMessage(HttpMethod.Get, "/backend");
        request.Headers.TryAddWithoutValidation("Cookie", before + cookie + after);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static WebApplicationBuilder NewBuilder()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production" });
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        return builder;
    }

    private static string AddressOf(WebApplication app) =>
        app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
}
