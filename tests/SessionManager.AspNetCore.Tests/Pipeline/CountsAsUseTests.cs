using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Which requests keep a session alive: not those that nobody made, and not those that say so.</summary>
public sealed class CountsAsUseTests
{
    private const int CountsAsUseFailed = 43;

    private static readonly TimeSpan Most = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(6);

    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData("Sec-Purpose", "prefetch")]
    [InlineData("Sec-Purpose", "prefetch;prerender")]
    [InlineData("Sec-Purpose", "prefetch;anonymous-client-ip")]
    [InlineData("sec-purpose", "other, Prefetch ; prerender")]
    [InlineData("Purpose", "prefetch")]
    [InlineData("X-Purpose", "prefetch")]
    [InlineData("X-moz", "prefetch")]
    public async Task A_prefetch_is_no_use_of_the_session(string header, string value)
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        app.Clock.Advance(Most);
        var sets = _cache.Sets;

        Assert.Equal("alice", await ReadAsync(browser, "/me", header, value));
        Assert.Equal("alice", await ReadAsync(browser, "/plain-commit", header, value));

        Assert.Equal(sets, _cache.Sets);
        app.Clock.Advance(Rest);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("Sec-Purpose", "")]
    [InlineData("Sec-Purpose", "no-prefetch")]
    [InlineData("Purpose", "x;prefetch")]
    [InlineData("Sec-Fetch-Mode", "navigate")]
    public async Task Any_other_request_is_use(string header, string value)
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        app.Clock.Advance(Most);

        await ReadAsync(browser, "/me", header, value);

        app.Clock.Advance(Rest);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task What_a_prefetch_changes_is_saved_and_keeps_no_session_alive()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        app.Clock.Advance(Most);

        using (var response = await SendAsync(browser, HttpMethod.Post, "/values/fruit/pear", "Sec-Purpose", "prefetch"))
        {
            response.EnsureSuccessStatusCode();
            await response.BodyAsync();
        }

        Assert.Equal("pear", await ReadAsync(browser, "/values/fruit", "Sec-Purpose", "prefetch"));
        app.Clock.Advance(Rest);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("/skip/read")]
    [InlineData("/skip/store")]
    [InlineData("/skip/commit")]
    [InlineData("/skip/update")]
    [InlineData("/skip/long")]
    [InlineData("/skip/stream")]
    public async Task A_request_that_skips_the_touch_moves_the_last_use_neither_by_a_change_nor_by_a_commit_nor_by_its_end(string path)
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app);
        var seen = app.Clock.GetUtcNow();
        app.Clock.Advance(Most);

        Assert.Equal($"{seen:O}", await browser.ReadAsync(path));

        app.Clock.Advance(Rest);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("/sign-in/alice", "prefetch")]
    [InlineData("/skip-and-sign-in", null)]
    [InlineData("/polled-sign-in", null)]
    public async Task A_sign_in_is_a_use_whatever_else_the_request_is(string path, string? purpose)
    {
        await using var app = await App.StartAsync(app =>
        {
            app.MapSession();
            app.MapPost("/skip-and-sign-in", (ISessionManager session) =>
            {
                session.SkipTouch();
                session.SetUserId("alice");
            });
            app.MapPost("/polled-sign-in", (ISessionManager session) => session.SetUserId("alice"))
                .WithMetadata(new SessionAttribute { Touch = false });
        });
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");
        app.Clock.Advance(Most);
        var request = new HttpRequestMessage(HttpMethod.Post, path);
        if (purpose is not null)
        {
            request.Headers.Add("Sec-Purpose", purpose);
        }

        using (var response = await browser.SendAsync(request))
        {
            response.EnsureSuccessStatusCode();
            await response.BodyAsync();
        }

        app.Clock.Advance(Rest);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task The_touch_can_be_skipped_before_the_session_is_loaded_and_not_where_there_is_none()
    {
        await using var app = await StartAsync(options => options.LoadMode = LoadMode.OnDemand);
        var browser = app.NewBrowser();
        await PostAsync(browser, "/on-demand/alice");
        app.Clock.Advance(Most);

        Assert.Equal("alice", await browser.ReadAsync("/on-demand"));
        Assert.Contains("'Disabled'", await browser.ReadAsync("/disabled"), StringComparison.Ordinal);

        app.Clock.Advance(Rest);
        Assert.Equal("nobody", await browser.ReadAsync("/on-demand"));
    }

    [Fact]
    public async Task What_counts_as_use_is_the_applications_to_say()
    {
        var asked = 0;
        await using var app = await StartAsync(options => options.CountsAsUse = context =>
        {
            asked++;
            return context.Request.Path != "/id";
        });
        var browser = await SignInAsync(app);
        app.Clock.Advance(Most);
        asked = 0;
        await browser.ReadAsync("/id");
        Assert.Equal(1, asked);

        await ReadAsync(browser, "/me", "Sec-Purpose", "prefetch");
        app.Clock.Advance(Most);
        await browser.ReadAsync("/id");
        app.Clock.Advance(Rest);

        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_fault_in_what_counts_as_use_is_logged_and_the_request_counts()
    {
        await using var app = await StartAsync(options => options.CountsAsUse = _ => throw new InvalidOperationException("broken"));
        var browser = await SignInAsync(app);
        var logged = app.Logs.CountOf(CountsAsUseFailed);
        app.Clock.Advance(Most);

        Assert.Equal("alice", await browser.ReadAsync("/me"));

        Assert.Equal(logged + 1, app.Logs.CountOf(CountsAsUseFailed));
        app.Clock.Advance(Rest);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task Nothing_that_says_what_counts_as_use_stops_the_start()
    {
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(options => options.CountsAsUse = null!));

        Assert.Contains("CountsAsUse", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prefetch_takes_no_value_and_saves_nothing()
    {
        // By what the request says of itself, whatever counts as use.
        await using var app = await StartAsync(options => options.CountsAsUse = _ => true);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");
        var sets = _cache.Sets;

        Assert.Equal("nothing", await ReadAsync(browser, "/take", "Sec-Purpose", "prefetch;prerender"));
        Assert.Equal(sets, _cache.Sets);

        Assert.Equal("apple", await browser.ReadAsync("/take"));
        Assert.Equal("nothing", await browser.ReadAsync("/take"));
    }

    private static async Task<string> ReadAsync(Browser browser, string path, string header, string value)
    {
        using var response = await SendAsync(browser, HttpMethod.Get, path, header, value);
        response.EnsureSuccessStatusCode();
        return await response.BodyAsync();
    }

    private static Task<HttpResponseMessage> SendAsync(Browser browser, HttpMethod method, string path, string header, string value)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.TryAddWithoutValidation(header, value);
        return browser.SendAsync(request);
    }

    // To its end: before that the request may still be touching the session when the clock goes on.
    private static async Task PostAsync(Browser browser, string path)
    {
        using var response = await browser.PostAsync(path);
        response.EnsureSuccessStatusCode();
        await response.BodyAsync();
    }

    private static async Task<Browser> SignInAsync(App app)
    {
        var browser = app.NewBrowser();
        await PostAsync(browser, "/sign-in/alice");
        return browser;
    }

    private Task<App> StartAsync(Action<SessionManagerOptions>? session = null) => App.StartAsync(Map, new AppOptions { Cache = _cache, Session = session });

    private static void Map(WebApplication app)
    {
        app.MapSession();
        app.MapGet("/plain-commit", async (ISessionManager session) =>
        {
            await session.CommitAsync();
            return session.GetUserId();
        });
        app.MapGet("/take", async (ISessionManager session) => await session.TakeValueAsync<string>("fruit") ?? "nothing");
        app.MapGet("/skip/{how}", SkipAsync);
        app.MapPost("/on-demand/{user}", async (ISessionManager session, string user) =>
        {
            await session.LoadAsync();
            session.SetUserId(user);
        });
        app.MapGet("/on-demand", async (ISessionManager session) =>
        {
            session.SkipTouch();
            await session.LoadAsync();
            return session.GetUserId() ?? "nobody";
        });
        app.MapGet("/disabled", (ISessionManager session) => Record.Exception(session.SkipTouch)!.Message).WithSession(SessionMode.Disabled);

        async Task SkipAsync(string how, ISessionManager session, HttpContext context)
        {
            session.SkipTouch();
            switch (how)
            {
                case "store":
                    session.StoreValue("fruit", "pear");
                    break;
                case "commit":
                    session.StoreValue("fruit", "pear");
                    await session.CommitAsync();
                    await session.CommitAsync();
                    break;
                case "update":
                    await session.UpdateValueAsync<int>("n", n => n + 1);
                    break;
                case "stream":
                    context.Response.ContentType = "text/event-stream";
                    await context.Response.Body.FlushAsync();
                    await session.CommitAsync();
                    break;
                case "long":
                    ((Microsoft.Extensions.Time.Testing.FakeTimeProvider)context.RequestServices.GetService(typeof(TimeProvider))!).Advance(TimeSpan.FromMinutes(1));
                    break;
            }

            await context.Response.WriteAsync($"{session.Info!.LastSeenAt:O}");
        }
    }
}
