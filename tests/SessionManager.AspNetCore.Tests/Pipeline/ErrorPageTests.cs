using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Tests.Infrastructure;
using SessionManager.AspNetCore.Tests.Pipeline.Responses;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What answers in place of a handler that failed: an error page of the application, or our own explanation.</summary>
public sealed class ErrorPageTests
{
    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData("/disabled/throw", HttpStatusCode.InternalServerError)]
    [InlineData("/disabled/not-found", HttpStatusCode.NotFound)]
    public async Task The_page_of_an_endpoint_without_a_session_has_one(string path, HttpStatusCode status)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/value/first");

        using var response = await browser.GetAsync(path);

        Assert.Equal((status, "page first first"), (response.StatusCode, await response.BodyAsync()));
        Assert.Equal("stored", await browser.ReadAsync("/values/page"));
    }

    [Theory]
    [InlineData("/taken/throw")]
    [InlineData("/taken/not-found")]
    public async Task The_page_has_HttpContext_Session_though_somebody_took_it_away_on_the_way_back(string path)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/value/first");

        using var response = await browser.GetAsync(path);

        Assert.Equal("page first first", await response.BodyAsync());
    }

    [Fact]
    public async Task What_a_callback_of_the_page_stores_is_saved()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/value/first");

        using var response = await browser.GetAsync("/taken/throw?callback=true");

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        Assert.Equal("stored", await browser.ReadAsync("/values/callback"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_explanation_passes_a_body_that_was_left_in_front_of_the_servers(bool kestrel)
    {
        await using var app = await StartAsync(kestrel);
        var browser = app.NewBrowser();
        _cache.Plan(CacheOperation.Set, CacheFault.Fail);

        using var response = await browser.GetAsync("/buffered/store");

        await Answer.AssertUnavailableAsync(response, browser);
    }

    private Task<App> StartAsync(bool kestrel = false) => App.StartAsync(
        app =>
        {
            app.Use(async (context, next) =>
            {
                if (context.Request.Path.StartsWithSegments("/taken"))
                {
                    try
                    {
                        await next(context);
                    }
                    finally
                    {
                        // As the built-in session does.
                        context.Features.Set<ISessionFeature>(null);
                    }

                    return;
                }

                if (context.Request.Path.StartsWithSegments("/buffered"))
                {
                    context.Response.Body = new MemoryStream();
                }

                await next(context);
            });
            app.MapSession();
            app.MapGet("/disabled/throw", Throw).WithSession(SessionMode.Disabled);
            app.MapGet("/disabled/not-found", () => TypedResults.StatusCode(StatusCodes.Status404NotFound)).WithSession(SessionMode.Disabled);
            app.MapGet("/taken/throw", Throw);
            app.MapGet("/taken/not-found", () => TypedResults.StatusCode(StatusCodes.Status404NotFound));
            app.MapGet("/buffered/store", async (ISessionManager session) =>
            {
                session.StoreValue("value", "x");
                await session.CommitAsync();
            });
            app.Map("/page", (HttpContext context, ISessionManager session) =>
            {
                if (context.Request.Query.ContainsKey("callback"))
                {
                    context.Response.OnStarting(() =>
                    {
                        session.StoreValue("callback", "stored");
                        return Task.CompletedTask;
                    });
                    return "page";
                }

                session.StoreValue("page", "stored");
                return $"page {session.GetValue<string>("value")} {(context.Session.Keys.Contains("value") ? "first" : "nothing")}";
            });
        },
        new AppOptions
        {
            Cache = _cache,
            Kestrel = kestrel,
            Environment = kestrel ? "Development" : "Production",
            Before = app =>
            {
                if (!kestrel)
                {
                    app.UseExceptionHandler("/page");
                    app.UseStatusCodePagesWithReExecute("/page");
                }
            },
        });

    private static void Throw() => throw new InvalidOperationException("The handler failed.");
}
