using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>The session at the edges of a request: the middleware twice, changes after the response has started, and use after the end.</summary>
public sealed class RequestEdgeTests
{
    [Fact]
    public async Task The_middleware_twice_in_a_pipeline_works_as_once()
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(
            app =>
            {
                app.UseSessionManager();
                app.MapSession();
            },
            new AppOptions { Cache = cache });
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        Assert.Single(browser.LastSetCookies);
        Assert.Equal(1, cache.Sets);
        var gets = cache.Gets;

        Assert.Equal("alice", await browser.ReadAsync("/me"));

        Assert.Equal(gets + 1, cache.Gets);
    }

    [Fact]
    public async Task After_its_request_has_ended_a_session_is_read_as_it_was_and_refuses_changes()
    {
        var cache = new FaultCache();
        ISessionManager? kept = null;
        ISession? legacy = null;
        await using var app = await App.StartAsync(
            app => app.MapGet("/keep", (ISessionManager session, HttpContext context) =>
            {
                (kept, legacy) = (session, context.Session);
                return session.StoreValue("fruit", "apple");
            }),
            new AppOptions { Cache = cache });
        await app.NewBrowser().ReadAsync("/keep");
        var calls = cache.Calls;

        Assert.Equal("apple", kept!.GetValue<string>("fruit"));
        Action[] changes =
        [
            () => kept.StoreValue("fruit", "pear"), () => kept.RemoveValue("fruit"), () => kept.SetUserId("alice"), kept.ClearSession,
            kept.RotateToken, kept.DestroySession, () => legacy!.SetString("fruit", "pear"), () => legacy!.Remove("fruit"), () => legacy!.Clear(),
        ];
        Assert.All(changes, change => Assert.Contains("has ended", Assert.Throws<InvalidOperationException>(change).Message, StringComparison.Ordinal));
        await Assert.ThrowsAsync<InvalidOperationException>(() => kept.UpdateValueAsync<string>("fruit", _ => "pear", CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<InvalidOperationException>(() => kept.TakeValueAsync<string>("fruit", CancellationToken.None).AsTask());
        Assert.Equal("apple", kept.GetValue<string>("fruit"));
        Assert.Equal(calls, cache.Calls);
    }

    [Fact]
    public async Task A_session_first_used_after_its_request_has_ended_refuses_changes_too()
    {
        ISession? kept = null;
        await using var app = await App.StartAsync(app => app.MapGet("/keep", (HttpContext context) => (kept = context.Session).IsAvailable));
        await app.NewBrowser().ReadAsync("/keep");

        var exception = Assert.Throws<InvalidOperationException>(() => kept!.SetString("fruit", "apple"));

        Assert.Contains("has ended", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_after_the_response_has_started_is_saved_before_the_response_ends()
    {
        await using var app = await StartAsync((session, _) =>
        {
            session.StoreValue("fruit", "pear");
            session.RemoveValue("nut");
            return null;
        });
        var browser = await BeginAsync(app);

        Assert.Equal("started ", await browser.ReadAsync("/late"));

        Assert.Equal("pear", await browser.ReadAsync("/values/fruit"));
        Assert.Equal("nothing", await browser.ReadAsync("/values/nut"));
    }

    [Theory]
    [InlineData("/sign-out")]
    [InlineData("/destroy")]
    public async Task A_sign_out_after_the_response_has_started_is_carried_out(string path)
    {
        await using var app = await StartAsync((session, _) =>
        {
            (path == "/destroy" ? (Action)session.DestroySession : session.ClearSession)();
            return null;
        });
        var browser = await BeginAsync(app);
        await browser.DoAsync("/sign-in/alice");

        await browser.ReadAsync("/late");

        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("SetUserId")]
    [InlineData("RotateToken")]
    public async Task A_new_token_after_the_response_has_started_is_refused_with_the_reason(string member)
    {
        await using var app = await StartAsync((session, _) =>
            Assert.Throws<InvalidOperationException>(() => Call(session, member)).Message);
        var browser = await BeginAsync(app);

        Assert.Contains("The response has started", await browser.ReadAsync("/late"), StringComparison.Ordinal);

        Assert.Equal("apple", await browser.ReadAsync("/values/fruit"));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("StoreValue")]
    [InlineData("ISession.Set")]
    [InlineData("SetUserId")]
    [InlineData("RotateToken")]
    [InlineData("UpdateValueAsync")]
    public async Task A_session_that_does_not_exist_when_the_response_starts_cannot_begin_and_the_reason_is_told(string member)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(
            (session, context) => Assert.Throws<InvalidOperationException>(() => Call(session, member, context)).Message,
            cache);
        var browser = app.NewBrowser();

        Assert.Contains("response has started", await browser.ReadAsync("/late"), StringComparison.Ordinal);

        Assert.Empty(cache.Entries);
        Assert.Empty(browser.LastSetCookies);
    }

    private static void Call(ISessionManager session, string member, HttpContext? context = null)
    {
        switch (member)
        {
            case "StoreValue":
                session.StoreValue("fruit", "pear");
                break;
            case "ISession.Set":
                context!.Session.SetString("fruit", "pear");
                break;
            case "SetUserId":
                session.SetUserId("alice");
                break;
            case "RotateToken":
                session.RotateToken();
                break;
            default:
                session.UpdateValueAsync<string>("fruit", _ => "pear").AsTask().GetAwaiter().GetResult();
                break;
        }
    }

    private static Task<App> StartAsync(Func<ISessionManager, HttpContext, string?> act, FaultCache? cache = null) => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapGet("/late", async (ISessionManager session, HttpContext context) =>
            {
                await context.Response.WriteAsync("started ");
                await context.Response.Body.FlushAsync();
                await context.Response.WriteAsync(act(session, context) ?? "");
            });
        },
        new AppOptions { Cache = cache ?? new FaultCache() });

    private static async Task<Browser> BeginAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");
        await browser.DoAsync("/values/nut/almond");
        return browser;
    }
}
