using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SessionManager.AspNetCore.Tests.Infrastructure;
using SessionManager.AspNetCore.Tests.Pipeline.Responses;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A handler that throws: its changes are discarded, a sign-out is carried out, and whoever shows the error changes nothing
/// about that.</summary>
public sealed class UnhandledExceptionTests
{
    [Theory]
    [InlineData(Surroundings.Nothing)]
    [InlineData(Surroundings.DeveloperPageOutside)]
    [InlineData(Surroundings.ExceptionHandlerOutside)]
    public async Task Changes_are_discarded(Surroundings surroundings)
    {
        await using var app = await StartAsync(surroundings);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var token = browser.Token;

        await FailAsync(browser, "store");
        await FailAsync(browser, "store rotate sign-in");

        Assert.Equal(token, browser.Token);
        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(Surroundings.Nothing)]
    [InlineData(Surroundings.DeveloperPageOutside)]
    [InlineData(Surroundings.ExceptionHandlerOutside)]
    public async Task No_session_begins(Surroundings surroundings)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(surroundings, cache);
        var browser = app.NewBrowser();

        await FailAsync(browser, "store sign-in");
        await FailAsync(browser, "sign-in sign-out");

        Assert.Null(browser.Token);
        Assert.Empty(cache.Entries);
    }

    [Theory]
    [InlineData(Surroundings.Nothing, "sign-out")]
    [InlineData(Surroundings.DeveloperPageOutside, "sign-out")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "sign-out")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "store sign-out")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "sign-out store")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "sign-out sign-in")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "sign-in sign-out")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "sign-out sign-in rotate store")]
    public async Task A_sign_out_is_carried_out_alone_and_its_cookie_reaches_the_browser_on_the_error_page(Surroundings surroundings, string changes)
    {
        await using var app = await StartAsync(surroundings);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var thief = browser.Clone();

        await FailAsync(browser, changes);

        Assert.Single(browser.LastSetCookies);
        Assert.NotEqual(thief.Token, browser.Token);
        Assert.Equal(":before", await browser.ReadAsync("/state"));
        Assert.Equal(":", await thief.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(Surroundings.Nothing, "destroy")]
    [InlineData(Surroundings.DeveloperPageOutside, "destroy")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "destroy")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "store destroy")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "destroy store")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "destroy sign-in")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "sign-out destroy")]
    [InlineData(Surroundings.ExceptionHandlerOutside, "destroy sign-in sign-out")]
    public async Task A_destroy_is_carried_out_alone_and_expires_the_cookie_on_the_error_page(Surroundings surroundings, string changes)
    {
        await using var app = await StartAsync(surroundings);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var thief = browser.Clone();

        await FailAsync(browser, changes);

        Assert.Single(browser.LastSetCookies);
        Assert.Null(browser.Token);
        Assert.Equal(":", await thief.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("commit", "alice:saved")]
    [InlineData("update", "alice:saved")]
    [InlineData("commit store", "alice:saved")]
    [InlineData("commit sign-out", ":saved")]
    public async Task What_was_saved_before_stays(string changes, string state)
    {
        await using var app = await StartAsync(Surroundings.ExceptionHandlerOutside);
        var browser = await FaultEndpoints.SignedInAsync(app);

        await FailAsync(browser, changes);

        Assert.Equal(state, await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("commit")]
    [InlineData("update")]
    public async Task A_session_that_was_saved_before_reaches_the_browser_on_the_error_page(string changes)
    {
        await using var app = await StartAsync(Surroundings.ExceptionHandlerOutside);
        var browser = app.NewBrowser();

        await FailAsync(browser, changes);

        Assert.Single(browser.LastSetCookies);
        Assert.Equal(":saved", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("store", false)]
    [InlineData("store", true)]
    [InlineData("sign-out", false)]
    [InlineData("sign-out", true)]
    [InlineData("nothing", false)]
    [InlineData("nothing", true)]
    public async Task The_exception_is_passed_on_as_it_is_even_when_the_store_fails_too(string changes, bool storeFails)
    {
        var cache = new FaultCache();
        var (thrown, seen) = (new List<Exception>(), new List<Exception>());
        await using var app = await StartAsync(Surroundings.Nothing, cache, thrown, seen);
        var browser = await FaultEndpoints.SignedInAsync(app);
        if (storeFails)
        {
            cache.Plan(CacheOperation.Set, CacheFault.Fail, times: int.MaxValue);
        }

        await FailAsync(browser, changes);
        await FailAsync(browser, changes + " synchronously");

        Assert.Equal(2, thrown.Count);
        Assert.Equal(thrown, seen, ReferenceEqualityComparer.Instance);
    }

    [Fact]
    public async Task Changes_are_discarded_when_the_response_has_started_too()
    {
        await using var app = await StartAsync(Surroundings.Nothing, kestrel: true);
        var browser = await FaultEndpoints.SignedInAsync(app);

        using (var response = await browser.GetAsync("/fail?changes=write store"))
        {
            await Assert.ThrowsAnyAsync<HttpRequestException>(() => Answer.BodyAsync(response));
        }

        Assert.Equal("alice:before", await browser.ReadAsync("/state"));
    }

    private static Task<App> StartAsync(Surroundings surroundings, FaultCache? cache = null, List<Exception>? thrown = null, List<Exception>? seen = null, bool kestrel = false) =>
        App.StartAsync(app => Map(app, thrown ?? []), new AppOptions
        {
            Cache = cache ?? new FaultCache(),
            Kestrel = kestrel,
            Environment = surroundings == Surroundings.DeveloperPageOutside ? Environments.Development : Environments.Production,
            Before = app => AddOutside(app, surroundings, seen ?? [], kestrel),
        });

    private static void AddOutside(WebApplication app, Surroundings surroundings, List<Exception> seen, bool kestrel)
    {
        if (surroundings == Surroundings.ExceptionHandlerOutside)
        {
            app.UseExceptionHandler("/error");
        }
        else if (surroundings == Surroundings.Nothing && !kestrel)
        {
            // As a server does it, with the headers as they are.
            app.Use(async (HttpContext context, RequestDelegate next) =>
            {
                try
                {
                    await next(context);
                }
                catch (Exception exception)
                {
                    seen.Add(exception);
                    context.Response.StatusCode = StatusCodes.Status500InternalServerError;
                }
            });
        }
    }

    private static void Map(WebApplication app, List<Exception> thrown)
    {
        FaultEndpoints.Map(app);
        app.MapGet("/fail", context =>
        {
            var changes = context.Request.Query["changes"].ToString().Split(' ');
            var failure = new InvalidOperationException("The handler failed.");
            thrown.Add(failure);
            return changes.Contains("synchronously") ? throw failure : FailAsync(context, changes, failure);
        });
        app.Map("/error", () => Results.Text("the error page", statusCode: 500));
    }

    private static async Task FailAsync(HttpContext context, string[] changes, Exception failure)
    {
        var session = context.RequestServices.GetRequiredService<ISessionManager>();
        foreach (var change in changes)
        {
            await ChangeAsync(context, session, change);
        }

        throw failure;
    }

    private static async Task ChangeAsync(HttpContext context, ISessionManager session, string change)
    {
        switch (change)
        {
            case "store":
                session.StoreValue("value", "lost");
                break;
            case "commit":
                session.StoreValue("value", "saved");
                await session.CommitAsync();
                break;
            case "update":
                await session.UpdateValueAsync<string>("value", _ => "saved");
                break;
            case "rotate":
                session.RotateToken();
                break;
            case "sign-in":
                session.SetUserId("bob");
                break;
            case "sign-out":
                session.ClearSession();
                break;
            case "destroy":
                session.DestroySession();
                break;
            case "write":
                await context.Response.WriteAsync(ResponseShape.Marker);
                break;
        }
    }

    private static async Task<string> FailAsync(Browser browser, string changes)
    {
        using var response = await browser.GetAsync($"/fail?changes={changes}");
        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        return await Answer.BodyAsync(response);
    }
}
