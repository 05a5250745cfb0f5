using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>No cache, in the browser, on the way or in the server, keeps what belongs to one session.</summary>
public sealed class CachingTests
{
    [Fact]
    public async Task Responses_that_set_or_clear_the_cookie_or_show_a_user_are_not_to_be_stored()
    {
        await using var app = await App.StartAsync(MapAll);
        var browser = app.NewBrowser();

        Assert.Equal("no-store", await CacheControlAsync(browser.PostAsync("/values/fruit/apple")));
        Assert.Equal("no-store", await CacheControlAsync(browser.PostAsync("/sign-in/alice")));
        Assert.Equal("no-store", await CacheControlAsync(browser.GetAsync("/me")));
        Assert.Equal("no-store", await CacheControlAsync(browser.GetAsync("/values/fruit")));
        Assert.Equal("no-store", await CacheControlAsync(browser.PostAsync("/values/fruit/pear")));
        Assert.Equal("no-store", await CacheControlAsync(browser.PostAsync("/rotate")));
        Assert.Equal("no-store", await CacheControlAsync(browser.GetAsync("/legacy")));
        Assert.Equal("no-store", await CacheControlAsync(browser.PostAsync("/sign-out")));
        Assert.Equal("no-store", await CacheControlAsync(browser.PostAsync("/destroy")));
    }

    [Fact]
    public async Task Responses_of_nobody_and_responses_that_leave_the_session_alone_say_nothing_about_caching()
    {
        await using var app = await App.StartAsync(MapAll);
        var browser = app.NewBrowser();

        Assert.Null(await CacheControlAsync(browser.GetAsync("/me")));
        Assert.Null(await CacheControlAsync(browser.GetAsync("/plain")));
        await browser.DoAsync("/values/fruit/apple");
        Assert.Null(await CacheControlAsync(browser.GetAsync("/values/fruit")));
        await browser.DoAsync("/sign-in/alice");
        Assert.Null(await CacheControlAsync(browser.GetAsync("/plain")));
    }

    [Fact]
    public async Task What_the_application_says_about_caching_stays()
    {
        await using var app = await App.StartAsync(app =>
        {
            MapAll(app);
            app.MapGet("/chosen", (HttpContext context, ISessionManager session) =>
            {
                session.SetUserId("alice");
                context.Response.Headers.CacheControl = "private, max-age=5";
            });
        });

        Assert.Equal("max-age=5, private", await CacheControlAsync(app.NewBrowser().GetAsync("/chosen")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_output_cache_keeps_what_does_not_use_the_session(bool before)
    {
        await using var app = await StartWithOutputCacheAsync(before);
        var (alice, bob) = (await SignInAsync(app, "alice"), await SignInAsync(app, "bob"));

        Assert.Equal(await alice.ReadAsync("/cached/shared"), await bob.ReadAsync("/cached/shared"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_output_cache_never_shows_one_users_page_to_another(bool before)
    {
        await using var app = await StartWithOutputCacheAsync(before);
        var (alice, bob, nobody) = (await SignInAsync(app, "alice"), await SignInAsync(app, "bob"), app.NewBrowser());

        foreach (var path in new[] { "/cached/me", "/cached/value", "/cached/legacy", "/cached/key", "/cached/id", "/cached/empty" })
        {
            var pages = new List<string> { await PageAsync(alice, path), await PageAsync(bob, path), await PageAsync(nobody, path) };
            Assert.Equal(3, pages.Distinct(StringComparer.Ordinal).Count());
            Assert.Equal(pages[0], await PageAsync(alice, path));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_output_cache_never_shows_one_users_page_to_another_that_waits_for_it(bool before)
    {
        var gate = new Gate();
        await using var app = await StartWithOutputCacheAsync(before, gate);
        var (alice, bob) = (await SignInAsync(app, "alice"), await SignInAsync(app, "bob"));

        var first = alice.ReadAsync("/cached/held");
        await gate.Reached;
        var second = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => bob.Clone().ReadAsync("/cached/held")));
        gate.Open();

        Assert.Equal("alice", await first);
        Assert.All(await second, page => Assert.Equal("bob", page));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_output_cache_keeps_no_page_of_a_session_that_a_middleware_has_read_before(bool before)
    {
        await using var app = await StartWithOutputCacheAsync(before, reader: (context, next) =>
        {
            _ = context.RequestServices.GetRequiredService<ISessionManager>().IsAuthenticated;
            return next(context);
        });
        var (alice, bob) = (await SignInAsync(app, "alice"), await SignInAsync(app, "bob"));

        Assert.Equal("alice", await alice.ReadAsync("/cached/me"));
        Assert.Equal("bob", await bob.ReadAsync("/cached/me"));
    }

    private static void MapAll(WebApplication app)
    {
        app.MapSession();
        app.MapGet("/legacy", (HttpContext context) => context.Session.GetString("fruit"));
    }

    private static async Task<Browser> SignInAsync(App app, string user)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync($"/values/name/{user}");
        await browser.DoAsync($"/values/{user}/1");
        await browser.DoAsync($"/sign-in/{user}");
        return browser;
    }

    private static Task<App> StartWithOutputCacheAsync(
        bool before, Gate? gate = null, Func<HttpContext, RequestDelegate, Task>? reader = null) => App.StartAsync(
        app =>
        {
            if (reader is not null)
            {
                app.Use(reader);
            }

            if (!before)
            {
                app.UseOutputCache();
            }

            app.MapSession();
            var cached = app.MapGroup("/cached").CacheOutput();
            var renderings = 0;
            cached.MapGet("/shared", () => Interlocked.Increment(ref renderings));
            cached.MapGet("/me", (ISessionManager session) => session.GetUserId() ?? "nobody");
            cached.MapGet("/value", (ISessionManager session) => session.GetValue<string>("name") ?? "nothing");
            cached.MapGet("/legacy", (HttpContext context) => context.Session.GetString("name") ?? "nothing");
            cached.MapGet("/key", (ISessionManager session) => string.Join(',', session.Keys.Order(StringComparer.Ordinal)));
            cached.MapGet("/id", (ISessionManager session) => session.Info?.SessionId ?? "none");
            cached.MapGet("/empty", (HttpContext context, ISessionManager session) =>
            {
                context.Response.Headers["X-User"] = session.GetUserId() ?? "nobody";
            });
            cached.MapGet("/held", async (ISessionManager session) =>
            {
                var user = session.GetUserId();
                await (string.Equals(user, "alice", StringComparison.Ordinal) ? gate!.PassAsync() : Task.CompletedTask);
                return user;
            });
        },
        new AppOptions
        {
            Services = services => services.AddOutputCache(),
            Before = app => _ = before ? app.UseOutputCache() : app,
        });

    private static async Task<string> PageAsync(Browser browser, string path)
    {
        using var response = await browser.GetAsync(path);
        response.EnsureSuccessStatusCode();
        return string.Join(' ', await response.BodyAsync(), response.Headers.TryGetValues("X-User", out var user) ? string.Concat(user) : "");
    }

    private static async Task<string?> CacheControlAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        response.EnsureSuccessStatusCode();
        return response.Headers.CacheControl?.ToString();
    }
}
