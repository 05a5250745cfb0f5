using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Grpc.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Grpc.Tests;

/// <summary>gRPC methods that are called by HTTP and JSON: what they throw becomes an answer there too.</summary>
public sealed class TranscodingTests
{
    [Theory]
    [InlineData("/run", "throw", HttpStatusCode.InternalServerError, "alice apple")]
    [InlineData("/run", "throw-rpc", HttpStatusCode.BadRequest, "alice apple")]
    [InlineData("/run", "status", HttpStatusCode.NotFound, "alice apple")]
    [InlineData("/run", "sign-out-and-throw", HttpStatusCode.InternalServerError, "nobody apple")]
    [InlineData("/run", "pear", HttpStatusCode.OK, "alice pear")]
    [InlineData("/run-streaming", "throw", HttpStatusCode.InternalServerError, "alice apple")]
    [InlineData("/run-streaming", "sign-out-and-throw", HttpStatusCode.InternalServerError, "nobody apple")]
    [InlineData("/run-streaming", "pear", HttpStatusCode.OK, "alice pear")]
    public async Task A_method_that_fails_saves_nothing_but_endings(string path, string step, HttpStatusCode status, string state)
    {
        await using var kestrel = await StartAsync(kestrel: true);
        await using var testServer = await StartAsync(kestrel: false);
        foreach (var app in new[] { kestrel, testServer })
        {
            var browser = app.NewBrowser();
            using var signedIn = await browser.PostAsync("/begin");

            using var response = await browser.PostAsync(path, new { name = step });

            Assert.Equal(status, response.StatusCode);
            var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal(status == HttpStatusCode.OK, body.Contains("done", StringComparison.Ordinal));
            Assert.Equal(state, await browser.ReadAsync("/state"));
        }
    }

    [Fact]
    public async Task A_stream_that_fails_after_its_first_message_is_saved_whole()
    {
        await using var app = await StartAsync(kestrel: true);
        var browser = app.NewBrowser();
        using var signedIn = await browser.PostAsync("/begin");

        using var response = await browser.PostAsync("/run-streaming", new { name = "throw-late" });
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Exception was thrown by handler.", body, StringComparison.Ordinal);
        Assert.Equal("alice late", await browser.ReadAsync("/state"));
    }

    [Fact]
    public async Task Another_endpoint_that_answers_with_the_same_status_is_saved()
    {
        await using var app = await StartAsync(kestrel: false);
        var browser = app.NewBrowser();

        using var response = await browser.PostAsync("/begin?status=400");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("alice apple", await browser.ReadAsync("/state"));
    }

    private static Task<App> StartAsync(bool kestrel) => App.StartAsync(
        app =>
        {
            app.MapGrpcService<TranscodedService>();
            app.MapPost("/begin", (ISessionManager session, HttpContext context, int status = 200) =>
            {
                session.SetUserId("alice");
                session.StoreValue("fruit", "apple");
                return Results.StatusCode(status);
            });
            app.MapGet("/state", (ISessionManager session) => $"{session.GetUserId() ?? "nobody"} {session.GetValue<string>("fruit")}");
        },
        new AppOptions { Kestrel = kestrel, Services = services => services.AddGrpc().AddJsonTranscoding() });
}
