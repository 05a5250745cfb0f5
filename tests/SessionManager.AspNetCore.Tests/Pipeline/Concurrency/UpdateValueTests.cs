using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>The application's code inside <c>UpdateValueAsync</c>: nested, failing, and outrun.</summary>
public sealed class UpdateValueTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task An_update_within_an_update_of_the_same_session_does_not_lock_itself_out(int delay)
    {
        await using var app = await StartAsync(new FaultCache { Delay = TimeSpan.FromMilliseconds(delay) });
        var browser = await NewBrowserAsync(app);

        Assert.Equal("1 1", await browser.ReadAsync("/nested"));
        Assert.Equal("2 2", await browser.ReadAsync("/nested"));
    }

    [Fact]
    public async Task Updates_with_an_update_within_them_of_many_requests_at_once_are_exact_and_end()
    {
        await using var app = await StartAsync(new FaultCache());
        var browser = await NewBrowserAsync(app);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => browser.Clone().ReadAsync("/nested")));

        // The inner one runs again with the outer one: it is a side effect of it.
        Assert.StartsWith("21 ", await browser.ReadAsync("/nested"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_whose_code_throws_changes_nothing_and_blocks_nobody()
    {
        await using var app = await StartAsync(new FaultCache());
        var browser = await NewBrowserAsync(app);
        Assert.Equal("1", await browser.ReadAsync("/add"));

        Assert.Equal("caught", await browser.ReadAsync("/throw"));

        Assert.Equal("2", await browser.ReadAsync("/add"));
    }

    [Fact]
    public async Task An_update_that_was_outrun_by_a_write_runs_again_with_the_new_value()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await NewBrowserAsync(app);
        await browser.ReadAsync("/add");

        // The update has loaded 1; before it is checked, a write stores 10.
        var gate = cache.Hold(CacheOperation.Get, after: true);
        var update = browser.Clone().ReadAsync("/add");
        await gate.Reached;
        Assert.Equal("10", await browser.Clone().ReadAsync("/ten"));
        gate.Open();

        Assert.Equal("11", await update);
    }

    [Fact]
    public async Task What_an_update_saved_stays_though_the_handler_throws_later()
    {
        await using var app = await StartAsync(new FaultCache());
        var browser = await NewBrowserAsync(app);

        using (var response = await browser.GetAsync("/add-and-throw"))
        {
            Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        }

        Assert.Equal("2", await browser.ReadAsync("/add"));
    }

    [Fact]
    public async Task An_update_saves_what_the_request_changed_before_it()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = await NewBrowserAsync(app);

        Assert.Equal("6", await browser.ReadAsync("/set-and-add"));
        Assert.Equal("7", await browser.ReadAsync("/add"));
    }

    private static Task<App> StartAsync(FaultCache cache) => App.StartAsync(
        app =>
        {
            app.MapGet("/begin", (ISessionManager session) => $"{session.StoreValue("begun", true)}");
            app.MapGet("/add", async (ISessionManager session) => Text(await session.UpdateValueAsync<int>("n", Increment)));
            app.MapGet("/ten", (ISessionManager session) =>
            {
                session.StoreValue("n", 10);
                return "10";
            });
            app.MapGet("/set-and-add", async (ISessionManager session) =>
            {
                session.StoreValue("n", 5);
                return Text(await session.UpdateValueAsync<int>("n", Increment));
            });
            app.MapGet("/nested", async (ISessionManager session) =>
            {
                var inner = 0;
                var outer = await session.UpdateValueAsync<int>("outer", value =>
                {
                    inner = session.UpdateValueAsync<int>("inner", Increment).AsTask().GetAwaiter().GetResult();
                    return value + 1;
                });
                return $"{outer} {inner}";
            });
            app.MapGet("/throw", async (ISessionManager session) =>
            {
                try
                {
                    await session.UpdateValueAsync<int>("n", _ => throw new FormatException("No."));
                    return "nothing thrown";
                }
                catch (FormatException)
                {
                    return "caught";
                }
            });
            app.MapGet("/add-and-throw", async (ISessionManager session) =>
            {
                await session.UpdateValueAsync<int>("n", Increment);
                throw new FormatException("No.");
            });
        },
        new AppOptions { Cache = cache, Before = app => app.UseExceptionHandler(error => error.Run(_ => Task.CompletedTask)) });

    private static async Task<Browser> NewBrowserAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.ReadAsync("/begin");
        return browser;
    }

    private static int Increment(int value) => value + 1;

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
