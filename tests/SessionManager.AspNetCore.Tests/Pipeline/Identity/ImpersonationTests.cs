using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Tests.Authentication;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>Support (sue) acts as a customer (carl) in her own session, and is herself again afterwards.</summary>
public sealed class ImpersonationTests
{
    private FaultStore? _store;

    [Fact]
    public async Task The_user_acts_in_the_same_session_and_has_everything_again_afterwards()
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/values/note/mine");
        var (before, own) = (await InfoAsync(app, sue), sue.Clone());

        await sue.DoAsync("/act/carl");

        var acting = await InfoAsync(app, sue);
        Assert.Equal((before.SessionId, "carl", "sue"), (acting.SessionId, acting.UserId, acting.ActorId));
        Assert.Equal(("carl", "nothing", "nobody"), (await sue.ReadAsync("/me"), await sue.ReadAsync("/values/note"), await own.ReadAsync("/me")));
        await sue.DoAsync("/values/note/theirs");
        await sue.DoAsync("/values/other/1");
        var used = sue.Clone();

        await sue.DoAsync("/act-no-more");

        Assert.Equal(before with { LastSeenAt = default }, await InfoAsync(app, sue) with { LastSeenAt = default });
        Assert.Equal(("sue", "mine", "nothing"), (await sue.ReadAsync("/me"), await sue.ReadAsync("/values/note"), await sue.ReadAsync("/values/other")));
        Assert.Equal("nobody", await used.ReadAsync("/me"));
    }

    [Fact]
    public async Task The_handler_that_begins_it_goes_on_as_the_customer_and_is_saved_as_that()
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");

        await sue.DoAsync("/values-then-act/carl");
        Assert.Equal(("nothing", "1"), (await sue.ReadAsync("/values/before"), await sue.ReadAsync("/values/after")));

        await sue.DoAsync("/act-no-more");
        Assert.Equal(("1", "nothing"), (await sue.ReadAsync("/values/before"), await sue.ReadAsync("/values/after")));
    }

    [Fact]
    public async Task A_sign_in_and_the_acting_may_be_one_request_and_so_may_the_acting_and_its_end()
    {
        await using var app = await StartAsync();
        var sue = app.NewBrowser();
        await sue.DoAsync("/values/note/mine");
        await sue.DoAsync("/sign-in-and-act/sue/carl");
        Assert.Equal("sue as carl", await WhoAsync(app, sue));

        await sue.DoAsync("/act-no-more");
        await sue.DoAsync("/act-and-no-more/carl");

        Assert.Equal(("sue", "mine"), (await WhoAsync(app, sue), await sue.ReadAsync("/values/note")));
    }

    [Theory]
    [InlineData(null, "carl")]
    [InlineData("anonymous", "carl")]
    [InlineData("sue", "sue")]
    [InlineData("acting", "dora")]
    [InlineData("acting", "sue")]
    [InlineData("sue", "")]
    public async Task It_is_refused_where_it_makes_no_sense(string? who, string as_)
    {
        await using var app = await StartAsync();
        var browser = app.NewBrowser();
        await (who is "sue" or "acting" ? browser.DoAsync("/sign-in/sue") : who is "anonymous" ? browser.DoAsync("/values/a/1") : Task.CompletedTask);
        await (who == "acting" ? browser.DoAsync("/act/carl") : Task.CompletedTask);
        var (before, token) = (await WhoAsync(app, browser), browser.Token);

        using var refused = await browser.PostAsync($"/try-to-act?user={as_}");

        Assert.Equal(as_.Length == 0 ? nameof(ArgumentException) : nameof(InvalidOperationException), await refused.BodyAsync());
        Assert.Equal((before, token), (await WhoAsync(app, browser), browser.Token));
    }

    [Fact]
    public async Task Where_nobody_acts_there_is_nothing_to_end()
    {
        await using var app = await StartAsync();
        foreach (var browser in (Browser[])[app.NewBrowser(), await SignInAsync(app, "sue")])
        {
            var token = browser.Token;
            await browser.DoAsync("/act-no-more");
            Assert.Empty(browser.LastSetCookies);
            Assert.Equal(token, browser.Token);
        }
    }

    [Fact]
    public async Task A_value_that_another_request_stores_while_the_acting_begins_is_there_again_afterwards()
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        var other = sue.Clone();
        var gate = _store!.Hold(StoreOperation.Load, StoreGatePoint.After);
        var acting = sue.PostAsync("/act/carl");
        await gate.Reached;
        await other.DoAsync("/values/late/1");
        gate.Open();
        using var acted = await acting;
        Assert.Equal((HttpStatusCode.OK, "nothing"), (acted.StatusCode, await sue.ReadAsync("/values/late")));

        await sue.DoAsync("/act-no-more");

        Assert.Equal("1", await sue.ReadAsync("/values/late"));
    }

    [Fact]
    public async Task A_request_in_flight_of_who_acts_is_refused()
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        var other = sue.Clone();
        var gate = _store!.Hold(StoreOperation.Load, StoreGatePoint.After);
        var write = other.PostAsync("/values/late/1");
        await gate.Reached;
        await sue.DoAsync("/act/carl");
        gate.Open();

        using var refused = await write;
        Assert.Equal((HttpStatusCode.Conflict, "nothing"), (refused.StatusCode, await sue.ReadAsync("/values/late")));
    }

    [Theory]
    [InlineData(0, StoreFaultKind.Fail)]
    [InlineData(1, StoreFaultKind.Fail)]
    public async Task A_store_that_fails_leaves_the_user_who_they_are(int after, StoreFaultKind fault)
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/values/note/mine");
        _store!.Plan(StoreOperation.Commit, fault, after: after);

        using var failed = await sue.PostAsync("/act/carl");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, failed.StatusCode);
        Assert.Equal(("sue", "mine"), (await WhoAsync(app, sue), await sue.ReadAsync("/values/note")));
    }

    [Fact]
    public async Task The_customers_own_sessions_are_not_touched()
    {
        await using var app = await StartAsync();
        var (sue, carl) = (await SignInAsync(app, "sue"), await SignInAsync(app, "carl"));
        await carl.DoAsync("/values/cart/3");

        await sue.DoAsync("/act/carl");
        await sue.DoAsync("/values/cart/9");
        Assert.Equal(("3", "9"), (await carl.ReadAsync("/values/cart"), await sue.ReadAsync("/values/cart")));
        await sue.DoAsync("/act-no-more");

        Assert.Equal(("carl", "3", "nothing"), (await WhoAsync(app, carl), await carl.ReadAsync("/values/cart"), await sue.ReadAsync("/values/cart")));
    }

    [Theory]
    [InlineData(ClearSessionScope.UserId, "sue")]
    [InlineData(ClearSessionScope.UserId, "carl")]
    [InlineData(ClearSessionScope.Everything, "carl")]
    public async Task A_sign_out_signs_out_who_acts_and_nothing_of_either_is_left(ClearSessionScope scope, string next)
    {
        await using var app = await StartAsync(options => options.ClearSessionScope = scope);
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/values/mine/1");
        await sue.DoAsync("/act/carl");
        await sue.DoAsync("/values/theirs/1");

        await sue.DoAsync("/sign-out");

        Assert.Equal(("nobody", 0, 0), (await WhoAsync(app, sue), (await SessionsAsync(app, "sue")).Count, (await SessionsAsync(app, "carl")).Count));
        await sue.DoAsync($"/sign-in/{next}");
        Assert.Equal((next, "nothing", "nothing"), (await WhoAsync(app, sue), await sue.ReadAsync("/values/mine"), await sue.ReadAsync("/values/theirs")));
    }

    [Fact]
    public async Task What_another_thread_of_the_request_changes_while_the_acting_begins_is_refused()
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");

        using var refused = await sue.PostAsync("/act-beside/carl");

        Assert.Equal((HttpStatusCode.Conflict, "sue as carl", "nothing"), (refused.StatusCode, await WhoAsync(app, sue), await sue.ReadAsync("/values/x")));
    }

    [Theory]
    [InlineData("/act/carl")]
    [InlineData("/act-no-more")]
    public async Task A_sign_out_in_flight_across_the_beginning_or_the_end_signs_out_who_acts(string meanwhile)
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/values/mine/1");
        await (meanwhile == "/act-no-more" ? sue.DoAsync("/act/carl") : Task.CompletedTask);
        var other = sue.Clone();
        var gate = _store!.Hold(StoreOperation.Load, StoreGatePoint.After);
        var signOut = other.PostAsync("/sign-out");
        await gate.Reached;
        await sue.DoAsync(meanwhile);
        gate.Open();
        using var signedOut = await signOut;

        Assert.Equal((HttpStatusCode.OK, "nobody", "nothing"), (signedOut.StatusCode, await WhoAsync(app, sue), await sue.ReadAsync("/values/mine")));
        Assert.Equal((0, 0), ((await SessionsAsync(app, "sue")).Count, (await SessionsAsync(app, "carl")).Count));
    }

    [Fact]
    public async Task A_destroy_ends_all()
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/act/carl");
        var dead = sue.Clone();

        await sue.DoAsync("/destroy");

        Assert.Equal("SignedOut", await dead.ReadAsync("/end"));
        Assert.Equal((0, 0), ((await SessionsAsync(app, "sue")).Count, (await SessionsAsync(app, "carl")).Count));
    }

    [Fact]
    public async Task A_principal_that_is_acted_as_is_not_signed_in_for_good()
    {
        await using var app = await StartAsync(map: app => app.MapPost("/renew", async (HttpContext context) =>
            (await Record.ExceptionAsync(() => context.SignInAsync(context.User)))?.GetType().Name ?? "signed in"));
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/act/carl");

        using var renewed = await sue.PostAsync("/renew");
        Assert.Equal(nameof(InvalidOperationException), await renewed.BodyAsync());
        Assert.Equal("sue as carl", await WhoAsync(app, sue));

        await sue.DoAsync("/act-no-more");
        using var own = await sue.PostAsync("/renew");
        Assert.Equal(("signed in", "sue"), (await own.BodyAsync(), await WhoAsync(app, sue)));
    }

    [Theory]
    [InlineData("carl")]
    [InlineData("sue")]
    [InlineData("dora")]
    public async Task A_sign_in_while_acting_is_another_users(string user)
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/values/mine/1");
        await sue.DoAsync("/act/carl");
        await sue.DoAsync("/values/theirs/1");

        await sue.DoAsync($"/sign-in/{user}");

        Assert.Equal((user, "nothing", "nothing"), (await WhoAsync(app, sue), await sue.ReadAsync("/values/mine"), await sue.ReadAsync("/values/theirs")));
        Assert.Single(await SessionsAsync(app, user));
        Assert.All(((string[])["carl", "sue", "dora"]).Where(other => other != user), other => Assert.Empty(SessionsAsync(app, other).Result));
    }

    [Theory]
    [InlineData(SessionLimitBehavior.RejectNew)]
    [InlineData(SessionLimitBehavior.RevokeOldest)]
    public async Task It_takes_no_place_of_the_customer_and_keeps_that_of_who_acts(SessionLimitBehavior onLimit)
    {
        await using var app = await StartAsync(options => (options.MaxSessionsPerUser, options.SessionLimitBehavior) = (1, onLimit));
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/act/carl");
        var carl = await SignInAsync(app, "carl");
        Assert.Equal(("sue as carl", "carl"), (await WhoAsync(app, sue), await WhoAsync(app, carl)));

        using var second = await app.NewBrowser().PostAsync("/sign-in/sue");

        var rejects = onLimit == SessionLimitBehavior.RejectNew;
        Assert.Equal(rejects ? HttpStatusCode.Conflict : HttpStatusCode.OK, second.StatusCode);
        Assert.Equal((rejects ? "sue as carl" : "nobody", "carl"), (await WhoAsync(app, sue), await WhoAsync(app, carl)));
        await sue.DoAsync("/act-no-more");
        Assert.Equal(rejects ? "sue" : "nobody", await WhoAsync(app, sue));
    }

    [Theory]
    [InlineData("sue")]
    [InlineData("carl")]
    public async Task Revoking_either_ends_it(string user)
    {
        await using var app = await StartAsync();
        var directory = app.Services.GetRequiredService<ISessionDirectory>();
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/act/carl");
        var found = Assert.Single(await directory.FindByUserAsync(user));
        Assert.Equal(("carl", "sue"), (found.UserId, found.ActorId));
        Assert.Equal(0, await directory.RevokeUserAsync(user, found.SessionId));
        Assert.Equal("sue as carl", await WhoAsync(app, sue));

        Assert.Equal(1, await directory.RevokeUserAsync(user));

        Assert.Equal("Revoked", await sue.ReadAsync("/end"));
        Assert.Empty(await directory.FindByUserAsync(user));
    }

    [Theory]
    [InlineData("sue", "/act/carl", "/act-no-more")]
    [InlineData("sue", null, "/act/carl")]
    public async Task A_revocation_that_meets_the_beginning_or_the_end_ends_it_all_the_same(string user, string? before, string meanwhile)
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        await (before is null ? Task.CompletedTask : sue.DoAsync(before));
        var gate = _store!.Hold(StoreOperation.End, StoreGatePoint.Before);
        var revoking = app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync(user);
        await gate.Reached;
        using var moved = await sue.PostAsync(meanwhile);
        gate.Open();
        await revoking;

        Assert.Equal("nobody", await WhoAsync(app, sue));
    }

    [Theory]
    [InlineData("sue")]
    [InlineData("carl")]
    public async Task A_revocation_of_either_on_another_node_ends_it(string user)
    {
        var cache = new FaultCache();
        await using var a = await StartAsync(cache: cache);
        await using var b = await StartAsync(cache: cache);
        var sue = await SignInAsync(a, "sue");
        await sue.DoAsync("/act/carl");

        await b.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync(user);

        Assert.Equal("Revoked", await sue.ReadAsync("/end"));
        Assert.Equal("nobody", await WhoAsync(a, sue));
    }

    [Theory]
    [InlineData("sue")]
    [InlineData("carl")]
    public async Task A_revocation_of_either_on_another_node_refuses_the_end_of_it_and_spares_who_is_to_be_spared(string user)
    {
        var cache = new FaultCache();
        await using var a = await StartAsync(cache: cache);
        await using var b = await StartAsync(cache: cache);
        var (sue, spared) = (await SignInAsync(a, "sue"), await SignInAsync(a, "sue"));
        await sue.DoAsync("/act/carl");
        await spared.DoAsync("/act/carl");
        var id = (await InfoAsync(a, spared)).SessionId;

        await b.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync(user, id);

        using var end = await sue.PostAsync("/act-no-more");
        Assert.Equal(("nobody", "sue as carl"), (await WhoAsync(a, sue), await WhoAsync(a, spared)));
        await spared.DoAsync("/act-no-more");
        Assert.Equal("sue", await WhoAsync(a, spared));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_revocation_on_another_node_ends_it_whichever_read_of_the_beginning_or_the_end_it_meets(bool ends)
    {
        var cache = new FaultCache { IncludesUsers = true };
        await using var a = await StartAsync(cache: cache);
        await using var b = await StartAsync(cache: cache);
        var reads = 0;
        while (true)
        {
            var user = $"sue-{reads}";
            var sue = await SignInAsync(a, user);
            await (ends ? sue.DoAsync("/act/carl") : Task.CompletedTask);
            var gate = cache.Hold(CacheOperation.Get);
            var request = sue.PostAsync(ends ? "/act-no-more" : "/act/carl");
            for (var passed = 0; passed < reads && await Task.WhenAny(gate.Reached, request) != request; passed++)
            {
                var next = cache.Hold(CacheOperation.Get);
                gate.Open();
                gate = next;
            }

            if (await Task.WhenAny(gate.Reached, request) == request)
            {
                break;
            }

            await b.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync(user);
            gate.Open();
            using var met = await request;
            Assert.Equal((reads, "nobody"), (reads, await WhoAsync(a, sue)));
            reads++;
        }

        Assert.InRange(reads, 5, 20);
    }

    [Fact]
    public async Task A_value_that_another_request_brings_between_its_two_commits_is_refused_and_not_lost()
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        var other = sue.Clone();
        var late = _store!.Hold(StoreOperation.Load, StoreGatePoint.After);
        var write = other.PostAsync("/values/late/1");
        await late.Reached;
        var first = _store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var acting = sue.PostAsync("/act/carl");
        await first.Reached;
        var between = _store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        first.Open();
        await between.Reached;
        late.Open();
        using var refused = await write;
        between.Open();
        using var acted = await acting;

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.OK), (refused.StatusCode, acted.StatusCode));
    }

    [Fact]
    public async Task Who_was_revoked_and_has_signed_in_again_may_act()
    {
        await using var app = await StartAsync();
        await SignInAsync(app, "sue");
        await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("sue");
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/act/carl");
        Assert.Equal("sue as carl", await WhoAsync(app, sue));

        await sue.DoAsync("/act-no-more");
        Assert.Equal("sue", await WhoAsync(app, sue));
    }

    [Theory]
    [InlineData(null, "/late/act")]
    [InlineData("/act/carl", "/late/end")]
    public async Task It_neither_begins_nor_ends_after_the_response_has_started(string? before, string path)
    {
        await using var app = await StartAsync(map: app =>
        {
            app.MapPost("/late/act", (HttpContext context, ISessionManager session) => TryLateAsync(context, () => session.ImpersonateAsync("carl")));
            app.MapPost("/late/end", (HttpContext context, ISessionManager session) => TryLateAsync(context, () =>
            {
                session.EndImpersonation();
                return Task.CompletedTask;
            }));
        });
        var sue = await SignInAsync(app, "sue");
        await (before is null ? Task.CompletedTask : sue.DoAsync(before));
        var who = await WhoAsync(app, sue);

        using var refused = await sue.PostAsync(path);

        Assert.Equal((nameof(InvalidOperationException), who), (await refused.BodyAsync(), await WhoAsync(app, sue)));

        static async Task TryLateAsync(HttpContext context, Func<Task> change)
        {
            await context.Response.StartAsync();
            await context.Response.WriteAsync($"{(await Record.ExceptionAsync(change))?.GetType().Name}");
        }
    }

    [Theory]
    [InlineData("/act/carl", null)]
    [InlineData("/act-no-more", "/act/carl")]
    public async Task The_token_that_it_replaced_is_no_second_click(string change, string? before)
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        await (before is null ? Task.CompletedTask : sue.DoAsync(before));
        var old = sue.Clone();
        await sue.DoAsync(change);

        await old.DoAsync("/sign-in/sue");

        Assert.NotEqual(await sue.ReadAsync("/id"), await old.ReadAsync("/id"));
    }

    [Fact]
    public async Task Without_consent_to_the_cookie_it_does_not_seem_to_end()
    {
        var consents = true;
        await using var app = await StartAsync(
            options => options.Cookie.IsEssential = false,
            services: services => services.Configure<CookiePolicyOptions>(options => options.CheckConsentNeeded = _ => !consents),
            before: app => app.UseCookiePolicy());
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/act/carl");
        consents = false;

        using var refused = await sue.PostAsync("/act-no-more");

        Assert.Equal((HttpStatusCode.InternalServerError, "sue as carl"), (refused.StatusCode, await WhoAsync(app, sue)));
        await sue.DoAsync("/sign-out");
        consents = true;
        Assert.Equal("nobody", await WhoAsync(app, sue));
    }

    [Theory]
    [InlineData("sue")]
    [InlineData("carl")]
    public async Task Erasing_either_ends_it_with_what_was_set_aside(string user)
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/values/mine/1");
        await sue.DoAsync("/act/carl");

        Assert.Equal(1, await app.Services.GetRequiredService<ISessionDirectory>().EraseUserAsync(user));

        Assert.Equal(("Revoked", "nothing"), (await sue.ReadAsync("/end"), await sue.ReadAsync("/values/mine")));
    }

    [Fact]
    public async Task It_is_listed_and_revoked_by_its_id()
    {
        await using var app = await StartAsync();
        var directory = app.Services.GetRequiredService<ISessionDirectory>();
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/act/carl");
        var listed = new List<SessionInfo>();
        await foreach (var info in directory.ListAsync())
        {
            listed.Add(info);
        }

        var acting = Assert.Single(listed);
        Assert.Equal(("carl", "sue"), (acting.UserId, acting.ActorId));
        Assert.True(await directory.RevokeAsync(acting.SessionId));
        Assert.Equal("Revoked", await sue.ReadAsync("/end"));
    }

    [Fact]
    public async Task Acting_lengthens_nothing_and_a_recent_sign_in_is_that_of_who_acts()
    {
        await using var app = await StartAsync(options => (options.AbsoluteTimeout, options.IdleTimeout) = (TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(20)));
        var sue = await SignInAsync(app, "sue");
        var signedIn = app.Clock.GetUtcNow();
        app.Clock.Advance(TimeSpan.FromMinutes(4));
        await sue.DoAsync("/act/carl");
        Assert.Equal((signedIn, 200), ((await InfoAsync(app, sue)).AuthenticatedAt, await StatusAsync(sue, "/recent")));

        app.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(401, await StatusAsync(sue, "/recent"));

        await sue.DoAsync("/act-no-more");
        Assert.Equal((signedIn, 401), ((await InfoAsync(app, sue)).AuthenticatedAt, await StatusAsync(sue, "/recent")));
        Assert.Equal(signedIn + TimeSpan.FromMinutes(26), (await InfoAsync(app, sue)).ExpiresAt);
        app.Clock.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal("sue", await WhoAsync(app, sue));
        app.Clock.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal("nobody", await WhoAsync(app, sue));
    }

    [Fact]
    public async Task The_principal_is_the_customer_with_a_claim_of_who_acts_and_that_of_who_acted_afterwards()
    {
        await using var app = await StartAsync();
        var sue = app.NewBrowser();
        await sue.DoAsync("/sign-in-as/sue/admin");
        var own = await sue.ReadAsync("/claims");
        Assert.Equal(200, await StatusAsync(sue, "/admin"));

        await sue.DoAsync("/act/carl");
        Assert.Equal($"{ClaimTypes.NameIdentifier}=carl|act={{\"sub\":\"sue\"}}", await sue.ReadAsync("/claims"));
        Assert.Equal((403, 200), (await StatusAsync(sue, "/admin"), await StatusAsync(sue, "/protected")));

        await sue.DoAsync("/act-no-more");
        Assert.Equal((own, 200), (await sue.ReadAsync("/claims"), await StatusAsync(sue, "/admin")));
    }

    [Fact]
    public async Task It_belongs_to_the_scheme_of_who_acts()
    {
        await using var app = await StartAsync(
            services: services => services.AddAuthentication().AddSessionManager("Admin", _ => { }),
            map: app =>
            {
                app.MapPost("/admin-sign-in", (HttpContext context) => context.SignInAsync("Admin", AuthenticationApp.PrincipalOf("sue", "admin")));
                app.MapGet("/by/{scheme}", async (HttpContext context, string scheme) => $"{(await context.AuthenticateAsync(scheme)).Principal?.FindFirstValue(ClaimTypes.NameIdentifier)}");
            });
        var sue = app.NewBrowser();
        await sue.DoAsync("/admin-sign-in");
        await sue.DoAsync("/act/carl");

        Assert.Equal(("carl", ""), (await sue.ReadAsync("/by/Admin"), await sue.ReadAsync($"/by/{SessionManagerDefaults.AuthenticationScheme}")));
    }

    [Fact]
    public async Task Beginning_and_ending_are_logged_and_told()
    {
        var told = new List<string>();
        await using var app = await StartAsync(options =>
        {
            options.Events.OnTokenRotated = rotated => TellAsync("rotated", rotated);
            options.Events.OnSignedIn = signedIn => TellAsync("signed in", signedIn);
        });
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/act/carl");
        Assert.Equal((1, 0), (app.Logs.CountOf(53), app.Logs.CountOf(54)));
        await sue.DoAsync("/act-no-more");

        Assert.Equal((1, 1), (app.Logs.CountOf(53), app.Logs.CountOf(54)));
        Assert.Equal(["signed in sue ", "rotated carl sue", "rotated sue "], told);

        Task TellAsync(string what, SessionEventContext context)
        {
            told.Add($"{what} {context.Session.UserId} {context.Session.ActorId}");
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task What_is_set_aside_counts_for_no_limit()
    {
        await using var app = await StartAsync(options => options.MaxKeys = 3);
        var sue = await SignInAsync(app, "sue");
        foreach (var key in (string[])["a", "b", "c"])
        {
            await sue.DoAsync($"/values/{key}/mine");
        }

        await sue.DoAsync("/act/carl");
        foreach (var key in (string[])["d", "e", "f"])
        {
            await sue.DoAsync($"/values/{key}/theirs");
        }

        await sue.DoAsync("/act-no-more");
        Assert.Equal(("mine", "mine", "nothing"), (await sue.ReadAsync("/values/a"), await sue.ReadAsync("/values/c"), await sue.ReadAsync("/values/d")));
    }

    [Fact]
    public async Task A_handler_that_throws_has_not_ended_it()
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        await sue.DoAsync("/act/carl");

        using var failed = await sue.PostAsync("/end-and-fail");

        Assert.Equal((HttpStatusCode.InternalServerError, "sue as carl"), (failed.StatusCode, await WhoAsync(app, sue)));
    }

    [Fact]
    public async Task A_customer_who_signs_in_with_the_token_that_it_replaced_gets_a_session_of_their_own()
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue");
        var old = sue.Clone();
        await sue.DoAsync("/act/carl");

        await old.DoAsync("/sign-in/carl");

        Assert.Equal(("carl", "sue as carl"), (await WhoAsync(app, old), await WhoAsync(app, sue)));
    }

    [Fact]
    public void What_is_set_aside_comes_back_and_no_damage_of_it_is_believed()
    {
        var values = new[]
        {
            KeyValuePair.Create("größe", SessionValue.Of(SessionValueKind.Text, "schön 😀"u8)),
            KeyValuePair.Create("count", SessionValue.Of(SessionValueKind.Int32, [0, 0, 0, 42])),
            KeyValuePair.Create("empty", SessionValue.Of(SessionValueKind.Raw, [])),
        };
        var frame = new ActorFrame("süe", new Guid("00112233-4455-6677-8899-aabbccddeeff"), "claims"u8.ToArray(), values);
        var kept = frame.Write();

        var read = ActorFrame.Read(kept)!;
        Assert.Equal((frame.UserId, frame.Epoch), (read.UserId, read.Epoch));
        Assert.Equal(frame.Principal.ToArray(), read.Principal.ToArray());
        Assert.Equal(values, read.Values);
        for (var i = 0; i < kept.Length; i++)
        {
            var damaged = kept.ToArray();
            damaged[i] ^= 0x41;
            Assert.Null(ActorFrame.Read(damaged));
            Assert.Null(ActorFrame.Read(kept.AsMemory(0, i)));
        }
    }

    private static async Task<Browser> SignInAsync(App app, string user)
    {
        var browser = app.NewBrowser();
        await browser.DoAsync($"/sign-in/{user}");
        return browser;
    }

    private static async Task<string> WhoAsync(App app, Browser browser) => await browser.Clone().ReadAsync("/who");

    private static async Task<SessionInfo> InfoAsync(App app, Browser browser)
    {
        var id = await browser.ReadAsync("/id");
        await foreach (var info in app.Services.GetRequiredService<ISessionDirectory>().ListAsync())
        {
            if (info.SessionId == id)
            {
                return info;
            }
        }

        throw new InvalidOperationException("There is no such session.");
    }

    private static Task<IReadOnlyList<SessionInfo>> SessionsAsync(App app, string user) =>
        app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync(user);

    private static async Task<int> StatusAsync(Browser browser, string path)
    {
        using var response = await browser.GetAsync(path);
        return (int)response.StatusCode;
    }

    private Task<App> StartAsync(
        Action<SessionManagerOptions>? session = null,
        FaultCache? cache = null,
        Action<IServiceCollection>? services = null,
        Action<WebApplication>? before = null,
        Action<WebApplication>? map = null) => AuthenticationApp.StartAsync(
        cache: cache,
        session: session,
        before: before,
        services: collection =>
        {
            FaultStore.AddTo(collection, made => _store = made);
            services?.Invoke(collection);
        },
        map: app =>
        {
            app.MapGet("/who", (ISessionManager session) => session.Info switch
            {
                { ActorId: { } actor } info => $"{actor} as {info.UserId}",
                { UserId: { } user } => user,
                _ => "nobody",
            });
            app.MapPost("/act/{user}", (ISessionManager session, string user) => session.ImpersonateAsync(user));
            app.MapPost("/act-no-more", (ISessionManager session) => session.EndImpersonation());
            app.MapPost("/try-to-act", async (ISessionManager session, string? user) =>
                (await Record.ExceptionAsync(() => session.ImpersonateAsync(user ?? "")))?.GetType().Name);
            app.MapPost("/values-then-act/{user}", async (ISessionManager session, string user) =>
            {
                session.StoreValue("before", "1");
                await session.ImpersonateAsync(user);
                Assert.Equal((user, false), (session.GetUserId(), session.Keys.Contains("before")));
                session.StoreValue("after", "1");
            });
            app.MapPost("/sign-in-and-act/{who}/{user}", (ISessionManager session, string who, string user) =>
            {
                session.SetUserId(who);
                return session.ImpersonateAsync(user);
            });
            app.MapPost("/act-and-no-more/{user}", async (ISessionManager session, string user) =>
            {
                await session.ImpersonateAsync(user);
                session.EndImpersonation();
                Assert.Equal(("sue", "mine"), (session.GetUserId(), session.GetValue<string>("note")));
            });
            app.MapPost("/act-beside/{user}", async (ISessionManager session, string user) =>
            {
                var gate = _store!.Hold(StoreOperation.Commit, StoreGatePoint.Before);
                var acting = session.ImpersonateAsync(user);
                await gate.Reached;
                session.StoreValue("x", "1");
                gate.Open();
                await acting;
            });
            app.MapPost("/end-and-fail", (ISessionManager session) =>
            {
                session.EndImpersonation();
                throw new InvalidOperationException("The handler failed.");
            });
            map?.Invoke(app);
        });
}
