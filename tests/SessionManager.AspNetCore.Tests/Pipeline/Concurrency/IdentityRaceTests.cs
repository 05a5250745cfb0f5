using System.Net;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>Sign-in and sign-out while requests of the session are running: what was changed under one identity is never applied
/// under another.</summary>
public sealed class IdentityRaceTests
{
    public static TheoryData<string, string, string> IdentityChanges => new()
    {
        { "set:a:0", "in:ann", "ann: a=0" },
        { "in:ann,set:a:0", "out", "nobody: a=0" },
        { "in:ann,set:a:0", "in:bob", "bob:" },
        { "in:ann,set:a:0", "out,in:ann", "ann: a=0" },
        { "in:ann,set:a:0", "in:bob,in:ann", "ann:" },
        { "in:ann,set:a:0", "in:bob,out", "nobody:" },
    };

    [Theory]
    [MemberData(nameof(IdentityChanges))]
    public async Task A_write_made_before_a_change_of_identity_is_refused_after_it(string before, string change, string after) =>
        await RefusedAsync(before, "set:a:1,set:b:1", null, change, after);

    [Theory]
    [MemberData(nameof(IdentityChanges))]
    public async Task A_removal_made_before_a_change_of_identity_is_refused_after_it(string before, string change, string after) =>
        await RefusedAsync(before, "remove:a", null, change, after);

    [Theory]
    [MemberData(nameof(IdentityChanges))]
    public async Task An_update_begun_before_a_change_of_identity_is_refused_after_it(string before, string change, string after) =>
        await RefusedAsync(before, "", "add:a", change, after);

    [Theory]
    [MemberData(nameof(IdentityChanges))]
    public async Task A_take_begun_before_a_change_of_identity_is_refused_after_it(string before, string change, string after) =>
        await RefusedAsync(before, "", "take:a", change, after);

    [Theory]
    [MemberData(nameof(IdentityChanges))]
    public async Task A_rotation_begun_before_a_change_of_identity_sets_no_cookie_after_it(string before, string change, string after) =>
        await RefusedAsync(before, "rotate", null, change, after);

    [Fact]
    public async Task Signing_in_again_as_the_same_user_leaves_that_users_requests_in_flight_alone()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var writer = await app.BeginAsync(browser, "set:b:1", "add:n");
        var again = browser.Clone();
        await again.RunAsync("in:ann");

        Assert.Equal(HttpStatusCode.NoContent, await writer.FinishAsync());

        Assert.Equal("ann: a=0 b=1 n=1", await again.StateAsync());
        Assert.Empty(writer.Tab.LastSetCookies);
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task A_double_clicked_sign_in_succeeds_twice_with_the_cart_in_both()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var first = await app.BeginAsync(browser, "in:ann");
        var second = await app.BeginAsync(browser, "in:ann");

        Assert.Equal(HttpStatusCode.NoContent, await first.FinishAsync());
        Assert.Equal(HttpStatusCode.NoContent, await second.FinishAsync());

        Assert.NotEqual(first.Tab.Token, second.Tab.Token);
        Assert.Equal("ann: cart=1", await first.Tab.StateAsync());
        Assert.Equal("ann: cart=1", await second.Tab.StateAsync());
        Assert.Equal(await first.Tab.ReadAsync("/id"), await second.Tab.ReadAsync("/id"));
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task Two_users_who_sign_in_to_one_session_at_once_get_a_session_each()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var ann = await app.BeginAsync(browser, "in:ann,set:of:ann");
        var bob = await app.BeginAsync(browser, "in:bob,set:of:bob");

        Assert.Equal(HttpStatusCode.NoContent, await bob.FinishAsync());
        Assert.Equal(HttpStatusCode.NoContent, await ann.FinishAsync());

