using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Tests.Authentication;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Identity;

/// <summary>The sessions that users signed in to through an OpenID Connect provider are ended when the provider says
/// so.</summary>
public sealed class ProviderRevocationTests
{
    private FaultStore? _store;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_session_at_the_provider_names_exactly_one_session()
    {
        await using var app = await StartAsync();
        var (first, second, other) = (
            await SignInAsync(app, "ann", "s1", "u1"), await SignInAsync(app, "ann", "s2", "u1"), await SignInAsync(app, "bob", "s3", "u2"));

        Assert.Equal(1, await RevokeAsync(app, sid: "s1"));

        Assert.Equal("Revoked", await first.ReadAsync("/end"));
        Assert.Equal(("ann", "bob"), (await second.ReadAsync("/me"), await other.ReadAsync("/me")));
        Assert.Equal(0, await RevokeAsync(app, sid: "s1"));
    }

    [Fact]
    public async Task The_user_at_the_provider_names_all_sessions_of_the_user_there_and_nobody_elses()
    {
        await using var app = await StartAsync();
        var (first, second) = (await SignInAsync(app, "ann", "s1", "u1"), await SignInAsync(app, "ann", sub: "u1"));
        var elsewhere = await SignInAsync(app, "ann", "s1", "u1", "https://other.example");
        var (local, other) = (app.NewBrowser(), await SignInAsync(app, "bob", "s3", "u2"));
        await local.DoAsync("/sign-in/u1");

        Assert.Equal(2, await RevokeAsync(app, subject: "u1"));

        Assert.Equal(("Revoked", "Revoked"), (await first.ReadAsync("/end"), await second.ReadAsync("/end")));
        Assert.Equal(
            ("ann", "u1", "bob"), (await elsewhere.ReadAsync("/me"), await local.ReadAsync("/me"), await other.ReadAsync("/me")));
    }

