using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>Whatever a client sends as our cookie: no session, no error, no cookie back, and no store call unless it is well-formed.</summary>
public sealed class CookieReadingTests
{
    private const int CookieRejected = 10;
    private const int RecordMissing = 11;

    [Theory]
    [InlineData("")]
    [InlineData("{short}")]
    [InlineData("{token}A")]
    [InlineData("{head}+{tail}")]
    [InlineData("{head}/{tail}")]
    [InlineData("{head}={tail}")]
    [InlineData("{head}%{tail}")]
    [InlineData("{head} {tail}")]
    [InlineData("{head}\t{tail}")]
    [InlineData("{short} {last}")]
    [InlineData("{token}=")]
    [InlineData("={token}")]
    [InlineData("{short}{non-canonical}")]
    [InlineData("%00")]
    [InlineData("{token}%00")]
    [InlineData("{token}%0d%0a")]
    [InlineData("%0d%0a{token}")]
    [InlineData("{escaped}")]
    [InlineData("{fully-escaped}")]
    [InlineData("\"{token}\"")]
    [InlineData("'{token}'")]
    [InlineData("{token},{token}")]
    [InlineData("{token}\u00e9")]
    [InlineData("{id}")]
    [InlineData("{hex}")]
    [InlineData("{key}")]
    [InlineData("{100 KB}")]
    public async Task An_ill_formed_cookie_is_no_session(string template)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var (token, id) = await SignInAsync(app);
        var calls = cache.Calls;

        await AssertRefusedAsync(app, SessionEndReason.Invalid, [$"sid={Fill(template, token, id)}"]);

