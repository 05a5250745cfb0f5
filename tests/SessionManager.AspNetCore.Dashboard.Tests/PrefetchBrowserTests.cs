using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Playwright;
using SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Dashboard.Tests;

/// <summary>What a real browser shows of a page that it prefetched before its user signed out.</summary>
public sealed class PrefetchBrowserTests(Chromium chromium)
{
    private const string Page =
        """
        <!doctype html><title>in</title>
        <script type="speculationrules">{"prefetch":[{"urls":["/account"],"eagerness":"immediate"}]}</script>
        <a href="/account">account</a>
        <button onclick="fetch('/leave', { method: 'POST' }).then(() => document.title = 'out')">leave</button>
        """;

    [Theory]
    [InlineData(false, "ann")]
    [InlineData(true, "nobody")]
    public async Task ClearSiteData_has_it_forget_the_page(bool clears, string shown)
    {
        var prefetched = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await DashboardApp.StartAsync(
            app =>
            {
                app.MapGet("/start", () => TypedResults.Content(Page, "text/html"));
                app.MapGet("/account", (HttpContext context, ISessionManager session) =>
                {
                    if (context.Request.Headers["Sec-Purpose"].Count > 0)
                    {
                        context.Response.OnCompleted(() =>
                        {
                            prefetched.TrySetResult();
                            return Task.CompletedTask;
                        });
                    }

                    return TypedResults.Content($"<!doctype html><p>{session.GetUserId() ?? "nobody"}", "text/html");
                });
                app.MapPost("/leave", (ISessionManager session) => session.ClearSession());
            },
            session: options => options.ClearSiteData = clears);
        await using var window = await chromium.OpenAsync(app.Address);
        await window.SignInAsync("ann");

        await window.Page.GotoAsync($"{app.Address}start");
        await prefetched.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        await window.Page.GetByText("leave").ClickAsync();
        await window.Page.WaitForFunctionAsync("document.title === 'out'");
        await window.Page.GetByText("account").ClickAsync();
        await window.Page.WaitForURLAsync("**/account", new PageWaitForURLOptions { WaitUntil = WaitUntilState.Commit });
        await window.Page.WaitForFunctionAsync("document.body?.innerText");

        Assert.Equal(shown, await window.Page.InnerTextAsync("p"));
    }
}