    [Theory]
    [InlineData("s1", "u1", true)]
    [InlineData("s1", "u2", false)]
    [InlineData("s2", "u1", false)]
    [InlineData("u1", null, false)]
    [InlineData(null, "s1", false)]
    [InlineData("S1", null, false)]
    [InlineData(null, "u1 ", false)]
    public async Task Both_names_have_to_be_those_of_the_session_and_neither_stands_for_the_other(
        string? sid, string? subject, bool ends)
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app, "ann", "s1", "u1");

        Assert.Equal(ends ? 1 : 0, await RevokeAsync(app, sid, subject));

        Assert.Equal(ends ? "Revoked" : "none", await browser.ReadAsync("/end"));
    }

    [Theory]
    [InlineData("https://op.exampl", "es1")]
    [InlineData("https://op.example/", "s1")]
    [InlineData("HTTPS://op.example", "s1")]
    public async Task An_issuer_that_looks_alike_is_another_one(string issuer, string sid)
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app, "ann", "s1", "u1");

        Assert.Equal(0, await RevokeAsync(app, sid, issuer: issuer));

        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    [Theory]
    [InlineData(null, null, null, "issuer")]
    [InlineData("", "s1", null, "issuer")]
    [InlineData(ProviderEndpoints.Issuer, null, null, "sid")]
    [InlineData(ProviderEndpoints.Issuer, "", "u1", "sid")]
    [InlineData(ProviderEndpoints.Issuer, "s1", "", "subject")]
    public async Task A_call_that_names_nothing_is_refused(string? issuer, string? sid, string? subject, string parameter)
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app, "ann", "s1", "u1");

        var exception = await Assert.ThrowsAnyAsync<ArgumentException>(() => RevokeAsync(app, sid, subject, issuer!));

        Assert.Equal(parameter, exception.ParamName);
        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task The_last_sign_in_of_a_session_counts()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app, "ann", "s1", "u1");
        await browser.SignInFromAsync("ann", "s2", "u1");

        Assert.Equal(0, await RevokeAsync(app, sid: "s1"));
        Assert.Equal("ann", await browser.ReadAsync("/me"));

        Assert.Equal(1, await RevokeAsync(app, sid: "s2"));
        Assert.Equal("Revoked", await browser.ReadAsync("/end"));
    }

    [Theory]
    [InlineData("/sign-in/ann")]
    [InlineData("/sign-out")]
    public async Task A_session_that_a_provider_no_longer_vouches_for_is_not_ended(string next)
    {
        await using var app = await StartAsync(options => options.ClearSessionScope = ClearSessionScope.UserId);
        var browser = await SignInAsync(app, "ann", "s1", "u1");
        await browser.DoAsync("/values/cart/three");

        await browser.DoAsync(next);

        Assert.Equal(0, await RevokeAsync(app, sid: "s1"));
        Assert.Equal(0, await RevokeAsync(app, subject: "u1"));
        Assert.Equal("three", await browser.ReadAsync("/values/cart"));
    }

    [Fact]
    public async Task A_renewal_of_the_sign_in_keeps_the_provider()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app, "ann", "s1", "u1");
        await browser.DoAsync("/renew");

        Assert.Equal(1, await RevokeAsync(app, sid: "s1"));
    }

    [Fact]
    public async Task A_session_in_which_its_user_acts_as_another_user_ends_as_well()
    {
        await using var app = await StartAsync();
        var sue = await SignInAsync(app, "sue", "s1", "u1");
        await sue.DoAsync("/act/carl");

        Assert.Equal(1, await RevokeAsync(app, sid: "s1"));
        Assert.Equal(("nobody", "Revoked"), (await sue.ReadAsync("/me"), await sue.ReadAsync("/end")));

        var again = await SignInAsync(app, "sue", "s2", "u1");
        await again.DoAsync("/act/carl");
        await again.DoAsync("/act-no-more");
        Assert.Equal(1, await RevokeAsync(app, subject: "u1"));
    }

    [Fact]
    public async Task A_sign_in_that_comes_while_the_old_one_is_ended_lives()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app, "ann", "s1", "u1");
        var gate = _store!.Hold(StoreOperation.End, StoreGatePoint.Before);

        var ending = RevokeAsync(app, sid: "s1");
        await gate.Reached;
        await browser.SignInFromAsync("ann", "s2", "u1");
        gate.Open();

        Assert.Equal(0, await ending);
        Assert.Equal("ann", await browser.ReadAsync("/me"));
    }

    [Fact]
    public async Task A_value_that_is_stored_while_a_session_is_ended_does_not_save_it()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app, "ann", "s1", "u1");
        var gate = _store!.Hold(StoreOperation.End, StoreGatePoint.Before);

        var ending = RevokeAsync(app, sid: "s1");
        await gate.Reached;
        await browser.DoAsync("/values/a/1");
        gate.Open();

        Assert.Equal(1, await ending);
        Assert.Equal("Revoked", await browser.ReadAsync("/end"));
    }

    [Fact]
    public async Task A_sign_in_whose_session_is_not_saved_leaves_the_provider_of_the_old_one()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app, "ann", "s1", "u1");
        _store!.Plan(StoreOperation.Commit, StoreFaultKind.Fail, after: 2);
        using var failed = await browser.Clone().PostAsync($"/sign-in-from?user=ann&issuer={ProviderEndpoints.Issuer}&sid=s2&sub=u1");
        Assert.Equal(503, (int)failed.StatusCode);
        _store.Heal();

        Assert.Equal(0, await RevokeAsync(app, sid: "s2"));
        Assert.Equal(1, await RevokeAsync(app, sid: "s1"));
        Assert.Equal("Revoked", await browser.ReadAsync("/end"));
    }

    [Fact]
    public async Task No_session_is_saved_that_its_provider_would_not_find()
    {
        await using var app = await StartAsync();
        for (var call = 0; call < 2; call++)
        {
            var browser = app.NewBrowser();
            _store!.Plan(StoreOperation.Commit, StoreFaultKind.Fail, after: call);
            using var failed = await browser.PostAsync($"/sign-in-from?user=ann&issuer={ProviderEndpoints.Issuer}&sid=s1&sub=u1");
            Assert.Equal(503, (int)failed.StatusCode);
            _store.Heal();
        }

        Assert.Empty(await app.Services.GetRequiredService<ISessionDirectory>().FindByUserAsync("ann", Cancellation));
    }

    [Theory]
    [InlineData(false, 24 * 60, 20)]
    [InlineData(true, 30 * 24 * 60, 14 * 24 * 60)]
    public async Task A_provider_finds_a_session_for_as_long_as_it_can_live_and_its_record_is_kept(
        bool persistent, int absolute, int idle)
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache, map: app => app.MapProviderSignIn());
        await SignInAsync(app, "ann", "s1", "u1", persistent: persistent);

        // Two pointers, their lists and the list of the user.
        var until = TimeSpan.FromMinutes(absolute + idle + 20);
        Assert.Equal(5, cache.Entries.Values.Count(entry => entry.Options.AbsoluteExpirationRelativeToNow == until));
        Assert.Equal(6, cache.Entries.Count);
    }

    [Fact]
    public async Task An_expired_session_is_not_counted()
    {
        await using var app = await StartAsync();
        var browser = await SignInAsync(app, "ann", "s1", "u1");
        app.Clock.Advance(TimeSpan.FromMinutes(21));

        Assert.Equal(0, await RevokeAsync(app, sid: "s1"));
        Assert.Equal("Expired", await browser.ReadAsync("/end"));
    }

    [Fact]
    public async Task A_session_that_was_revoked_with_its_user_is_not_counted_again()
    {
        var cache = new FaultCache();
        await using var app = await AuthenticationApp.StartAsync(cache: cache, map: app => app.MapProviderSignIn());
        var browser = await SignInAsync(app, "ann", "s1", "u1");
        var list = $"session:sessions:{Convert.ToHexStringLower(SHA256.HashData("ann"u8))}";
        Assert.True(cache.Entries.TryRemove(list, out _));
        Assert.Equal(
            0, await app.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("ann", cancellationToken: Cancellation));

        Assert.Equal(0, await RevokeAsync(app, subject: "u1"));
        Assert.Equal("Revoked", await browser.ReadAsync("/end"));
    }

    [Fact]
    public async Task The_application_is_told_of_each_end_once()
    {
        var told = new List<string>();
        await using var app = await StartAsync(options => options.Events.OnEnded = context =>
        {
            told.Add($"{context.Session.UserId} {context.Reason}");
            return Task.CompletedTask;
        });
        await SignInAsync(app, "ann", "s1", "u1");
        await SignInAsync(app, "ann", "s2", "u1");

        await RevokeAsync(app, subject: "u1");

        Assert.Equal(["ann Revoked", "ann Revoked"], told);
    }

    [Fact]
    public async Task Pointers_are_neither_counted_nor_listed_nor_sessions_of_a_user_with_such_an_id()
    {
        await using var app = await StartAsync();
        var directory = app.Services.GetRequiredService<ISessionDirectory>();
        var (browser, odd) = (await SignInAsync(app, "ann", "s1", "u1"), app.NewBrowser());
        var index = ProviderPointers.IndexesOf(new ProviderSession(ProviderEndpoints.Issuer, "s1", Subject: null)).Single();
        Assert.Equal(0, await RevokeAsync(app, "s1", "u2"));
        Assert.Equal((0, 1), (directory.Count()!.Anonymous, directory.Count()!.SignedIn));
        Assert.Equal(1, await directory.ListAsync(Cancellation).CountAsync(Cancellation));
        Assert.Empty(await directory.FindByUserAsync(index, Cancellation));

        await odd.DoAsync("/sign-in-json", index);
        Assert.Single(await directory.FindByUserAsync(index, Cancellation));
        Assert.Equal(1, await directory.RevokeUserAsync(index, cancellationToken: Cancellation));
        Assert.Equal(("ann", "Revoked"), (await browser.ReadAsync("/me"), await odd.ReadAsync("/end")));

        await odd.DoAsync("/sign-in-json", index);
        Assert.Equal(1, await RevokeAsync(app, sid: "s1"));
        Assert.Equal(("Revoked", index), (await browser.ReadAsync("/end"), await odd.ReadAsync("/me")));
    }

    [Fact]
    public async Task On_a_plain_cache_a_provider_ends_sessions_that_only_the_other_node_knows_and_not_those_that_the_cache_has_lost_from_its_list()
    {
        var cache = new FaultCache();
        await using var a = await AuthenticationApp.StartAsync(cache: cache);
        await using var b = await AuthenticationApp.StartAsync(cache: cache, map: app => app.MapProviderSignIn());
        var (browser, other) = (await SignInAsync(b, "ann", "s1", "u1"), await SignInAsync(b, "bob", "s2", "u2"));

        Assert.Equal(1, await RevokeAsync(a, sid: "s1"));
        var onA = a.NewBrowser();
        onA.Token = browser.Token;
        Assert.Equal(("Revoked", "nobody", "bob"), (await browser.ReadAsync("/end"), await onA.ReadAsync("/me"), await other.ReadAsync("/me")));

        foreach (var list in cache.Entries.Keys.Where(key => key.Contains(":sessions:", StringComparison.Ordinal)))
        {
            cache.Entries.TryRemove(list, out _);
        }

        Assert.Equal(0, await RevokeAsync(a, sid: "s2"));
        Assert.Equal("bob", await other.ReadAsync("/me"));
        await a.Services.GetRequiredService<ISessionDirectory>().RevokeUserAsync("bob", cancellationToken: Cancellation);
        Assert.Equal("Revoked", await other.ReadAsync("/end"));
    }

    private static async Task<Browser> SignInAsync(
        App app, string user, string? sid = null, string? sub = null, string issuer = ProviderEndpoints.Issuer, bool persistent = false)
    {
        var browser = app.NewBrowser();
        await browser.SignInFromAsync(user, sid, sub, issuer, persistent);
        return browser;
    }

    private static Task<int> RevokeAsync(
        App app, string? sid = null, string? subject = null, string issuer = ProviderEndpoints.Issuer) =>
        app.Services.GetRequiredService<ISessionDirectory>().RevokeByProviderAsync(issuer, sid, subject, Cancellation);

    private Task<App> StartAsync(Action<SessionManagerOptions>? session = null) => AuthenticationApp.StartAsync(
        session: session,
        services: services => FaultStore.AddTo(services, made => _store = made),
        map: app =>
        {
            app.MapProviderSignIn();
            app.MapPost("/sign-in-json", (ISessionManager session, [FromBody] string user) => session.SetUserId(user));
            app.MapPost("/act/{user}", (ISessionManager session, string user) => session.ImpersonateAsync(user));
            app.MapPost("/act-no-more", (ISessionManager session) => session.EndImpersonation());
            app.MapPost("/renew", async (HttpContext context) =>
            {
                var result = await context.AuthenticateAsync();
                await context.SignInAsync(result.Principal!, result.Properties);
            });
        });
}
