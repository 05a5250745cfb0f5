using System.Net;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>Sign-in, sign-out, rotation, destruction and a write in one request, in every order: one cookie at most, and the last
/// intent wins.</summary>
public sealed class CallOrderTests
{
    private static readonly string[] Calls = ["in:bob", "out", "rotate", "destroy", "set:b:1"];

    [Theory]
    [InlineData("", 3)]
    [InlineData("", 4)]
    [InlineData("set:a:0", 3)]
    [InlineData("set:a:0", 4)]
    [InlineData("in:ann,set:a:0", 3)]
    [InlineData("in:ann,set:a:0", 4)]
    [InlineData("in:bob,set:a:0", 4)]
    [InlineData("in:ann,set:a:0,out", 4)]
    public async Task Calls_of_one_request_take_effect_in_order(string start, int length)
    {
        await using var app = await ScriptedApp.StartAsync();
        foreach (var order in OrdersOf(Calls, length))
        {
            await CheckAsync(app, start, string.Join(',', order));
        }
    }

    private static async Task CheckAsync(ScriptedApp app, string start, string script)
    {
        var browser = await app.NewBrowserAsync(start);
        var old = browser.Token;
        var (session, replaced) = Model(start, script);
        var why = $"'{script}' after '{start}'";

        var status = await browser.RunAsync(script);

        Assert.True(status == HttpStatusCode.NoContent, $"{why}: {status}");
        Assert.True(browser.LastSetCookies.Count <= 1, $"{why}: {string.Join(" and ", browser.LastSetCookies)}");
        var state = await browser.StateAsync();
        Assert.True(state == session.ToString(), $"{why}: {state} instead of {session}");
        if (replaced && old is not null)
        {
            Assert.True(browser.LastSetCookies.Count == 1, $"{why}: no cookie");
            var stale = await app.StateOfAsync(old);
            Assert.True(stale == "nobody:", $"{why}: the old token opens {stale}");
            Assert.True(browser.Token != old, $"{why}: the old token was kept");
        }
        else
        {
            Assert.True(browser.LastSetCookies.Count == (old is null && session.HasContent ? 1 : 0), $"{why}: {browser.LastSetCookies.Count} cookies");
        }
    }

    /// <summary>The session after the script, and whether the token it came with is dead.</summary>
    private static (ModelSession Session, bool Replaced) Model(string start, string script)
    {
        var session = new ModelSession();
        foreach (var call in ScriptCall.ParseAll(start))
        {
            session.Apply(call);
        }

        var replaced = false;
        foreach (var call in ScriptCall.ParseAll(script))
        {
            if (call.Verb == "destroy")
            {
                session = new ModelSession();
                replaced = true;
                continue;
            }

            replaced |= call.Verb is "in" or "rotate" || (call.Verb == "out" && session.IsAffectedBy(call));
            session.Apply(call);
        }

        return (session, replaced);
    }

    private static IEnumerable<string[]> OrdersOf(string[] calls, int length) =>
        length == 0
            ? [[]]
            : calls.SelectMany(first => OrdersOf([.. calls.Where(call => call != first)], length - 1).Select(rest => (string[])[first, .. rest]));
}
