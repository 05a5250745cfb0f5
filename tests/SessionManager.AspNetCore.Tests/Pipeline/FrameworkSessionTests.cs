using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What was written for <c>AddSession</c> and <c>UseSession</c> works unchanged: TempData, and every member of <c>ISession</c>.</summary>
public sealed class FrameworkSessionTests
{
    [Fact]
    public async Task TempData_survives_a_redirect_and_is_gone_once_read()
    {
        await using var app = await StartControllersAsync();
        var browser = app.NewBrowser();

        Assert.Equal("hello 3 2026-01-02T03:04:05.0000000Z a+b", await SaveAsync(browser, "hello"));

        Assert.Equal("nothing", await browser.ReadAsync("/framework-session/show"));
    }

    [Fact]
    public async Task TempData_that_was_peeked_at_or_kept_stays()
    {
        await using var app = await StartControllersAsync();
        var browser = app.NewBrowser();
        using var saved = await browser.PostAsync("/framework-session/save?message=hello");

        Assert.Equal("hello", await browser.ReadAsync("/framework-session/peek"));
        Assert.Equal("hello", await browser.ReadAsync("/framework-session/keep"));
        Assert.Equal("hello 3 2026-01-02T03:04:05.0000000Z a+b", await browser.ReadAsync("/framework-session/show"));
        Assert.Equal("nothing", await browser.ReadAsync("/framework-session/peek"));
    }

    [Fact]
    public async Task TempData_of_one_browser_is_not_shown_to_another()
    {
        await using var app = await StartControllersAsync();
        using var saved = await app.NewBrowser().PostAsync("/framework-session/save?message=hello");

        Assert.Equal("nothing", await app.NewBrowser().ReadAsync("/framework-session/show"));
    }

    [Fact]
    public async Task A_controller_that_counts_in_the_session_counts_on()
    {
        await using var app = await StartControllersAsync();
        var browser = app.NewBrowser();

        Assert.Equal("1 visit 1", await VisitAsync(browser));
        Assert.Equal("2 visit 2", await VisitAsync(browser));
        Assert.Equal("1 visit 1", await VisitAsync(app.NewBrowser()));
    }

    [Fact]
    public async Task Keys_lists_what_was_set_and_not_removed()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, (_, session) =>
        {
            Assert.Empty(session.Keys);
            session.SetInt32("a", 1);
            session.SetInt32("b", 2);
            session.Remove("a");
            session.Remove("absent");
            Assert.Equal(["b"], session.Keys);
        });

        await app.RunAsync(browser, (_, session) =>
        {
            Assert.Equal(["b"], session.Keys);
            session.SetInt32("c", 3);
            session.Remove("b");
            Assert.Equal(["c"], session.Keys);
        });

        Assert.Equal(["c"], await app.RunAsync(browser, (_, session) => session.Keys.ToArray()));
    }

    [Fact]
    public async Task Removing_removes_one_value()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, (_, session) =>
        {
            session.SetString("a", "1");
            session.SetString("b", "2");
        });

        await app.RunAsync(browser, (_, session) => session.Remove("a"));

        Assert.Equal((null, "2"), await app.RunAsync(browser, (_, session) => (session.GetString("a"), session.GetString("b"))));
    }

    [Fact]
    public async Task Clearing_removes_all_values_and_signs_nobody_out()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, (manager, session) =>
        {
            manager.SetUserId("ann");
            manager.StoreValue("a", 1);
            session.SetString("b", "2");
        });

        await app.RunAsync(browser, (_, session) =>
        {
            session.SetString("early", "");
            session.Clear();
            session.SetString("late", "");
        });

        await app.RunAsync(browser, (manager, session) =>
        {
            Assert.Equal(["late"], session.Keys);
            Assert.Equal("ann", manager.GetUserId());
        });
    }

    [Fact]
    public async Task Clearing_and_removing_nothing_begin_no_session()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();

        await app.RunAsync(browser, (_, session) =>
        {
            session.Clear();
            session.Remove("absent");
        });

        Assert.Null(browser.Token);
    }

    [Fact]
    public async Task The_id_is_the_session_s_public_one_and_stays()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        var first = await app.RunAsync(browser, (_, session) =>
        {
            session.SetInt32("a", 1);
            return session.Id;
        });

        await app.RunAsync(browser, manager => manager.RotateToken());

        Assert.NotEmpty(first);
        Assert.Equal((first, first), await app.RunAsync(browser, (manager, session) => (session.Id, manager.SessionId)));
        Assert.DoesNotContain(first, browser.Token!, StringComparison.OrdinalIgnoreCase);
        Assert.NotEqual(first, await app.RunAsync(app.NewBrowser(), (_, session) => session.Id));
    }

    [Fact]
    public async Task The_session_is_available_with_and_without_values()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();

        Assert.True(await app.RunAsync(browser, (_, session) => session.IsAvailable));
        await app.RunAsync(browser, (_, session) => session.SetInt32("a", 1));
        Assert.True(await app.RunAsync(browser, (_, session) => session.IsAvailable));
    }

    [Fact]
    public async Task Loading_is_done_and_committing_saves_at_once()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, (_, session) => session.SetInt32("a", 1));
        var parallel = browser.Clone();

        await app.RunAsync(browser, async (_, session) =>
        {
            await session.LoadAsync(TestContext.Current.CancellationToken);
            session.SetInt32("a", session.GetInt32("a")!.Value + 1);
            await session.CommitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(2, await app.RunAsync(parallel, (_, other) => other.GetInt32("a")));
            return true;
        });
    }

    [Fact]
    public async Task An_absent_value_is_null_for_every_getter()
    {
        await using var app = await SessionApp.StartAsync();

        await app.RunAsync(app.NewBrowser(), (_, session) =>
        {
            Assert.Null(session.GetString("absent"));
            Assert.Null(session.GetInt32("absent"));
            Assert.Null(session.Get("absent"));
            Assert.False(session.TryGetValue("absent", out var bytes));
            Assert.Null(bytes);
        });
    }

    private static Task<App> StartControllersAsync() => App.StartAsync(
        app => app.MapControllers(),
        new AppOptions { Services = services => services.AddControllersWithViews().AddSessionStateTempDataProvider() });

    /// <summary>What the page shows to which saving redirects.</summary>
    private static async Task<string> SaveAsync(Browser browser, string message)
    {
        using var response = await browser.PostAsync($"/framework-session/save?message={message}");
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        return await browser.ReadAsync(response.Headers.Location!.ToString());
    }

    private static async Task<string> VisitAsync(Browser browser)
    {
        using var response = await browser.PostAsync("/framework-session/visit");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }
}
