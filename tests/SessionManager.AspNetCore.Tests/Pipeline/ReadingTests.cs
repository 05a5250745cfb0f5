using Microsoft.AspNetCore.Builder;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What a request that changes nothing costs and leaves behind.</summary>
public sealed class ReadingTests
{
    [Fact]
    public async Task Reading_an_empty_session_sets_no_cookie_and_calls_no_store()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(
            app => app.MapGet("/", (ISessionManager session) => $"{session.IsAuthenticated} {session.GetValue<string>("theme")} {session.SessionId}"),
            new AppOptions { Cache = cache });

        for (var i = 0; i < 100; i++)
        {
            var browser = app.NewBrowser();
            await browser.ReadAsync("/");
            Assert.Empty(browser.LastSetCookies);
        }

        Assert.Equal(0, cache.Calls);
    }
}
