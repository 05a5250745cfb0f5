using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Concurrency;

/// <summary>
/// An application whose requests are scripts: calls of the session, run in order, as in
/// <c>set:cart:1,in:ann,hold:a,rotate</c>.
/// <c>hold</c> stops the request inside its handler until the test lets it go; <c>say</c> answers with a body instead
/// of 204; <c>insist</c> saves at the second try.
/// </summary>
internal sealed class ScriptedApp : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Gate> _gates = new(StringComparer.Ordinal);
    private App _app = null!;
    private FaultStore _store = null!;
    private int _requests;

    private ScriptedApp(FaultCache cache) => Cache = cache;

    public App App => _app;

    public FaultCache Cache { get; }

    public FaultStore Store => _store;

    public static Task<ScriptedApp> StartAsync(
        Action<SessionManagerOptions>? session = null, TimeSpan delay = default) =>
        StartAsync(new FaultCache { Delay = delay }, new AppOptions().Clock, session);

    /// <summary>Starts another node of this application, over the same cache.</summary>
    public Task<ScriptedApp> StartNodeAsync(Action<SessionManagerOptions>? session = null) =>
        StartAsync(Cache, App.Clock, session);

    private static async Task<ScriptedApp> StartAsync(
        FaultCache cache, FakeTimeProvider clock, Action<SessionManagerOptions>? session)
    {
        var scripted = new ScriptedApp(cache);
        scripted._app = await App.StartAsync(scripted.Map, new AppOptions
        {
            Cache = scripted.Cache,
            Clock = clock,
            Session = session,
            Services = services =>
            {
                // Thousands of requests: nobody reads their logs.
                services.AddLogging(logging => logging.ClearProviders());
                FaultStore.AddTo(services, made => scripted._store = made);
            },
        });
        return scripted;
    }

    public Browser NewBrowser() => _app.NewBrowser();

    /// <summary>The same browser, at this node.</summary>
    public Browser NewBrowser(Browser browser) => NewBrowserWith(browser.Token);

    /// <summary>A browser that has run a script.</summary>
    public async Task<Browser> NewBrowserAsync(string script)
    {
        var browser = NewBrowser();
        Assert.Equal(HttpStatusCode.NoContent, await browser.RunAsync(script));
        return browser;
    }

    /// <summary>Begins a request in another tab of the browser: runs a script and stops there. <paramref name="then"/>
    /// runs when it is finished.</summary>
    public async Task<HeldRequest> BeginAsync(Browser browser, string script, string? then = null)
    {
        var name = Interlocked.Increment(ref _requests).ToString(CultureInfo.InvariantCulture);
        var gate = _gates.GetOrAdd(name, _ => new Gate());
        var tab = browser.Clone();
        string[] parts = [script, $"hold:{name}", then ?? ""];
        var response = tab.PostAsync($"/run/{string.Join(',', parts.Where(part => part.Length > 0))}");
        await await Task.WhenAny(gate.Reached, response);
        Assert.True(gate.IsReached, "The request ended before it was held.");
        return new HeldRequest(tab, gate, response);
    }

    /// <summary>What a request sees that brings a token.</summary>
    public Task<string> StateOfAsync(string token) => NewBrowserWith(token).StateAsync();

    /// <summary>Why the session that a token opened is gone; empty when it lives.</summary>
    public Task<string> EndOfAsync(string token) => NewBrowserWith(token).ReadAsync("/end");

    public async ValueTask DisposeAsync()
    {
        foreach (var gate in _gates.Values)
        {
            gate.Open();
        }

        await _app.DisposeAsync();
    }

    private Browser NewBrowserWith(string? token)
    {
        var browser = NewBrowser();
        browser.Token = token;
        return browser;
    }

    private void Map(WebApplication app)
    {
        app.MapPost("/run/{script?}", RunScriptAsync);
        app.MapGet("/state", (ISessionManager session) =>
            $"{session.GetUserId() ?? "nobody"}:{string.Concat(session.Keys.Order(StringComparer.Ordinal).Select(key => $" {key}={session.GetValue<string>(key)}"))}");
        app.MapGet("/end", (ISessionManager session) => $"{session.PreviousSessionEnd}");
        app.MapGet("/id", (ISessionManager session) => session.SessionId);
    }

    private async Task<IResult> RunScriptAsync(string? script, ISessionManager session)
    {
        string? text = null;
        foreach (var call in ScriptCall.ParseAll(script ?? ""))
        {
            switch (call.Verb)
            {
                case "set":
                    session.StoreValue(call.Key, call.Value);
                    break;
                case "remove":
                    session.RemoveValue(call.Key);
                    break;
                case "in":
                    Assert.True(session.SetUserId(call.Key));
                    break;
                case "out":
                    session.ClearSession();
                    break;
                case "rotate":
                    session.RotateToken();
                    break;
                case "destroy":
                    session.DestroySession();
                    break;
                case "commit":
                    await session.CommitAsync();
                    break;
                case "insist":
                    await Assert.ThrowsAsync<SessionStoreException>(() => session.CommitAsync());
                    await session.CommitAsync();
                    break;
                case "add":
                    await session.UpdateValueAsync<string>(call.Key, Increment);
                    break;
                case "take":
                    text = await session.TakeValueAsync<string>(call.Key);
                    break;
                case "say":
                    text = call.Key;
                    break;
                case "hold":
                    await _gates.GetOrAdd(call.Key, _ => new Gate()).PassAsync();
                    break;
                default:
                    throw new ArgumentException($"There is no call '{call.Verb}'.", nameof(script));
            }
        }

        return text is null ? TypedResults.NoContent() : TypedResults.Text(text);
    }

    private static string Increment(string? value) =>
        (int.Parse(value ?? "0", CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
}
