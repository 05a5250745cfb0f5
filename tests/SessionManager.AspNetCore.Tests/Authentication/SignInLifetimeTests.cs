using System.Net;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>"Remember me": how long one sign-in lasts, asked for by <c>SetUserId</c> or by the properties of
/// <c>SignInAsync</c>.</summary>
public sealed partial class SignInLifetimeTests
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    public static TheoryData<string> Ways => ["/by-id", "/by-scheme"];

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_persistent_session_outlives_the_browser_and_the_idle_timeout(string way)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        await browser.DoAsync($"{way}?persistent=true");

        Assert.Equal((int)TimeSpan.FromDays(30).TotalSeconds, MaxAgeOf(browser));
        app.Clock.Advance(13 * Day);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        app.Clock.Advance(13 * Day);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.Contains("\"isPersistent\":true", await browser.ReadAsync("/info"), StringComparison.Ordinal);
        app.Clock.Advance(4 * Day);
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
        Assert.Equal("Expired", await browser.ReadAsync("/end"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task A_persistent_session_that_nobody_uses_ends_after_its_idle_timeout(string way)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync($"{way}?persistent=true");

        app.Clock.Advance(TimeSpan.FromDays(14) - TimeSpan.FromSeconds(1));
        var other = browser.Clone();
        Assert.Equal("alice", await other.ReadAsync("/me"));
        app.Clock.Advance(TimeSpan.FromDays(14));

        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Otherwise_the_cookie_ends_with_the_browser(string way)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        await browser.DoAsync(way);

        Assert.Null(MaxAgeOf(browser));
        Assert.Contains("\"isPersistent\":false", await browser.ReadAsync("/info"), StringComparison.Ordinal);
        app.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task Each_cookie_of_a_persistent_session_lasts_to_its_absolute_end()
    {
        await using var app = await StartAsync(options => options.TokenRotationInterval = TimeSpan.FromHours(23));
        var browser = app.NewBrowser();
        await browser.DoAsync("/by-id?persistent=true");

        app.Clock.Advance(10 * Day);
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        Assert.Equal((int)(20 * Day).TotalSeconds, MaxAgeOf(browser));
        await browser.DoAsync("/rotate");
        Assert.Equal((int)(20 * Day).TotalSeconds, MaxAgeOf(browser));
        await browser.DoAsync("/by-id?persistent=true");
        Assert.Equal((int)(30 * Day).TotalSeconds, MaxAgeOf(browser));
        await browser.DoAsync("/by-id");
        Assert.Null(MaxAgeOf(browser));
    }

    [Fact]
    public async Task A_sign_out_ends_what_is_persistent_and_the_values_live_on_for_the_short_timeouts()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/by-id?persistent=true");
        await browser.DoAsync("/values/cart/three");
        app.Clock.Advance(5 * Day);

        await browser.DoAsync("/sign-out");

        Assert.Null(MaxAgeOf(browser));
        Assert.Equal(("nobody", "three"), (await browser.ReadAsync("/me"), await browser.ReadAsync("/values/cart")));
        app.Clock.Advance(TimeSpan.FromMinutes(20));
        Assert.Equal("nothing", await browser.ReadAsync("/values/cart"));
    }

    [Fact]
    public async Task An_expiry_is_an_upper_limit_that_no_use_moves()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/by-scheme?expires=120");

        for (var i = 0; i < 2; i++)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(59));
            Assert.Equal("alice", await browser.ReadAsync("/me"));
        }

        app.Clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("/by-id?sliding=false")]
    [InlineData("/by-scheme?sliding=false")]
    public async Task Without_sliding_the_idle_timeout_counts_from_the_sign_in(string path)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync(path);

        app.Clock.Advance(TimeSpan.FromMinutes(19));
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        app.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("nobody", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_short_idle_timeout_ends_what_is_not_used_and_not_what_is()
    {
        await using var app = await StartAsync();
        var used = app.NewBrowser();
        var unused = app.NewBrowser();
        await used.DoAsync("/by-id?idle=30");
        await unused.DoAsync("/by-id?idle=30");

        for (var i = 0; i < 5; i++)
        {
            app.Clock.Advance(TimeSpan.FromSeconds(20));
            Assert.Equal("alice", await used.ReadAsync("/me"));
        }

        Assert.Equal("nobody", await unused.ReadAsync("/me"));
    }

    [Theory]
    [InlineData("/by-id?idle=1201", "IdleTimeout")]
    [InlineData("/by-id?absolute=86401", "AbsoluteTimeout")]
    [InlineData("/by-id?persistent=true&idle=1209601", "PersistentIdleTimeout")]
    [InlineData("/by-id?persistent=true&absolute=2592001", "PersistentAbsoluteTimeout")]
    [InlineData("/by-id?idle=0", "IdleTimeout")]
    [InlineData("/by-id?absolute=-5", "AbsoluteTimeout")]
    [InlineData("/by-scheme?expires=86401", "AbsoluteTimeout")]
    [InlineData("/by-scheme?persistent=true&expires=2592001", "PersistentAbsoluteTimeout")]
    [InlineData("/by-scheme?expires=0", "ExpiresUtc")]
    [InlineData("/by-scheme?expires=-60", "ExpiresUtc")]
    public async Task More_than_the_options_allow_is_refused_at_the_call(string path, string setting)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        using var response = await browser.PostAsync(path);

        Assert.Equal(HttpStatusCode.InternalServerError, response.StatusCode);
        var error = await response.BodyAsync();
        Assert.Contains(nameof(ArgumentOutOfRangeException), error, StringComparison.Ordinal);
        Assert.Contains(setting, error, StringComparison.Ordinal);
        Assert.Empty(browser.LastSetCookies);
    }

    [Theory]
    [InlineData("/by-id?idle=1200&absolute=86400")]
    [InlineData("/by-id?persistent=true&idle=1209600&absolute=2592000")]
    [InlineData("/by-scheme?expires=86400")]
    [InlineData("/by-scheme?persistent=true&expires=2592000")]
    public async Task All_that_the_options_allow_is_granted(string path)
    {
        await using var app = await StartAsync();

        await app.NewBrowser().DoAsync(path);
    }

    [Fact]
    public async Task Lowered_options_end_the_sessions_that_are_there()
    {
        var cache = new FaultCache();
        string? token;
        await using (var before = await StartAsync(cache: cache))
        {
            var browser = before.NewBrowser();
            await browser.DoAsync("/by-id?persistent=true");
            token = browser.Token;
        }

        await using var after = await StartAsync(options => options.PersistentIdleTimeout = TimeSpan.FromHours(1), cache);
        after.Clock.Advance(TimeSpan.FromHours(1));
        var same = after.NewBrowser();
        same.Token = token;

        Assert.Equal("nobody", await same.ReadAsync("/me"));
    }

    [Fact]
    public async Task The_properties_tell_what_was_asked_for()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        await browser.DoAsync("/by-id?persistent=true&absolute=3600");
        Assert.Equal("True 04:04", await browser.ReadAsync("/properties"));
        await browser.DoAsync("/by-scheme?persistent=true&expires=7200");
        Assert.Equal("True 05:04", await browser.ReadAsync("/properties"));
        await browser.DoAsync("/by-id");
        Assert.Equal("False 03:24", await browser.ReadAsync("/properties"));
    }

    [Theory]
    [InlineData("/by-id", 40)]
    [InlineData("/by-id?persistent=true", (14 * 24 * 60) + 20)]
    [InlineData("/by-id?idle=300", 25)]
    [InlineData("/by-scheme?persistent=true&expires=3600", 80)]
    public async Task The_store_keeps_the_session_as_long_as_it_may_live_and_the_grace(string path, int minutes)
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache: cache);
        var browser = app.NewBrowser();

        await browser.DoAsync(path);
        AssertKept();
        await browser.DoAsync("/values/cart/three");
        AssertKept();
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal("alice", await browser.ReadAsync("/me"));
        minutes -= minutes == 80 ? 2 : 0;
        AssertKept();

        void AssertKept() => Assert.Equal(
            TimeSpan.FromMinutes(minutes),
            Assert.Single(cache.Entries, entry => !entry.Key.Contains(":sessions:", StringComparison.Ordinal)).Value.Options.AbsoluteExpirationRelativeToNow);
    }

    [Fact]
    public async Task The_users_list_is_kept_as_long_as_the_longest_of_the_sessions_on_it()
    {
        var cache = new FaultCache();
        await using var app = await StartAsync(cache: cache);

        await app.NewBrowser().DoAsync("/by-id?persistent=true");
        await app.NewBrowser().DoAsync("/by-id");

        var list = Assert.Single(cache.Entries, entry => entry.Key.Contains(":sessions:", StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromDays(30 + 14) + TimeSpan.FromMinutes(20), list.Value.Options.AbsoluteExpirationRelativeToNow);
    }

    [Fact]
    public async Task A_session_with_times_of_its_own_is_counted_by_those()
    {
        await using var app = await StartAsync();
        await app.NewBrowser().DoAsync("/by-id?persistent=true");
        await app.NewBrowser().DoAsync("/by-id?idle=120");
        await app.NewBrowser().DoAsync("/by-id");
        var directory = app.Services.GetRequiredService<ISessionDirectory>();

        app.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(2, directory.Count()!.SignedIn);
        app.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(1, directory.Count()!.SignedIn);
        app.Clock.Advance(TimeSpan.FromDays(13));
        Assert.Equal(1, directory.Count()!.SignedIn);
        app.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(0, directory.Count()!.SignedIn);
    }

    [Fact]
    public async Task Somebody_who_comes_back_finds_the_values_and_the_directory_finds_the_session()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/by-id?persistent=true");
        await browser.DoAsync("/values/cart/three");

        app.Clock.Advance(13 * Day);

        Assert.Contains("\"isPersistent\":true", await app.NewBrowser().ReadAsync("/of/alice"), StringComparison.Ordinal);
        Assert.Equal("three", await browser.ReadAsync("/values/cart"));
    }

    private static int? MaxAgeOf(Browser browser)
    {
        var cookie = Assert.Single(browser.LastSetCookies);
        return MaxAge().Match(cookie) is { Success: true } match ? int.Parse(match.Groups[1].Value, null) : null;
    }

    [GeneratedRegex("; max-age=([0-9]+)", RegexOptions.IgnoreCase)]
    private static partial Regex MaxAge();

    private static Task<App> StartAsync(Action<SessionManagerOptions>? session = null, FaultCache? cache = null) => AuthenticationApp.StartAsync(
        session: session,
        cache: cache,
        map: app =>
        {
            app.MapPost("/by-id", (ISessionManager session, bool? persistent, int? idle, int? absolute, bool? sliding) => session.SetUserId("alice", new SessionSignInOptions
            {
                IsPersistent = persistent ?? false,
                IdleTimeout = idle is { } ? TimeSpan.FromSeconds(idle.Value) : null,
                AbsoluteTimeout = absolute is { } ? TimeSpan.FromSeconds(absolute.Value) : null,
                SlidingExpiration = sliding ?? true,
            }));
            app.MapPost("/by-scheme", (HttpContext context, TimeProvider time, bool? persistent, int? expires, bool? sliding) => context.SignInAsync(
                AuthenticationApp.PrincipalOf("alice", "user"),
                new AuthenticationProperties
                {
                    IsPersistent = persistent ?? false,
                    ExpiresUtc = expires is { } ? time.GetUtcNow().AddSeconds(expires.Value) : null,
                    AllowRefresh = sliding,
                }));
            app.MapGet("/properties", async (HttpContext context) =>
            {
                var properties = (await context.AuthenticateAsync()).Properties!;
                await context.Response.WriteAsync($"{properties.IsPersistent} {properties.ExpiresUtc:HH:mm}");
            });
            app.MapGet("/of/{user}", (ISessionDirectory directory, string user) => directory.FindByUserAsync(user));
        });
}
