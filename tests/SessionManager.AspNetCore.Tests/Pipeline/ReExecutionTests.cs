using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;
using SessionManager.AspNetCore.Tests.Pipeline.Responses;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A page that runs after the handler, in the same request and through the whole pipeline again: it works on the session as
/// the handler left it.</summary>
public sealed class ReExecutionTests
{
    [Theory]
    [InlineData("/fail", "alice first")]
    [InlineData("/fail?changes=store", "alice first")]
    [InlineData("/fail?changes=sign-out", " first")]
    [InlineData("/fail?changes=destroy", " ")]
    [InlineData("/missing", "alice first")]
    [InlineData("/missing?changes=store", "alice handler")]
    [InlineData("/missing?changes=sign-out", " first")]
    [InlineData("/missing?changes=destroy", " ")]
    public async Task The_page_sees_the_session_as_it_is_now(string path, string state)
    {
        await using var app = await StartAsync();

        Assert.Equal(state, await PageAsync(await SignedInAsync(app), path));
    }

    [Theory]
    [InlineData("/fail", true, "alice first page")]
    [InlineData("/fail", false, "alice first page")]
    [InlineData("/fail?changes=store", true, "alice first page")]
    [InlineData("/fail?changes=sign-out", true, " first page")]
    [InlineData("/fail?changes=sign-out", false, " first page")]
    [InlineData("/missing", true, "alice first page")]
    [InlineData("/missing", false, "alice first page")]
    [InlineData("/missing?changes=store", true, "alice handler page")]
    [InlineData("/missing?changes=store", false, "alice handler page")]
    [InlineData("/missing?changes=sign-out", true, " first page")]
    [InlineData("/missing?changes=destroy", true, "  page")]
    public async Task What_the_page_stores_is_saved(string path, bool bySessionManager, string state)
    {
        await using var app = await StartAsync();
        var browser = await SignedInAsync(app);

        await PageAsync(browser, $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}page={bySessionManager}");

        Assert.True(browser.LastSetCookies.Count <= 1);
        Assert.Equal(state, await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData(SessionMode.ReadOnly, false)]
    [InlineData(SessionMode.ReadOnly, true)]
    [InlineData(SessionMode.Disabled, false)]
    [InlineData(SessionMode.Disabled, true)]
    public async Task The_page_has_its_own_settings_also_where_it_is_run_behind_UseSessionManager(SessionMode mode, bool late)
    {
        await using var app = await App.StartAsync(app =>
        {
            app.UseStatusCodePagesWithReExecute("/page");
            if (late)
            {
                app.UseRouting();
            }

            app.MapSession();
            app.MapGet("/refused", (ISessionManager session) =>
            {
                Assert.Throws<InvalidOperationException>(() => session.StoreValue("fruit", "pear"));
                return Results.NotFound();
            }).WithSession(mode);
            app.MapGet("/page", (ISessionManager session) =>
            {
                session.StoreValue("page", "seen");
                return session.GetUserId();
            });
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");

        using var response = await browser.GetAsync("/refused");

        Assert.Equal((HttpStatusCode.NotFound, "alice"), (response.StatusCode, await response.BodyAsync()));
        Assert.Equal("seen", await browser.ReadAsync("/values/page"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_session_begun_by_the_handler_and_changed_by_the_page_is_one_session(bool bySessionManager)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();

        await PageAsync(browser, $"/missing?changes=store&page={bySessionManager}");

        Assert.Single(browser.LastSetCookies);
        Assert.Single(cache.Records);
        Assert.Equal(" handler page", await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("/fail")]
    [InlineData("/missing")]
    public async Task A_page_whose_changes_can_not_be_saved_is_answered_with_503(string path)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await SignedInAsync(app);
        cache.Plan(CacheOperation.Set, CacheFault.Fail, times: int.MaxValue);

        using var response = await browser.GetAsync($"{path}?page=True");

        await Answer.AssertUnavailableAsync(response, browser);
    }

    private static Task<App> StartAsync(FaultCache? cache = null) => App.StartAsync(Map, new AppOptions
    {
        Cache = cache ?? new FaultCache(),
        Environment = "Production",
        Before = app =>
        {
            app.Use((HttpContext context, RequestDelegate next) =>
            {
                // The query does not come along when a status code page is executed.
                context.Items["page"] = context.Request.Query["page"].ToString();
                return next(context);
            });
            app.UseExceptionHandler("/page");
            app.UseStatusCodePagesWithReExecute("/page");
        },
    });

    private static void Map(WebApplication app)
    {
        app.MapPost("/sign-in", (ISessionManager session) =>
        {
            session.StoreValue("value", "first");
            session.SetUserId("alice");
        });
        app.MapGet("/state", (ISessionManager session) =>
            $"{session.GetUserId()} {session.GetValue<string>("value")} {session.GetValue<string>("page")}");
        app.MapGet("/missing", (ISessionManager session, string? changes) =>
        {
            Change(session, changes);
            return TypedResults.StatusCode(StatusCodes.Status404NotFound);
        });
        app.MapGet("/fail", (ISessionManager session, string? changes) =>
        {
            Change(session, changes);
            throw new InvalidOperationException("The handler failed.");
        });
        app.Map("/page", (HttpContext context, ISessionManager session) =>
        {
            if (context.Items["page"] is "True")
            {
                session.StoreValue("page", "page");
            }
            else if (context.Items["page"] is "False")
            {
                context.Session.SetString("page", "page");
            }

            return $"{session.GetUserId()} {session.GetValue<string>("value")}";
        });
    }

    private static void Change(ISessionManager session, string? changes)
    {
        switch (changes)
        {
            case "store":
                session.StoreValue("value", "handler");
                break;
            case "sign-out":
                session.ClearSession();
                break;
            case "destroy":
                session.DestroySession();
                break;
        }
    }

    private static async Task<Browser> SignedInAsync(App app)
    {
        var browser = app.NewBrowser();
        using var response = await browser.PostAsync("/sign-in");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return browser;
    }

    private static async Task<string> PageAsync(Browser browser, string path)
    {
        using var response = await browser.GetAsync(path);
        Assert.Contains(response.StatusCode, (HttpStatusCode[])[HttpStatusCode.NotFound, HttpStatusCode.InternalServerError]);
        return await Answer.BodyAsync(response);
    }
}