        Assert.Equal("bob: cart=1 of=bob", await bob.Tab.StateAsync());
        Assert.Equal("ann: cart=1 of=ann", await ann.Tab.StateAsync());
    }

    [Fact]
    public async Task Two_users_who_sign_in_after_a_third_at_once_see_nothing_of_that_one_or_of_each_other()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:of:ann");
        var bob = await app.BeginAsync(browser, "in:bob,set:b:1");
        var carl = await app.BeginAsync(browser, "in:carl,set:c:1");

        Assert.Equal(HttpStatusCode.NoContent, await bob.FinishAsync());
        Assert.Equal(HttpStatusCode.NoContent, await carl.FinishAsync());

        Assert.Equal("bob: b=1", await bob.Tab.StateAsync());
        Assert.Equal("carl: c=1", await carl.Tab.StateAsync());
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task Many_sign_ins_at_once_all_succeed()
    {
        await using var app = await ScriptedApp.StartAsync(delay: TimeSpan.FromMilliseconds(1));
        var browser = await app.NewBrowserAsync("set:cart:1");
        var requests = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => app.BeginAsync(browser, "in:ann")));

        var statuses = await Task.WhenAll(requests.Select(request => request.FinishAsync()));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.NoContent, status));
        Assert.Equal(20, requests.Select(request => request.Tab.Token).Distinct().Count());
        Assert.All(await Task.WhenAll(requests.Select(request => request.Tab.StateAsync())), state => Assert.Equal("ann: cart=1", state));
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task Two_sign_outs_at_once_both_succeed()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var first = await app.BeginAsync(browser, "out");
        var second = await app.BeginAsync(browser, "out");

        Assert.Equal(HttpStatusCode.NoContent, await first.FinishAsync());
        Assert.Equal(HttpStatusCode.NoContent, await second.FinishAsync());

        Assert.Equal("nobody: a=0", await first.Tab.StateAsync());
        Assert.Equal("Replaced", await app.EndOfAsync(browser.Token!));
    }

    [Fact]
    public async Task What_a_request_changed_before_a_sign_out_that_came_second_is_not_saved()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var late = await app.BeginAsync(browser, "set:a:1,out");
        var first = browser.Clone();
        await first.RunAsync("out");

        Assert.Equal(HttpStatusCode.NoContent, await late.FinishAsync());
        Assert.Equal("nobody: a=0", await first.StateAsync());
    }

    [Fact]
    public async Task A_sign_out_in_flight_across_another_users_sign_in_succeeds_and_leaves_that_user_alone()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var signOut = await app.BeginAsync(browser, "set:a:1,out");
        var bob = browser.Clone();
        await bob.RunAsync("in:bob,set:b:1");

        Assert.Equal(HttpStatusCode.NoContent, await signOut.FinishAsync());

        Assert.Empty(signOut.Tab.LastSetCookies);
        Assert.Equal("nobody:", await signOut.Tab.StateAsync());
        Assert.Equal("bob: b=1", await bob.StateAsync());
    }

    [Theory]
    [InlineData("in:ann")]
    [InlineData("rotate")]
    [InlineData("out,in:ann")]
    public async Task A_sign_out_in_flight_across_a_new_token_of_the_same_user_signs_that_user_out_for_good(string change)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var signOut = await app.BeginAsync(browser, "out");
        var renewed = browser.Clone();
        await renewed.RunAsync(change);
        Assert.Equal("ann: a=0", await renewed.StateAsync());

        Assert.Equal(HttpStatusCode.NoContent, await signOut.FinishAsync());

        Assert.Equal("nobody:", await renewed.StateAsync());
        Assert.StartsWith("nobody:", await signOut.Tab.StateAsync(), StringComparison.Ordinal);
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task A_sign_in_in_flight_across_a_sign_out_does_not_revive_the_old_sign_in()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var bob = await app.BeginAsync(browser, "in:bob,set:b:1");
        var signedOut = browser.Clone();
        await signedOut.RunAsync("out");

        Assert.Equal(HttpStatusCode.NoContent, await bob.FinishAsync());

        Assert.Equal("bob: b=1", await bob.Tab.StateAsync());
        Assert.Equal("nobody: a=0", await signedOut.StateAsync());
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task An_old_token_is_dead_and_stays_dead_after_it_was_replayed_across_sign_in_and_sign_out()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var tokens = new List<string> { browser.Token! };
        foreach (var change in new[] { "in:ann", "in:ann", "rotate", "out", "in:bob" })
        {
            await browser.RunAsync(change);
            foreach (var old in tokens)
            {
                var thief = app.NewBrowser();
                thief.Token = old;
                Assert.Equal(HttpStatusCode.NoContent, await thief.RunAsync("set:stolen:1"));
                Assert.Equal("nobody: stolen=1", await thief.StateAsync());
                Assert.Equal("nobody:", await app.StateOfAsync(old));
            }

            tokens.Add(browser.Token!);
        }

        Assert.Equal("bob:", await browser.StateAsync());
    }

    private static async Task RefusedAsync(string before, string script, string? then, string change, string after)
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync(before);
        var held = await app.BeginAsync(browser, script, then);
        var changed = browser.Clone();
        Assert.Equal(HttpStatusCode.NoContent, await changed.RunAsync(change));

        Assert.Equal(HttpStatusCode.Conflict, await held.FinishAsync());

        Assert.Empty(held.Tab.LastSetCookies);
        Assert.Equal(after, await changed.StateAsync());
        Assert.Equal("nobody:", await browser.StateAsync());
    }
}
