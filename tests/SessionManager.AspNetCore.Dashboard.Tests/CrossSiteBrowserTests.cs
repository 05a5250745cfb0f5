using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>What a real browser does with a session cookie that is <c>SameSite=Strict</c>.</summary>
public sealed class CrossSiteBrowserTests(Chromium chromium)
{
    [Fact]
    public async Task A_browser_that_follows_a_link_from_another_site_keeps_its_session()
    {
        await using var app = await DashboardApp.StartAsync(
            app =>
            {
                app.MapGet("/elsewhere", (HttpContext context) => TypedResults.Content(
                    $"<a href='http://127.0.0.1:{context.Connection.LocalPort}/visit'>link</a>", "text/html"));
                app.MapGet("/visit", (ISessionManager session) =>
                {
                    session.StoreValue("visited", true);
                    return session.GetUserId() ?? "nobody";
                });
            },
            session: options => options.Cookie.SameSite = SameSiteMode.Strict);
        await using var window = await chromium.OpenAsync(app.Address);
        await window.SignInAsync("ann");

        // The same server by another name is another site.
        await window.Page.GotoAsync($"http://localhost:{app.Address.Port}/elsewhere");
        await window.Page.GetByText("link").ClickAsync();
        await window.Page.WaitForURLAsync("**/visit", new PageWaitForURLOptions { WaitUntil = WaitUntilState.Commit });
        await window.Page.WaitForFunctionAsync("document.body?.innerText");

        Assert.Equal("nobody", await window.Page.InnerTextAsync("body"));
        Assert.Equal("ann", await window.TextAsync("/me"));
    }
}
