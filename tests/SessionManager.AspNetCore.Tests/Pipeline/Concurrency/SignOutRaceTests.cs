using System.Net;
using Microsoft.Extensions.DependencyInjection;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>A sign-out whose token was replaced meanwhile: it is carried out all the same, as often as it takes, and with all that it asks for.</summary>
public sealed class SignOutRaceTests
{
    [Theory]
    [InlineData(ClearSessionScope.UserId, 1)]
    [InlineData(ClearSessionScope.Everything, 0)]
    public async Task It_drops_the_values_when_it_is_to_clear_everything(ClearSessionScope scope, int left)
    {
        await using var app = await ScriptedApp.StartAsync(options => options.ClearSessionScope = scope);
        var browser = await app.NewBrowserAsync("in:ann,set:a:0");
        var id = await browser.ReadAsync("/id");
        var signOut = await app.BeginAsync(browser, "out");
        await browser.RunAsync("rotate");

        Assert.Equal(HttpStatusCode.NoContent, await signOut.FinishAsync());

        // Nobody has the session's token any more, so the store is asked.
        var record = await RecordAsync(app, id);
        Assert.Equal((null, left), (record.UserId, record.Values.Count));
    }

    [Fact]
    public async Task It_is_tried_again_when_it_is_overtaken_again()
    {
        await using var app = await ScriptedApp.StartAsync();
        await using var other = await app.StartNodeAsync();
        var browser = other.NewBrowser(await app.NewBrowserAsync("in:ann"));
        var signOut = await app.BeginAsync(app.NewBrowser(browser), "out");
        await browser.RunAsync("rotate");
        var first = app.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        var finishing = signOut.FinishAsync();
        await first.Reached;
        var second = app.Store.Hold(StoreOperation.Commit, StoreGatePoint.Before);
        first.Open();
        await second.Reached;
        await browser.RunAsync("out,in:ann");
        Assert.Equal("ann:", await browser.StateAsync());
        second.Open();

        Assert.Equal(HttpStatusCode.NoContent, await finishing);
        Assert.Equal("nobody:", await browser.StateAsync());
    }

    [Fact]
    public async Task It_is_carried_out_though_the_sign_in_behind_it_begins_a_session_of_its_own()
    {
        await using var app = await ScriptedApp.StartAsync();
        var browser = await app.NewBrowserAsync("in:ann");
        var switches = await app.BeginAsync(browser, "out,in:bob");
        await browser.RunAsync("rotate");

        Assert.Equal(HttpStatusCode.NoContent, await switches.FinishAsync());

        Assert.Equal(("bob:", "nobody:"), (await switches.Tab.StateAsync(), await browser.StateAsync()));
    }

    private static async Task<SessionRecord> RecordAsync(ScriptedApp app, string id)
    {
        var found = await app.App.Services.GetRequiredService<SessionRepository>().LoadAsync(Guid.Parse(id), TestContext.Current.CancellationToken);
        return found.Record!;
    }
}
