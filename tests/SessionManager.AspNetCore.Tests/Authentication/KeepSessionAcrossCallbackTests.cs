using System.Net;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Net.Http.Headers;
using SessionManager.AspNetCore.Tests.Infrastructure;
using static SessionManager.AspNetCore.Tests.Authentication.CallbackApp;

namespace SessionManager.AspNetCore.Tests.Authentication;

/// <summary>A provider posts its answer from another site, so the browser sends the callback no Lax cookie.</summary>
public sealed class KeepSessionAcrossCallbackTests
{
    private const int Ignored = 56;
    private const int Refused = 44;

    public static TheoryData<string> Orders => ["default", "session first"];

    [Theory]
    [MemberData(nameof(Orders))]
    public async Task The_cart_is_there_after_the_sign_in_at_a_callback_that_is_posted_from_another_site(string order)
    {
        await using var app = await StartAsync(order);
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var (token, kept) = (browser.Token, await ChallengeAsync(browser));

        using var answer = await PostBackAsync(app, kept, "/callback?user=alice");

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        browser.Token = TokenOf(answer)!;
        Assert.Equal(("alice", "three"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/values/cart")));
        browser.Token = token;
        Assert.Equal("Replaced", await browser.ReadAsync("/end"));
        Assert.Contains($"{kept.Name}=; expires=Thu, 01 Jan 1970", string.Join('\n', answer.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_cookie_is_for_the_callback_alone_short_lived_and_has_nothing_of_the_token()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");

        var cookie = await ChallengeAsync(browser);

        Assert.Equal(("/callback", true, true, Microsoft.Net.Http.Headers.SameSiteMode.None, TimeSpan.FromMinutes(15)), (cookie.Path.Value, cookie.Secure, cookie.HttpOnly, cookie.SameSite, cookie.MaxAge));
        Assert.Equal(43, cookie.Value.Length);
        Assert.DoesNotContain(cookie.Value.Value![..8], browser.Token!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_begins_with_the_challenge_itself_is_kept_too()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();

        using var response = await browser.PostAsync("/store-and-challenge");

        using var answer = await PostBackAsync(app, CookieOf(response)!, "/callback?user=alice");
        browser.Token = TokenOf(answer);
        Assert.Equal("three", await browser.ReadAsync("/values/cart"));
    }

    [Fact]
    public async Task A_challenge_by_authorization_in_front_of_UseSessionManager_keeps_it_too()
    {
        await using var app = await StartAsync(services: services => services.Configure<AuthenticationOptions>(options => options.DefaultChallengeScheme = "Provider"));
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");

        using var response = await browser.GetAsync("/protected");

        using var answer = await PostBackAsync(app, CookieOf(response)!, "/callback?user=alice");
        browser.Token = TokenOf(answer);
        Assert.Equal("three", await browser.ReadAsync("/values/cart"));
    }

    [Fact]
    public async Task A_callback_that_only_stores_a_value_stores_it_in_the_session_and_sets_no_session_cookie()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");

        using var answer = await PostBackAsync(app, await ChallengeAsync(browser), "/callback?store=paid");

        Assert.Null(TokenOf(answer));
        Assert.Equal(("three", "paid"), (await browser.ReadAsync("/values/cart"), await browser.ReadAsync("/values/state")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Without_the_cookie_a_callback_that_only_stores_a_value_never_replaces_the_session_that_it_did_not_see(bool keeps)
    {
        await using var app = await StartAsync(keeps: keeps);

        using var answer = await PostBackAsync(app, (SetCookieHeaderValue?)null, "/callback?store=paid");

        Assert.Null(TokenOf(answer));
        Assert.Equal(1, app.Logs.CountOf(Refused));
        using var signIn = await PostBackAsync(app, (SetCookieHeaderValue?)null, "/callback?user=alice");
        Assert.NotNull(TokenOf(signIn));
    }

    [Fact]
    public async Task A_cookie_that_was_taken_is_taken_for_good()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var kept = await ChallengeAsync(browser);
        using var first = await PostBackAsync(app, kept, "/callback?store=once");

        using var again = await PostBackAsync(app, kept, "/callback?store=twice");

        Assert.Equal("once", await browser.ReadAsync("/values/state"));
        Assert.Null(TokenOf(again));
        Assert.Equal(1, app.Logs.CountOf(Ignored));
    }

    [Fact]
    public async Task Of_many_callbacks_at_once_one_takes_it()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var kept = await ChallengeAsync(browser);

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => PostBackAsync(app, kept, $"/callback?id=true")));

        var ids = await Task.WhenAll(answers.Select(answer => answer.BodyAsync()));
        var own = await browser.ReadAsync("/id");
        Assert.Single(ids, id => id == own);
    }

    [Theory]
    [InlineData("/other-callback?store=x", "cross-site", null)]
    [InlineData("/values/state/x", "cross-site", null)]
    [InlineData("/callback?store=x", "same-origin", null)]
    [InlineData("/callback?store=x", "none", null)]
    [InlineData("/callback?store=x", null, null)]
    [InlineData("/callback?store=x", null, "http://localhost")]
    public async Task On_another_path_and_from_this_site_it_is_ignored(string path, string? site, string? origin)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var kept = await ChallengeAsync(browser);

        using var answer = await PostBackAsync(app, kept, path, site, origin);

        Assert.Equal("nothing", await browser.ReadAsync("/values/state"));
        using var right = await PostBackAsync(app, kept, "/callback?store=y");
        Assert.Equal("y", await browser.ReadAsync("/values/state"));
    }

    [Theory]
    [InlineData(null, "https://provider.example")]
    [InlineData(null, "null")]
    public async Task A_browser_without_fetch_metadata_is_known_by_the_origin(string? site, string origin)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");

        using var answer = await PostBackAsync(app, await ChallengeAsync(browser), "/callback?store=x", site, origin);

        Assert.Equal("x", await browser.ReadAsync("/values/state"));
    }

    [Theory]
    [InlineData("/destroy")]
    [InlineData("/revoke/alice")]
    public async Task A_session_that_has_ended_is_not_brought_back(string end)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/sign-in/alice");
        var kept = await ChallengeAsync(browser);
        await browser.DoAsync(end);

        using var answer = await PostBackAsync(app, kept, "/callback?user=bob");

        browser.Token = TokenOf(answer);
        Assert.Equal("bob", await browser.ReadAsync("/user"));
        Assert.Empty(await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("alice", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_session_that_has_expired_is_not_brought_back()
    {
        await using var app = await StartAsync(session: options => options.IdleTimeout = TimeSpan.FromMinutes(5));
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var kept = await ChallengeAsync(browser);
        app.Clock.Advance(TimeSpan.FromMinutes(5));

        using var answer = await PostBackAsync(app, kept, "/callback?user=alice");

        browser.Token = TokenOf(answer);
        Assert.Equal(("alice", "nothing"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/values/cart")));
    }

    [Fact]
    public async Task A_callback_issues_no_token_by_time()
    {
        await using var app = await StartAsync(session: options => options.TokenRotationInterval = TimeSpan.FromMinutes(1));
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var kept = await ChallengeAsync(browser);
        app.Clock.Advance(TimeSpan.FromMinutes(2));

        using var answer = await PostBackAsync(app, kept, "/callback?store=x");

        Assert.Null(TokenOf(answer));
        Assert.Equal("x", await browser.ReadAsync("/values/state"));
    }

    [Fact]
    public async Task The_end_of_a_correlation_is_no_challenge()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");

        using var response = await browser.PostAsync("/expire-correlation");

        Assert.Null(CookieOf(response));
    }

    [Fact]
    public async Task A_page_at_the_path_of_a_callback_that_is_visited_from_another_site_may_begin_a_session()
    {
        await using var app = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/callback?store=x");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        var browser = app.NewBrowser();

        using var response = await browser.SendAsync(request);

        Assert.NotNull(TokenOf(response));
    }

    [Fact]
    public async Task A_rotation_meanwhile_does_not_matter()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var kept = await ChallengeAsync(browser);
        await browser.DoAsync("/rotate");

        using var answer = await PostBackAsync(app, kept, "/callback?user=alice");

        browser.Token = TokenOf(answer);
        Assert.Equal("three", await browser.ReadAsync("/values/cart"));
    }

    [Fact]
    public async Task Who_takes_too_long_begins_anew()
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var kept = await ChallengeAsync(browser);
        app.Clock.Advance(TimeSpan.FromMinutes(15));

        using var answer = await PostBackAsync(app, kept, "/callback?user=alice");

        browser.Token = TokenOf(answer);
        Assert.Equal(("alice", "nothing"), (await browser.ReadAsync("/user"), await browser.ReadAsync("/values/cart")));
    }

    [Theory]
    [InlineData("x")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!")]
    public async Task A_made_up_cookie_is_ignored(string value)
    {
        await using var app = await StartAsync();

        using var answer = await PostBackAsync(app, new SetCookieHeaderValue($"{Name}00000000", value), "/callback?user=alice");

        Assert.NotNull(TokenOf(answer));
    }

    [Fact]
    public async Task Nothing_is_kept_without_a_session_or_a_challenge_or_the_option()
    {
        await using var app = await StartAsync();
        using var stranger = await app.NewBrowser().PostAsync("/challenge");
        Assert.Null(CookieOf(stranger));
        var browser = app.NewBrowser();
        using var plain = await browser.PostAsync("/values/cart/three");
        Assert.Null(CookieOf(plain));

        await using var without = await StartAsync(keeps: false);
        var other = without.NewBrowser();
        await other.DoAsync("/values/cart/three");
        using var response = await other.PostAsync("/challenge");
        Assert.Null(CookieOf(response));
    }

    [Fact]
    public async Task A_store_that_is_down_keeps_nobody_from_the_provider_and_makes_the_callback_503()
    {
        FaultStore store = null!;
        await using var app = await StartAsync(services: services => FaultStore.AddTo(services, made => store = made));
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/three");
        var kept = await ChallengeAsync(browser);
        store.Plan(StoreOperation.Commit, StoreFaultKind.Fail);
        using var challenge = await browser.PostAsync("/challenge");
        Assert.Equal((HttpStatusCode.Redirect, true), (challenge.StatusCode, CookieOf(challenge) is null));
        store.Heal();

        store.Plan(StoreOperation.Load, StoreFaultKind.Fail, times: 9);
        using var answer = await PostBackAsync(app, kept, "/callback?user=alice");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
    }

    private static async Task<SetCookieHeaderValue> ChallengeAsync(Browser browser)
    {
        using var response = await browser.PostAsync("/challenge");
        Assert.Equal(HttpStatusCode.Redirect, response.StatusCode);
        return CookieOf(response)!;
    }
}
