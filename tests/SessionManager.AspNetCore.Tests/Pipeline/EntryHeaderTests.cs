using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Headers that others set in front of <c>UseSessionManager</c>, on answers that it gives in the handler's place.</summary>
public sealed class EntryHeaderTests
{
    private static readonly string[] Kept = ["Content-Security-Policy", "X-Frame-Options", "X-Correlation-Id", "Strict-Transport-Security"];
    private static readonly string[] Dropped = ["ETag", "Last-Modified", "CDN-Cache-Control", "Content-Language", "Accept-Ranges"];

    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData(false, HttpStatusCode.ServiceUnavailable)]
    [InlineData(true, HttpStatusCode.ServiceUnavailable)]
    [InlineData(false, HttpStatusCode.Conflict)]
    [InlineData(true, HttpStatusCode.Conflict)]
    public async Task Headers_that_were_there_come_back_on_503_and_409_and_those_of_the_body_do_not(bool kestrel, HttpStatusCode status)
    {
        await using var app = await StartAsync(kestrel);
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        if (status == HttpStatusCode.ServiceUnavailable)
        {
            _cache.Plan(CacheOperation.Set, CacheFault.Fail);
        }

        using var response = await browser.PostAsync(status == HttpStatusCode.Conflict ? "/store-what-ends" : "/store");

        Assert.Equal(status, response.StatusCode);
        Assert.All(Kept, name => Assert.Equal("front", ValueOf(response, name)));
        Assert.All(Dropped, name => Assert.Null(ValueOf(response, name)));
        Assert.Equal("late", ValueOf(response, "X-Late"));
        Assert.Null(ValueOf(response, "X-Handler"));
        Assert.Equal("no-store", ValueOf(response, "Cache-Control"));
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains("theme=dark", browser.LastSetCookies.Single(cookie => cookie.StartsWith("theme", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_response_that_fails_nothing_is_left_as_it_is()
    {
        await using var app = await StartAsync(kestrel: false);
        var browser = app.NewBrowser();

        using var response = await browser.PostAsync("/store");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("handler", ValueOf(response, "X-Frame-Options"));
        Assert.Equal("\"front\"", ValueOf(response, "ETag"));
    }

    private static string? ValueOf(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values) ? string.Join(", ", values) : null;

    private Task<App> StartAsync(bool kestrel) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapPost("/store", (ISessionManager session, HttpContext context) => Store(session, context));
            app.MapPost("/store-what-ends", async (ISessionManager session, ISessionDirectory directory, HttpContext context) =>
            {
                Store(session, context);
                await directory.RevokeAsync(session.SessionId);
            });
        },
        new AppOptions
        {
            Kestrel = kestrel,
            Cache = _cache,
            Before = app => app.Use((context, next) =>
            {
                foreach (var name in Kept.Concat(Dropped))
                {
                    context.Response.Headers[name] = name == "ETag" ? "\"front\"" : "front";
                }

                context.Response.Headers.LastModified = "Fri, 02 Jan 2026 03:04:05 GMT";
                context.Response.Cookies.Append("theme", "dark");
                context.Response.OnStarting(() =>
                {
                    context.Response.Headers["X-Late"] = "late";
                    return Task.CompletedTask;
                });
                return next(context);
            }),
        });

    private static void Store(ISessionManager session, HttpContext context)
    {
        session.StoreValue("fruit", "pear");
        context.Response.Headers["X-Handler"] = "handler";
        context.Response.Headers.XFrameOptions = "handler";
    }
}
