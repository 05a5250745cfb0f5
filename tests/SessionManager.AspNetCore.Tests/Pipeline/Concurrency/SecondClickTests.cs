using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>The button that signs in is clicked twice: the second request brings the token that the first one has
/// replaced. Both are in one session, with the cart, whichever answer the browser keeps.</summary>
public sealed class SecondClickTests
{
    [Theory]
    [InlineData("set:cart:1", true)]
    [InlineData("set:cart:1", false)]
    [InlineData("in:ann,set:cart:1", true)]
    [InlineData("in:ann,set:cart:1,out", false)]
    public async Task The_second_click_goes_on_in_the_session_of_the_first_and_both_tokens_open_it(
        string before, bool firstAnswerFirst)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync(before);
        var (first, second) = await ClickTwiceAsync(browser, "in:ann");

        Assert.NotEqual(first.Token, second.Token);
        foreach (var tab in (Browser[])(firstAnswerFirst ? [first, second, first] : [second, first, second]))
        {
            Assert.Equal("ann: cart=1", await tab.StateAsync());
        }

        await OneSessionAsync(app, first, second);
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Theory]
    [InlineData("set:cart:1")]
    [InlineData("in:ann,set:cart:1")]
    [InlineData("in:ann,set:cart:1,out")]
    public async Task A_second_click_that_was_served_beside_the_first_goes_on_there_too(string before)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync(before);
        var first = await app.BeginAsync(browser, "set:a:1,in:ann,set:of:first");
        var second = await app.BeginAsync(browser, "set:b:1,in:ann");

        Assert.Equal(HttpStatusCode.NoContent, await first.FinishAsync());
        Assert.Equal(HttpStatusCode.NoContent, await second.FinishAsync());

        Assert.Equal("ann: a=1 b=1 cart=1 of=first", await first.Tab.StateAsync());
        Assert.Equal("ann: a=1 b=1 cart=1 of=first", await second.Tab.StateAsync());
        await OneSessionAsync(app, first.Tab, second.Tab);
    }

    [Theory]
    [InlineData("", 5_100, "ann: cart=1", 1)]
    [InlineData("", 1_000_000, "ann: cart=1", 1)]
    [InlineData("set:seen:1", 4_900, "ann: cart=1 seen=1", 1)]
    [InlineData("set:seen:1", 5_100, "ann:", 2)]
    public async Task It_is_one_until_the_new_token_is_seen_by_a_write_and_for_five_seconds_more(
        string use, int milliseconds, string state, int sessions)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var (first, second) = (browser.Clone(), browser.Clone());
        await first.RunAsync("in:ann");
        if (use.Length > 0)
        {
            app.App.Clock.Advance(TimeSpan.FromSeconds(10));
            await first.RunAsync(use);
        }

        app.App.Clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        await second.RunAsync("in:ann");

        Assert.Equal(
            (state, $"ann: cart=1{(use.Length > 0 ? " seen=1" : "")}"), (
                await second.StateAsync(), await first.StateAsync()));
        Assert.Equal(sessions, (await SessionsAsync(app, "ann")).Count);
    }

    [Theory]
    [InlineData("", 1_000_000, "ann: cart=1 new=1", 1)]
    [InlineData("set:seen:1", 4_900, "ann: cart=1 new=1 seen=1", 1)]
    [InlineData("set:seen:1", 5_100, "ann: cart=1", 2)]
    public async Task One_that_was_served_beside_the_first_is_one_for_as_long_too(
        string use, int milliseconds, string state, int sessions)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var second = await app.BeginAsync(browser, "in:ann");
        var first = browser.Clone();
        await first.RunAsync("in:ann,set:new:1");
        await first.RunAsync(use);
        app.App.Clock.Advance(TimeSpan.FromMilliseconds(milliseconds));
        await second.FinishAsync();

        Assert.Equal(
            (state, $"ann: cart=1 new=1{(use.Length > 0 ? " seen=1" : "")}"), (
                await second.Tab.StateAsync(), await first.StateAsync()));
        Assert.Equal(sessions, (await SessionsAsync(app, "ann")).Count);
    }

    [Fact]
    public async Task It_is_one_until_the_new_token_is_seen_by_a_touch_and_for_five_seconds_more()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var (first, second, third) = (browser.Clone(), browser.Clone(), browser.Clone());
        await first.RunAsync("in:ann");

        // A read that is no touch leaves nothing behind.
        await first.ReadAsync("/id");
        app.App.Clock.Advance(TimeSpan.FromMinutes(2));
        await first.ReadAsync("/id");
        app.App.Clock.Advance(TimeSpan.FromSeconds(4.9));
        await second.RunAsync("in:ann");
        app.App.Clock.Advance(TimeSpan.FromSeconds(0.2));
        await third.RunAsync("in:ann");

        Assert.Equal(
            ("ann: cart=1", "ann: cart=1", "ann:"), (
                await first.StateAsync(), await second.StateAsync(), await third.StateAsync()));
    }

    [Fact]
    public async Task A_sign_in_that_was_applied_and_answered_503_is_one_when_it_is_tried_again_later()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        app.Store.Plan(StoreOperation.Commit, StoreFaultKind.LoseAcknowledgement);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await browser.RunAsync("in:ann"));
        app.App.Clock.Advance(TimeSpan.FromMinutes(15));

        Assert.Equal(HttpStatusCode.NoContent, await browser.RunAsync("in:ann"));

        Assert.Equal("ann: cart=1", await browser.StateAsync());
        Assert.Single(await SessionsAsync(app, "ann"));
    }

    [Fact]
    public async Task A_browser_that_began_another_session_after_a_503_has_lost_the_cart()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        app.Store.Plan(StoreOperation.Commit, StoreFaultKind.LoseAcknowledgement);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await browser.RunAsync("in:ann"));
        await browser.RunAsync("set:other:1");

        await browser.RunAsync("in:ann");

        Assert.Equal("ann: other=1", await browser.StateAsync());
    }

    [Theory]
    [InlineData("in:ann", "in:bob")]
    [InlineData("in:ann,in:bob", "in:ann")]
    [InlineData("in:ann", "in:ann,in:bob")]
    public async Task Another_user_sees_and_changes_nothing_of_that_session(string first, string second)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var (one, other) = (browser.Clone(), browser.Clone());
        await one.RunAsync(first);
        var before = await one.StateAsync();

        Assert.Equal(HttpStatusCode.NoContent, await other.RunAsync($"set:a:1,{second},set:b:1"));

        Assert.EndsWith(
            $"{(second.EndsWith("bob", StringComparison.Ordinal) && second.Length > 6 ? "" : " a=1")} b=1",
                await other.StateAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("cart", await other.StateAsync(), StringComparison.Ordinal);
        Assert.Equal(before, await one.StateAsync());
        Assert.NotEqual(await one.Clone().ReadAsync("/id"), await other.Clone().ReadAsync("/id"));
    }

    [Theory]
    [InlineData("rotate")]
    [InlineData("out")]
    [InlineData("in:bob")]
    [InlineData("in:ann")]
    [InlineData("destroy")]
    public async Task A_token_whose_session_has_moved_on_since_is_as_any_dead_one(string since)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var (first, second) = (browser.Clone(), browser.Clone());
        await first.RunAsync("in:ann");
        await first.RunAsync(since);

        await second.RunAsync("in:ann");

        Assert.Equal("ann:", await second.StateAsync());
    }

    [Fact]
    public async Task A_token_that_a_rotation_or_a_sign_out_replaced_is_no_second_clicks()
    {
        await using var app = await ScriptedApp.StartAsync();
        foreach (var change in (string[])["rotate", "out"])
        {
            var browser = await app.NewBrowserAsync("in:ann,set:cart:1");
            var old = browser.Clone();
            await browser.RunAsync(change);
            await old.RunAsync("in:ann");
            Assert.Equal("ann:", await old.StateAsync());
        }
    }

    [Fact]
    public async Task The_request_sees_nothing_before_it_signs_in_and_that_session_from_then_on()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, session => session.StoreValue("cart", "1"));
        var second = browser.Clone();
        await app.RunAsync(browser, session => session.SetUserId("ann"));
        var id = await app.RunAsync(browser, session => session.SessionId);

        await app.RunAsync(second, (session, http) =>
        {
            Assert.Equal(
                (false, null, SessionEndReason.Replaced), (
                    session.IsAuthenticated, session.Info, session.PreviousSessionEnd));
            Assert.Empty(session.Keys);
            Assert.NotEqual(id, session.SessionId);
            session.StoreValue("note", "mine");

            session.SetUserId("ann");

            Assert.Equal((id, id, "ann"), (session.SessionId, http.Id, session.GetUserId()));
            Assert.Equal(["cart", "note"], session.Keys.Order(StringComparer.Ordinal));
            Assert.Equal(
                ("1", "mine", id), (
                    session.GetValue<string>("cart"), session.GetValue<string>("note"), session.Info!.SessionId));
        });

        Assert.Equal(
            ("1", "mine"), await app.RunAsync(
                browser, session => (session.GetValue<string>("cart"), session.GetValue<string>("note"))));
    }

    [Fact]
    public async Task Its_sign_in_counts_and_requests_in_flight_of_the_first_one_are_saved()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var (first, second) = (browser.Clone(), browser.Clone());
        await first.RunAsync("in:ann");
        var writer = await app.BeginAsync(first, "set:w:1", "add:n");
        app.App.Clock.Advance(TimeSpan.FromSeconds(2));

        await second.RunAsync("in:ann");

        Assert.Equal(HttpStatusCode.NoContent, await writer.FinishAsync());
        Assert.Equal("ann: cart=1 n=1 w=1", await second.StateAsync());
        Assert.Equal(app.App.Clock.GetUtcNow(), Assert.Single(await SessionsAsync(app, "ann")).AuthenticatedAt);
    }

    [Fact]
    public async Task What_it_changes_after_its_sign_in_is_changed_there()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1,set:n:4");
        var (first, second) = (browser.Clone(), browser.Clone());
        await first.RunAsync("in:ann");

        await second.RunAsync("in:ann,remove:cart,add:n,commit,set:late:1");

        Assert.Equal(("ann: late=1 n=5", "ann: late=1 n=5"), (await first.StateAsync(), await second.StateAsync()));
    }

    [Theory]
    [InlineData("in:ann,out", "nobody: cart=1")]
    [InlineData("in:ann,destroy", "nobody:")]
    [InlineData("in:ann,out,in:bob", "bob:")]
    public async Task It_may_end_what_it_went_on_in(string script, string state)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var (first, second) = (browser.Clone(), browser.Clone());
        await first.RunAsync("in:ann");

        Assert.Equal(HttpStatusCode.NoContent, await second.RunAsync(script));

        Assert.Equal(("nobody:", state), (await first.StateAsync(), await second.StateAsync()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_third_click_gets_a_session_of_its_own_with_the_cart_and_the_others_keep_theirs(bool beside)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var held = beside ? await app.BeginAsync(browser, "in:ann") : null;
        var third = held?.Tab ?? browser.Clone();
        var (first, second) = await ClickTwiceAsync(browser, "in:ann");
        Assert.Equal(
            HttpStatusCode.NoContent, held is null ? await third.RunAsync("in:ann") : await held.FinishAsync());

        foreach (var tab in (Browser[])[first, second, third])
        {
            Assert.Equal("ann: cart=1", await tab.StateAsync());
        }

        Assert.NotEqual(await first.Clone().ReadAsync("/id"), await third.Clone().ReadAsync("/id"));
        Assert.Equal(2, (await SessionsAsync(app, "ann")).Count);
    }

    [Theory]
    [InlineData(SessionLimitBehavior.RevokeOldest, false)]
    [InlineData(SessionLimitBehavior.RevokeOldest, true)]
    [InlineData(SessionLimitBehavior.RejectNew, false)]
    [InlineData(SessionLimitBehavior.RejectNew, true)]
    public async Task It_takes_no_place_more_of_the_limit(SessionLimitBehavior onLimit, bool beside)
    {
        await using var app = await ScriptedApp.StartAsync(
            options => (options.MaxSessionsPerUser, options.SessionLimitBehavior) = (1, onLimit));
        var browser = await app.NewBrowserAsync("set:cart:1");
        var held = beside ? await app.BeginAsync(browser, "in:ann") : null;
        var (first, second) = (browser.Clone(), held?.Tab ?? browser.Clone());
        await first.RunAsync("in:ann");

        Assert.Equal(
            HttpStatusCode.NoContent, held is null ? await second.RunAsync("in:ann") : await held.FinishAsync());

        Assert.Equal(("ann: cart=1", "ann: cart=1"), (await first.StateAsync(), await second.StateAsync()));
        await OneSessionAsync(app, first, second);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Where_values_are_dropped_at_a_sign_in_those_of_the_user_stay(bool beside)
    {
        await using var app = await ScriptedApp.StartAsync(options => options.KeepValuesOnSignIn = false);
        var browser = await app.NewBrowserAsync("set:cart:1");
        var held = beside ? await app.BeginAsync(browser, "set:x:1,in:ann,set:y:1") : null;
        var (first, second) = (browser.Clone(), held?.Tab ?? browser.Clone());
        await first.RunAsync("in:ann,set:mine:1");

        Assert.Equal(
            HttpStatusCode.NoContent, held is null ? await second.RunAsync("set:x:1,in:ann,set:y:1")
                : await held.FinishAsync());

        Assert.Equal(("ann: mine=1 y=1", "ann: mine=1 y=1"), (await first.StateAsync(), await second.StateAsync()));
    }

    [Fact]
    public async Task A_handler_that_fails_after_it_has_signed_nobody_in_and_nothing_of_that_session_is_seen()
    {
        await using var app = await SessionApp.StartAsync();
        var browser = app.NewBrowser();
        await app.RunAsync(browser, session => session.StoreValue("cart", "1"));
        var second = browser.Clone();
        await app.RunAsync(browser, session => session.SetUserId("ann"));

        await Assert.ThrowsAnyAsync<Exception>(() => app.RunAsync(second, (ISessionManager session) =>
        {
            session.SetUserId("ann");
            throw new InvalidOperationException("The handler failed.");
        }));

        Assert.Empty(second.LastSetCookies);
        Assert.Equal((null, 0), await app.RunAsync(second, session => (session.GetUserId(), session.Keys.Count)));
        await app.RunAsync(second, session => session.SetUserId("ann"));
        Assert.Equal("1", await app.RunAsync(second, session => session.GetValue<string>("cart")));
    }

    [Theory]
    [InlineData(StoreFaultKind.Fail)]
    [InlineData(StoreFaultKind.LoseAcknowledgement)]
    public async Task A_save_that_fails_can_be_tried_again(StoreFaultKind fault)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var (first, second) = (browser.Clone(), browser.Clone());
        await first.RunAsync("in:ann");
        app.Store.Plan(StoreOperation.Commit, fault);

        Assert.Equal(HttpStatusCode.NoContent, await second.RunAsync("set:b:1,in:ann,insist,set:c:1"));

        Assert.Equal(
            ("ann: b=1 c=1 cart=1", "ann: b=1 c=1 cart=1"), (await first.StateAsync(), await second.StateAsync()));
        await OneSessionAsync(app, first, second);
    }

    [Fact]
    public async Task It_is_no_stale_token_to_tell_of_and_what_else_brings_it_is()
    {
        var told = 0;
        await using var app = await ScriptedApp.StartAsync(options => options.Events.OnStaleToken = stale =>
        {
            told++;
            stale.EndSession();
            return Task.CompletedTask;
        });
        var browser = await app.NewBrowserAsync("set:cart:1");
        var (first, second) = await ClickTwiceAsync(browser, "in:ann");
        Assert.Equal((0, "ann: cart=1", "ann: cart=1"), (told, await first.StateAsync(), await second.StateAsync()));

        var old = first.Clone();
        await first.RunAsync("in:ann");
        Assert.Equal("Replaced", await old.ReadAsync("/end"));
        Assert.Equal((1, "nobody:"), (told, await first.StateAsync()));
    }

    [Fact]
    public async Task The_stale_token_of_a_handler_that_fails_is_told_of()
    {
        var told = 0;
        await using var app = await App.StartAsync(
            app =>
            {
                app.MapSession();
                app.MapPost("/fails", (HttpContext _) => throw new InvalidOperationException("The handler failed."));
            },
            new AppOptions
            {
                Before = app => app.UseExceptionHandler(error => error.Run(_ => Task.CompletedTask)),
                Session = options => options.Events.OnStaleToken = _ => Task.FromResult(told++),
            });
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/1");
        await browser.Clone().DoAsync("/sign-in/ann");

        using var failed = await browser.PostAsync("/fails");

        Assert.Equal((HttpStatusCode.InternalServerError, 1), (failed.StatusCode, told));
    }

    [Fact]
    public async Task The_claims_of_the_later_sign_in_stand()
    {
        await using var app = await App.StartAsync(
            app =>
            {
                app.MapSession();
                app.MapPost(
                    "/claims/{claim}", (HttpContext context, string claim) => context.SignInAsync(new ClaimsPrincipal(
                    new ClaimsIdentity(
                        [new Claim(ClaimTypes.NameIdentifier, "ann"), new Claim("click", claim)], "test"))));
                app.MapGet("/claims", (HttpContext context) => context.User.FindFirst("click")?.Value ?? "none");
            },
            new AppOptions { Services = services => services.AddAuthentication().AddSessionManager() });
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/1");
        var (first, second) = (browser.Clone(), browser.Clone());

        await first.DoAsync("/claims/first");
        await second.DoAsync("/claims/second");

        Assert.Equal(("second", "second"), (await first.ReadAsync("/claims"), await second.ReadAsync("/claims")));
        Assert.Equal(("1", "1"), (await first.ReadAsync("/values/cart"), await second.ReadAsync("/values/cart")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_sign_in_by_another_scheme_is_no_second_click(bool afterTheFirstScheme)
    {
        await using var app = await App.StartAsync(
            app =>
            {
                app.MapSession();
                app.MapPost("/admin", (HttpContext context, ISessionManager session) =>
                {
                    _ = afterTheFirstScheme && session.SetUserId("ann");
                    return context.SignInAsync(
                        "Admin", new ClaimsPrincipal(
                            new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, "ann")], "test")));
                });
            },
            new AppOptions
            {
                Services = services =>
                services.AddAuthentication().AddSessionManager().AddSessionManager("Admin", _ => { })
            });
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/1");
        var (first, second) = (browser.Clone(), browser.Clone());
        await first.DoAsync("/sign-in/ann");
        var before = await first.ReadAsync("/info");

        await second.DoAsync("/admin");

        Assert.Equal(
            (before, "ann", "nothing"), (
                await first.ReadAsync("/info"), await second.ReadAsync("/me"), await second.ReadAsync("/values/cart")));
    }

    [Fact]
    public async Task Without_consent_nothing_is_saved()
    {
        await using var app = await App.StartAsync(
            app =>
            {
                app.MapSession();
                app.MapPost("/refused", (HttpContext context, ISessionManager session) =>
                {
                    context.Features.Set<ITrackingConsentFeature>(new Refusal());
                    session.SetUserId("ann");
                });
            },
            new AppOptions { Session = options => options.Cookie.IsEssential = false });
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/1");
        var (first, second) = (browser.Clone(), browser.Clone());
        await first.DoAsync("/sign-in/ann");
        var before = await first.ReadAsync("/info");

        await second.DoAsync("/refused");

        Assert.Empty(second.LastSetCookies);
        Assert.Equal((before, "nobody"), (await first.ReadAsync("/info"), await second.ReadAsync("/me")));
    }

    [Fact]
    public async Task It_is_found_among_several_cookies()
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var (browser, left) = (app.NewBrowser(), app.NewBrowser());
        await left.DoAsync("/values/a/1");
        var dead = left.Token!;
        await left.DoAsync("/destroy");
        await browser.DoAsync("/values/cart/1");
        var (first, second) = (browser.Clone(), app.NewBrowser());
        var request = new HttpRequestMessage(HttpMethod.Post, "/sign-in/ann");
        request.Headers.TryAddWithoutValidation("Cookie", $"sid={dead}; sid={browser.Token}");
        await first.DoAsync("/sign-in/ann");

        using var response = await second.SendAsync(request);

        Assert.Equal(("1", "1"), (await first.ReadAsync("/values/cart"), await second.ReadAsync("/values/cart")));
    }

    [Fact]
    public async Task A_second_click_is_logged()
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var browser = app.NewBrowser();
        await browser.DoAsync("/values/cart/1");
        var second = browser.Clone();
        await browser.DoAsync("/sign-in/ann");
        Assert.Equal(0, app.Logs.CountOf(55));

        await second.DoAsync("/sign-in/ann");

        Assert.Equal((1, 0), (app.Logs.CountOf(55), app.Logs.CountOf(27)));
    }

    private static async Task<(Browser First, Browser Second)> ClickTwiceAsync(Browser browser, string script)
    {
        var (first, second) = (browser.Clone(), browser.Clone());
        Assert.Equal(HttpStatusCode.NoContent, await first.RunAsync(script));
        Assert.Equal(HttpStatusCode.NoContent, await second.RunAsync(script));
        return (first, second);
    }

    private static async Task OneSessionAsync(ScriptedApp app, Browser first, Browser second)
    {
        var session = Assert.Single(await SessionsAsync(app, "ann"));
        Assert.Equal(
            (session.SessionId, session.SessionId), (
                await first.Clone().ReadAsync("/id"), await second.Clone().ReadAsync("/id")));
    }

    private static Task<IReadOnlyList<SessionInfo>> SessionsAsync(ScriptedApp app, string user) =>
        app.App.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync(user);

    private sealed class Refusal : ITrackingConsentFeature
    {
        public bool IsConsentNeeded => true;

        public bool HasConsent => false;

        public bool CanTrack => false;

        public void GrantConsent()
        {
        }

        public void WithdrawConsent()
        {
        }

        public string CreateConsentCookie() => "";
    }
}
