using System.Net;
using Microsoft.AspNetCore.Builder;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>A store that saves and then fails to say so: a handler that tries again, or leaves that to the end of the request, ends
/// up with one session and a token that opens it.</summary>
public sealed class LostAcknowledgementTests
{
    [Theory]
    [InlineData("store", true, ":stored")]
    [InlineData("store", false, ":stored")]
    [InlineData("sign-in store", true, "bob:stored")]
    [InlineData("sign-in store", false, "bob:stored")]
    public async Task A_new_session_is_created_once(string changes, bool triesAgain, string state)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        cache.Plan(CacheOperation.Set, CacheFault.LoseAcknowledgement);

        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, $"/retry?changes={changes}&again={triesAgain}"));

        Assert.Single(cache.Records);
        Assert.Single(browser.LastSetCookies);
        Assert.Equal(state, await browser.ReadAsync("/state"));
    }

    [Theory]
    [InlineData("rotate store", "alice:stored")]
    [InlineData("sign-in store", "bob:stored")]
    [InlineData("sign-out store", ":stored")]
    [InlineData("sign-out sign-in store", "bob:stored")]
    public async Task A_token_that_was_replaced_is_given_out(string changes, string state)
    {
        foreach (var triesAgain in (bool[])[true, false])
        {
            var cache = new FaultCache();
            await using var app = await StartAsync(cache);
            var browser = await FaultEndpoints.SignedInAsync(app);
            var old = browser.Clone();
            cache.Plan(CacheOperation.Set, CacheFault.LoseAcknowledgement);

            Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, $"/retry?changes={changes}&again={triesAgain}"));

            Assert.Single(cache.Records);
            Assert.Equal(state, await browser.ReadAsync("/state"));
            Assert.NotEqual(old.Token, browser.Token);
            Assert.Equal(":", await old.ReadAsync("/state"));
        }
    }

    [Theory]
    [InlineData("store", "alice:stored")]
    [InlineData("destroy", ":")]
    [InlineData("destroy store", ":stored")]
    public async Task Other_changes_are_applied_again(string changes, string state)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await FaultEndpoints.SignedInAsync(app);
        var old = browser.Clone();
        cache.Plan(CacheOperation.Set, CacheFault.LoseAcknowledgement);

        Assert.Equal(HttpStatusCode.OK, await FaultEndpoints.StatusAsync(browser, $"/retry?changes={changes}&again=true"));

        Assert.Equal(state, await browser.ReadAsync("/state"));
        Assert.Equal(changes == "store" ? state : ":", await old.ReadAsync("/state"));
    }

    [Fact]
    public async Task Without_another_try_a_new_session_is_nobodys_and_the_answer_is_503()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        cache.Plan(CacheOperation.Set, CacheFault.LoseAcknowledgement);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await FaultEndpoints.StatusAsync(browser, "/sign-in?user=alice"));

        Assert.Null(browser.Token);
        Assert.Equal(":", await browser.ReadAsync("/state"));
    }

    private static Task<App> StartAsync(FaultCache cache) => App.StartAsync(
        app =>
        {
            FaultEndpoints.Map(app);
            app.MapPost("/retry", async (ISessionManager session, string changes, bool again) =>
            {
                foreach (var change in changes.Split(' '))
                {
                    Change(session, change);
                }

                await Assert.ThrowsAsync<SessionStoreException>(() => session.CommitAsync());
                if (again)
                {
                    await session.CommitAsync();
                }
            });
        },
        new AppOptions { Cache = cache });

    private static void Change(ISessionManager session, string change)
    {
        switch (change)
        {
            case "store":
                session.StoreValue("value", "stored");
                break;
            case "sign-in":
                session.SetUserId("bob");
                session.StoreValue("value", "stored");
                break;
            case "sign-out":
                session.ClearSession();
                break;
            case "rotate":
                session.RotateToken();
                break;
            case "destroy":
                session.DestroySession();
                break;
        }
    }
}
