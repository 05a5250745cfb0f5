using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Several cookies of our name: a path or a domain that changed in a release, another application's, or planted ones. The one that opens a
/// living session is taken, if exactly one of at most four does.</summary>
public sealed class SeveralCookiesTests
{
    private readonly FaultCache _cache = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_dead_cookie_in_front_or_behind_costs_nobody_the_session(bool deadFirst)
    {
        await using var app = await StartAsync();
        var (live, dead) = (await SignedInAsync(app), await EndedAsync(app));

        Assert.Equal("alice", await ReadAsync(app, "/me", deadFirst ? [dead, live] : [live, dead]));
    }

    [Fact]
    public async Task Who_brings_a_dead_cookie_beside_a_new_one_can_sign_in_and_out()
    {
        await using var app = await StartAsync();
        var (browser, dead) = (app.NewBrowser(), await EndedAsync(app));
        using var signedIn = await PostAsync(browser, "/sign-in/alice", [dead]);
        var token = browser.Token!;

        Assert.Equal("alice", await ReadAsync(app, "/me", [dead, token]));
        using var signedOut = await PostAsync(browser, "/destroy", [dead, token]);

        Assert.Equal("nobody", await ReadAsync(app, "/me", [token]));
        Assert.Equal("SignedOut", await ReadAsync(app, "/end", [token]));
    }

    [Fact]
    public async Task Of_the_old_and_the_new_token_of_one_session_the_new_one_is_taken()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var old = browser.Token!;
        await browser.DoAsync("/rotate");

        Assert.Equal("alice", await ReadAsync(app, "/me", [old, browser.Token!]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_tokens_that_both_open_one_session_are_that_session(bool nextFirst)
    {
        await using var app = await StartAsync(options => options.TokenRotationInterval = TimeSpan.FromMinutes(1));
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var current = browser.Token!;
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await browser.ReadAsync("/me");
        var next = browser.Token!;
        Assert.NotEqual(current, next);

        Assert.Equal("alice", await ReadAsync(app, "/me", nextFirst ? [next, current] : [current, next]));

        // The next one was seen, and is the current one from now on.
        app.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal("Replaced", await ReadAsync(app, "/end", [current]));
        Assert.Equal("alice", await ReadAsync(app, "/me", [next]));
    }

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    [InlineData(1_900, false)]
    public async Task More_than_four_candidates_are_not_looked_up(int dead, bool found)
    {
        await using var app = await StartAsync();
        var live = await SignedInAsync(app);
        var gets = _cache.Gets;

        var tokens = Enumerable.Range(0, dead).Select(_ => SessionToken.NewFor(SessionToken.NewId()).Encode()).Append(live);
        Assert.Equal(found ? "alice" : "nobody", await ReadAsync(app, "/me", tokens));

        Assert.InRange(_cache.Gets - gets, 0, found ? 4 : 0);
    }

    [Fact]
    public async Task None_that_opens_a_session_is_none()
    {
        await using var app = await StartAsync();
        var dead = new[] { await EndedAsync(app), await EndedAsync(app) };

        Assert.Equal("Invalid", await ReadAsync(app, "/end", dead));
        Assert.Equal(1, app.Logs.CountOf(10));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_that_open_sessions_of_different_users_are_none(bool aliceFirst)
    {
        await using var app = await StartAsync();
        var (alice, bob) = (await SignedInAsync(app), await SignedInAsync(app, "bob"));

        Assert.Equal("nobody", await ReadAsync(app, "/me", aliceFirst ? [alice, bob] : [bob, alice]));
        Assert.Equal(1, app.Logs.CountOf(10));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_whose_session_has_expired_is_dead(bool expiredFirst)
    {
        await using var app = await StartAsync();
        var expired = await SignedInAsync(app, "bob");
        app.Clock.Advance(TimeSpan.FromMinutes(21));
        var live = await SignedInAsync(app);

        Assert.Equal("alice", await ReadAsync(app, "/me", expiredFirst ? [expired, live] : [live, expired]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_store_that_can_not_say_it_of_one_is_503_though_the_other_one_lives(bool liveFirst)
    {
        await using var app = await StartAsync();
        var (live, dead) = (await SignedInAsync(app), await EndedAsync(app));
        _cache.Plan(CacheOperation.Get, CacheFault.Fail, after: liveFirst ? 1 : 0);

        using var response = await app.NewBrowser().GetWithCookiesAsync("/me", liveFirst ? $"sid={live}; sid={dead}" : $"sid={dead}; sid={live}");

        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    [Fact]
    public async Task A_store_that_can_not_say_which_one_lives_is_503_and_takes_none()
    {
        await using var app = await StartAsync();
        var (live, dead) = (await SignedInAsync(app), await EndedAsync(app));
        _cache.Plan(CacheOperation.Get, CacheFault.Fail, after: 1);

        using var response = await app.NewBrowser().GetWithCookiesAsync("/me", $"sid={live}; sid={dead}");

        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, response.StatusCode);
    }

    private static async Task<string> ReadAsync(App app, string path, IEnumerable<string> tokens)
    {
        using var response = await app.NewBrowser().GetWithCookiesAsync(path, string.Join("; ", tokens.Select(token => $"sid={token}")));
        return await response.BodyAsync();
    }

    private static Task<HttpResponseMessage> PostAsync(Browser browser, string path, IEnumerable<string> tokens)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", tokens.Select(token => $"sid={token}")));
        browser.Token = null;
        return browser.SendAsync(request);
    }

    private static async Task<string> SignedInAsync(App app, string user = "alice")
    {
        var browser = app.NewBrowser();
        await browser.DoAsync($"/sign-in/{user}");
        return browser.Token!;
    }

    private static async Task<string> EndedAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/bob");
        var token = browser.Token!;
        await browser.DoAsync("/destroy");
        return token;
    }

    private Task<App> StartAsync(Action<SessionManagerOptions>? session = null) =>
        App.StartAsync(app => app.MapSession(), new AppOptions { Cache = _cache, Session = session });
}