        Assert.Equal(calls, cache.Calls);
        Assert.Equal(1, app.Logs.CountOf(CookieRejected));
    }

    [Theory]
    [InlineData("SID={token}")]
    [InlineData("Sid={token}")]
    [InlineData("sid ={token}")]
    [InlineData("sid")]
    [InlineData("sid{token}")]
    [InlineData("xsid={token}")]
    [InlineData("sid2={token}; __Host-sid={token}")]
    [InlineData("a=sid={token}")]
    [InlineData(";;; ; =;=")]
    public async Task A_cookie_of_another_name_is_not_ours(string template)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var (token, id) = await SignInAsync(app);
        var calls = cache.Calls;

        await AssertRefusedAsync(app, null, [Fill(template, token, id)]);

        Assert.Equal(calls, cache.Calls);
        Assert.Equal(0, app.Logs.CountOf(CookieRejected));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_cookies_that_both_open_a_session_are_no_session(bool inOneHeader)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var (mine, _) = await SignInAsync(app);
        var (planted, _) = await SignInAsync(app);

        await AssertRefusedAsync(app, SessionEndReason.Invalid, inOneHeader ? [$"sid={mine}; sid={planted}"] : [$"sid={mine}", $"sid={planted}"]);

        var rejected = Assert.Single(app.Logs.Ours, entry => entry.EventId == CookieRejected);
        Assert.Contains("Ambiguous", rejected.Message, StringComparison.Ordinal);
        Assert.Contains("rename Cookie.Name", rejected.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sid={token}; sid=")]
    [InlineData("sid=; sid={token}")]
    [InlineData("sid={token}; sid=x")]
    public async Task A_live_token_beside_an_ill_formed_one_is_taken_with_one_look_up(string template)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var (token, id) = await SignInAsync(app);
        var gets = cache.Gets;

        using var response = await app.NewBrowser().GetWithCookiesAsync("/all", Fill(template, token, id));

        Assert.Equal("alice apple none", await response.BodyAsync());
        Assert.Equal(gets + 1, cache.Gets);
        Assert.Contains("Expire the other cookies", Assert.Single(app.Logs.Ours, entry => entry.EventId == 19).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_of_1900_duplicates_is_compared_too()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var (token, _) = await SignInAsync(app);
        var (planted, _) = await SignInAsync(app);
        var gets = cache.Gets;

        await AssertRefusedAsync(app, SessionEndReason.Invalid, [string.Join("; ", Enumerable.Repeat($"sid={token}", 1_899).Append($"sid={planted}"))]);

        Assert.Equal(gets + 2, cache.Gets);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1_900)]
    public async Task The_same_cookie_many_times_is_one_session_loaded_once(int times)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var (token, _) = await SignInAsync(app);
        var gets = cache.Gets;

        using var response = await app.NewBrowser().GetWithCookiesAsync("/all", string.Join("; ", Enumerable.Repeat($"sid={token}", times)));

        Assert.Equal("alice apple none", await response.BodyAsync());
        Assert.Equal(gets + 1, cache.Gets);
    }

    [Theory]
    [InlineData("sid={token}; ")]
    [InlineData("sid2=; ")]
    [InlineData("sid; ")]
    [InlineData(";")]
    public void A_header_of_1900_cookies_is_read_in_less_than_10_milliseconds(string each)
    {
        var cookie = new SessionCookie(Options.Create(new SessionManagerOptions { Cookie = { Name = "sid" } }), NullLogger<SessionCookie>.Instance);
        var token = SessionToken.NewFor(SessionToken.NewId()).Encode();
        var context = new DefaultHttpContext();
        context.Request.Headers.Cookie = string.Concat(Enumerable.Repeat(each.Replace("{token}", token, StringComparison.Ordinal), 1_900));

        // The quickest of many: what the machine does besides is not the reader's.
        var quickest = Enumerable.Range(0, 50).Min(run =>
        {
            var watch = Stopwatch.StartNew();
            cookie.Read(context, out _, out _);
            return watch.Elapsed;
        });

        Assert.InRange(quickest, TimeSpan.Zero, TimeSpan.FromMilliseconds(10));
    }

    [Theory]
    [InlineData("a=1; sid={token}; b=2")]
    [InlineData("xsid=1;sid={token};sidx=2")]
    [InlineData("SID=x; sid={token}")]
    [InlineData("  sid={token}  ")]
    [InlineData("sid; sid={token};")]
    public async Task A_live_token_among_other_cookies_is_found(string template)
    {
        await using var app = await StartAsync(new FaultCache());
        var (token, id) = await SignInAsync(app);

        using var response = await app.NewBrowser().GetWithCookiesAsync("/all", Fill(template, token, id));

        Assert.Equal("alice apple none", await response.BodyAsync());
    }

    [Fact]
    public async Task The_token_of_another_application_on_the_same_cache_opens_nothing()
    {
        var cache = new FaultCache();
        await using var other = await StartAsync(cache, "other:");
        await using var app = await StartAsync(cache, "ours:");
        var (token, _) = await SignInAsync(other);
        var (gets, sets) = (cache.Gets, cache.Sets);

        await AssertRefusedAsync(app, SessionEndReason.Invalid, [$"sid={token}"]);

        Assert.Equal((gets + 1, sets), (cache.Gets, cache.Sets));
        Assert.Equal(1, app.Logs.CountOf(RecordMissing));
    }

    [Fact]
    public async Task A_token_the_client_chose_is_never_adopted()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache);
        var browser = app.NewBrowser();
        const string Chosen = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        browser.Token = Chosen;

        await browser.DoAsync("/values/fruit/apple");

        Assert.NotEqual(Chosen[..21], browser.Token[..21]);
        Assert.NotEqual(Chosen[22..], browser.Token[22..]);
        Assert.DoesNotContain(cache.Entries.Keys, key => key.Contains(Guid.Empty.ToString("N"), StringComparison.Ordinal));
    }

    private static Task<App> StartAsync(FaultCache cache, string prefix = "session:") => App.StartAsync(
        app =>
        {
            app.MapSession();
            app.MapGet("/all", (ISessionManager session) =>
                $"{session.GetUserId() ?? "nobody"} {session.GetValue<string>("fruit") ?? "nothing"} {session.PreviousSessionEnd?.ToString() ?? "none"}");
        },
        new AppOptions { Cache = cache, Session = options => options.KeyPrefix = prefix });

    private static async Task<(string Token, string Id)> SignInAsync(App app)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/fruit/apple");
        await browser.DoAsync("/sign-in/alice");
        return (browser.Token!, await browser.ReadAsync("/id"));
    }

    private static async Task AssertRefusedAsync(App app, SessionEndReason? reason, string[] headers)
    {
        var browser = app.NewBrowser();
        using var response = await browser.GetWithCookiesAsync("/all", headers);
        response.EnsureSuccessStatusCode();
        Assert.Equal($"nobody nothing {reason?.ToString() ?? "none"}", await response.BodyAsync());
        Assert.Empty(browser.LastSetCookies);
    }

    private static string Fill(string template, string token, string id)
    {
        var hex = Guid.Parse(id).ToString("N");
        return template
            .Replace("{token}", token, StringComparison.Ordinal)
            .Replace("{short}", token[..^1], StringComparison.Ordinal)
            .Replace("{last}", token[^1..], StringComparison.Ordinal)
            .Replace("{head}", token[..21], StringComparison.Ordinal)
            .Replace("{tail}", token[22..], StringComparison.Ordinal)
            .Replace("{non-canonical}", ((char)(token[^1] + 1)).ToString(), StringComparison.Ordinal)
            .Replace("{escaped}", $"%{(int)token[0]:x2}{token[1..]}", StringComparison.Ordinal)
            .Replace("{fully-escaped}", string.Concat(token.Select(c => $"%{(int)c:X2}")), StringComparison.Ordinal)
            .Replace("{id}", id, StringComparison.Ordinal)
            .Replace("{hex}", hex, StringComparison.Ordinal)
            .Replace("{key}", "session:" + hex, StringComparison.Ordinal)
            .Replace("{100 KB}", new string('A', 100 * 1024), StringComparison.Ordinal);
    }
}
