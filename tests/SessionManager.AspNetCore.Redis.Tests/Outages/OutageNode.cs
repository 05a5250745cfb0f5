using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.WebUtilities;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>Nodes for tests of outages: their calls wait for a second, and their endpoints use the directory too.</summary>
internal static class OutageNode
{
    /// <summary>How long a call of the store may wait.</summary>
    public static TimeSpan Timeout { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a request may take: two timeouts, and what a busy machine adds.</summary>
    public static TimeSpan Bound { get; } = (2 * Timeout) + TimeSpan.FromSeconds(2);

    public static Task<App> StartAsync(string configuration, string prefix, Action<NodeSetup>? setup = null)
    {
        var more = new NodeSetup();
        setup?.Invoke(more);
        return Node.StartAsync(configuration, new NodeOptions
        {
            Prefix = prefix,
            Clock = more.Clock,
            Services = more.Services,
            Map = app =>
            {
                app.MapPost("/revoke", (ISessionDirectory sessions, string user) => sessions.RevokeUserAsync(user));
                app.MapGet("/devices", async (ISessionDirectory sessions, string user) =>
                    (await sessions.FindByUserAsync(user)).Count);
                app.MapGet("/find", async (ISessionDirectory sessions, string id) =>
                    await sessions.FindAsync(id) is null ? "nothing" : "found");
                app.MapGet("/list", (ISessionDirectory sessions) => sessions.ListAsync());
                more.Map?.Invoke(app);
            },
            Session = session =>
            {
                session.IOTimeout = Timeout;
                more.Session?.Invoke(session);
            },
        });
    }

    /// <summary>The id of a browser's session in the store: the first half of its token.</summary>
    public static Guid StoreId(this Browser browser) =>
        new(WebEncoders.Base64UrlDecode(browser.Token!).AsSpan(0, 16), bigEndian: true);

    /// <summary>Lets one session take all that <see cref="Writers"/> write.</summary>
    public static void Roomy(NodeSetup setup) =>
        setup.Session = static session => (session.MaxKeys, session.MaxSessionBytes) = (100_000, 32 << 20);

    /// <summary>The status of a request, which must come in time.</summary>
    public static async Task<int> InTimeAsync(this Task<HttpResponseMessage> sending)
    {
        var started = Stopwatch.StartNew();
        var status = await sending.StatusAsync().WaitAsync(Node.Patience);
        Assert.InRange(started.Elapsed, TimeSpan.Zero, Bound);
        return status;
    }

    /// <summary>A browser that has signed in, and its value.</summary>
    public static async Task<Browser> SignInAsync(this App node, string user)
    {
        var browser = node.NewBrowser();
        await browser.DoAsync("/value?key=cart&value=full");
        await browser.DoAsync("/sign-in", new Entry("user", user));
        return browser;
    }

    /// <summary>A connection comes back by its own clock, so the request is repeated until it succeeds.</summary>
    public static async Task<TimeSpan> WaitUntilWorkingAsync(this App node)
    {
        var started = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        while (await node.NewBrowser().PostAsync("/value?key=a&value=1").StatusAsync() != 200)
        {
            await timer.WaitForNextTickAsync(patience.Token);
        }

        return started.Elapsed;
    }
}
