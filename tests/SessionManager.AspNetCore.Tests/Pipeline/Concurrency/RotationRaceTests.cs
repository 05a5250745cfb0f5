using System.Net;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>Changes of the token at the same time as each other and as writes.</summary>
public sealed class RotationRaceTests
{
    [Fact]
    public async Task Of_two_rotations_at_once_one_wins_and_the_other_keeps_its_changes_and_sets_no_cookie()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var first = await app.BeginAsync(browser, "rotate,set:first:1");
        var second = await app.BeginAsync(browser, "rotate,set:second:1");

        Assert.Equal(HttpStatusCode.NoContent, await first.FinishAsync());
        Assert.Equal(HttpStatusCode.NoContent, await second.FinishAsync());

        Assert.Single(first.Tab.LastSetCookies);
        Assert.Empty(second.Tab.LastSetCookies);
        Assert.NotEqual(browser.Token, first.Tab.Token);
        Assert.Equal("ann: a=0 first=1 second=1", await first.Tab.StateAsync());
        Assert.Equal("nobody:", await browser.StateAsync());
        Assert.Equal("Replaced", await app.EndOfAsync(browser.Token!));
    }

    [Fact]
    public async Task Of_many_rotations_at_once_exactly_one_leaves_a_live_token()
    {
        await using var app = await ScriptedApp.StartAsync(delay: TimeSpan.FromMilliseconds(1));
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var held = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => app.BeginAsync(browser, $"rotate,set:k{i:00}:1")));

        var statuses = await Task.WhenAll(held.Select(request => request.FinishAsync()));

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.NoContent, status));
        var winner = Assert.Single(held, request => request.Tab.LastSetCookies.Count > 0);
        var keys = string.Concat(Enumerable.Range(0, 20).Select(i => $" k{i:00}=1"));
        Assert.Equal($"ann: a=0{keys}", await winner.Tab.StateAsync());
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task A_write_in_flight_across_a_rotation_is_saved_and_sets_no_cookie()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var writer = await app.BeginAsync(browser, "set:b:1", "add:n");
        var rotated = browser.Clone();
        await rotated.RunAsync("rotate");

        Assert.Equal(HttpStatusCode.NoContent, await writer.FinishAsync());

        Assert.Empty(writer.Tab.LastSetCookies);
        Assert.Equal("ann: a=0 b=1 n=1", await rotated.StateAsync());
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task A_rotation_in_flight_across_a_write_keeps_it()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var rotation = await app.BeginAsync(browser, "rotate");
        await browser.Clone().RunAsync("set:a:1");

        Assert.Equal(HttpStatusCode.NoContent, await rotation.FinishAsync());

        Assert.Equal("ann: a=1", await rotation.Tab.StateAsync());
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task A_reader_in_flight_across_a_rotation_counts_as_use_when_it_ends()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        app.App.Clock.Advance(TimeSpan.FromMinutes(5));
        var reader = await app.BeginAsync(browser, "");
        var rotated = browser.Clone();
        await rotated.RunAsync("rotate");

        app.App.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(HttpStatusCode.NoContent, await reader.FinishAsync());
        app.App.Clock.Advance(TimeSpan.FromMinutes(19));

        Assert.Equal("ann: a=0", await rotated.StateAsync());
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task A_sign_in_in_flight_across_a_rotation_begins_a_session_of_its_own()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("set:cart:1");
        var signIn = await app.BeginAsync(browser, "in:ann");
        var rotated = browser.Clone();
        await rotated.RunAsync("rotate");

        Assert.Equal(HttpStatusCode.NoContent, await signIn.FinishAsync());

        Assert.Equal("ann: cart=1", await signIn.Tab.StateAsync());
        Assert.Equal("nobody: cart=1", await rotated.StateAsync());
    }
}
