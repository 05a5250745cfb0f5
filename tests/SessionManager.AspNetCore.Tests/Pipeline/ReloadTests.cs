using System.Net;
using Microsoft.AspNetCore.Builder;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>What a reload and a second load leave of the limits, of the store's failure and of what is called afterwards.</summary>
public sealed class ReloadTests
{
    private readonly FaultCache _cache = new();

    [Fact]
    public async Task The_limit_of_keys_counts_what_others_have_stored()
    {
        Browser? other = null;
        await using var app = await StartAsync(
            async session =>
            {
                session.StoreValue("mine", "1");
                await other!.DoAsync("/values/a/1");
                await other!.DoAsync("/values/b/1");
                await session.ReloadAsync();
                session.StoreValue("c", "1");
                Assert.Throws<SessionValueException>(() => session.StoreValue("d", "1"));
            },
            options => options.MaxKeys = 5);
        other = await BegunAsync(app);

        await other.Clone().DoAsync("/step");

        Assert.Equal("1", await other.ReadAsync("/values/c"));
    }

    [Fact]
    public async Task The_limit_of_bytes_counts_what_others_have_stored()
    {
        Browser? other = null;
        await using var app = await StartAsync(
            async session =>
            {
                session.StoreValue("mine", "1");
                await other!.DoAsync($"/values/a/{new string('x', 150)}");
                await session.ReloadAsync();
                Assert.Throws<SessionValueException>(() => session.StoreValue("b", new string('x', 150)));
                session.StoreValue("c", "1");
            },
            options => (options.MaxSessionBytes, options.MaxValueBytes) = (256, 200));
        other = await BegunAsync(app);

        await other.Clone().DoAsync("/step");

        Assert.Equal("1", await other.ReadAsync("/values/c"));
    }

    [Fact]
    public async Task It_loads_what_could_not_be_loaded_where_an_empty_session_stands_in()
    {
        await using var app = await StartAsync(
            async session =>
            {
                Assert.Null(session.GetValue<string>("kept"));
                await session.ReloadAsync();
                Assert.Equal("x", session.GetValue<string>("kept"));
                session.StoreValue("mine", "1");
            },
            options => options.StoreFailureMode = StoreFailureMode.Anonymous);
        var browser = await BegunAsync(app);
        _cache.Plan(CacheOperation.Get, CacheFault.Fail);

        await browser.DoAsync("/step");

        Assert.Equal("1", await browser.ReadAsync("/values/mine"));
    }

    [Fact]
    public async Task It_reports_that_the_absolute_limit_has_passed()
    {
        App? running = null;
        await using var app = await StartAsync(async session =>
        {
            running!.Clock.Advance(TimeSpan.FromHours(24));
            Assert.Equal("x", session.GetValue<string>("kept"));
            await session.ReloadAsync();
            Assert.Equal((null, SessionEndReason.Expired), (session.GetValue<string>("kept"), session.PreviousSessionEnd));
        });
        running = app;
        var browser = await BegunAsync(app);

        await browser.DoAsync("/step");
    }

    [Fact]
    public async Task Of_two_loads_at_once_the_later_one_does_not_undo_what_was_saved_meanwhile()
    {
        await using var app = await StartAsync(
            async session =>
            {
                var gate = _cache.Hold(CacheOperation.Get, after: true);
                var slow = session.LoadAsync();
                await gate.Reached;
                await session.LoadAsync();
                session.StoreValue("kept", "changed");
                await session.CommitAsync();
                Assert.Equal("changed", session.GetValue<string>("kept"));
                gate.Open();
                await slow;
                Assert.Equal("changed", session.GetValue<string>("kept"));
            },
            options => options.LoadMode = LoadMode.OnDemand);
        var browser = await BegunAsync(app);

        await browser.DoAsync("/step");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_destroy_after_it_found_an_end_drops_all_that_was_changed(bool signsIn)
    {
        Browser? other = null;
        await using var app = await StartAsync(async session =>
        {
            session.StoreValue("mine", "1");
            await other!.DoAsync("/destroy");
            await session.ReloadAsync();
            if (signsIn)
            {
                session.SetUserId("ann");
                Assert.Equal("ann", session.Info?.UserId);
            }

            session.DestroySession();
            Assert.Equal((null, 0), (session.GetUserId(), session.Keys.Count));
        });
        other = await BegunAsync(app);
        var browser = other.Clone();

        Assert.Equal(HttpStatusCode.OK, (await browser.PostAsync("/step")).StatusCode);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_value_stored_after_that_destroy_begins_a_session()
    {
        Browser? other = null;
        await using var app = await StartAsync(async session =>
        {
            session.StoreValue("mine", "1");
            await other!.DoAsync("/destroy");
            await session.ReloadAsync();
            session.DestroySession();
            session.StoreValue("fresh", "2");
        });
        other = await BegunAsync(app);
        var browser = other.Clone();

        await browser.DoAsync("/step");

        Assert.Equal("2", await browser.ReadAsync("/values/fresh"));
        Assert.Equal("nothing", await browser.ReadAsync("/values/mine"));
    }

    private static async Task<Browser> BegunAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/kept/x");
        return browser;
    }

    private Task<App> StartAsync(Func<ISessionManager, Task> step, Action<SessionManagerOptions>? options = null) => App.StartAsync(
        app =>
        {
            app.Use(async (context, next) =>
            {
                if (context.Request.Path != "/step")
                {
                    await context.Session.LoadAsync();
                }

                await next(context);
            });
            app.MapSession();
            app.MapPost("/step", step);
        },
        new AppOptions { Cache = _cache, Session = options });
}
