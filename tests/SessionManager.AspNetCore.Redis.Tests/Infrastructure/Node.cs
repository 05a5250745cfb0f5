using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore.Redis.Tests.Infrastructure;

/// <summary>A node: an application with sessions in Redis and an endpoint for each operation the tests need.</summary>
internal static class Node
{
    /// <summary>Time enough for a loaded machine; tests of timeouts set their own.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    public static Task<App> StartAsync(RedisServer server, NodeOptions? options = null) =>
        StartAsync($"{server.Configuration},connectTimeout=1000,asyncTimeout=30000", options);

    public static Task<App> StartAsync(string? configuration, NodeOptions? options = null)
    {
        options ??= new NodeOptions();
        return App.StartAsync(
            app =>
            {
                Map(app);
                options.Map?.Invoke(app);
            },
            new AppOptions
            {
                Clock = options.Clock,
                Session = session =>
                {
                    session.IOTimeout = Patience;
                    session.MaxKeys = 20_000;
                    options.Session?.Invoke(session);
                },
                Services = services =>
                {
                    options.Services?.Invoke(services);
                    services.AddSessionManager().AddRedisStore(store =>
                    {
                        store.Configuration = configuration;
                        store.KeyPrefix = options.Prefix;
                        options.Store?.Invoke(store);
                    });
                },
            });
    }

    /// <summary>The same browser on another node.</summary>
    public static Browser On(this Browser browser, App node)
    {
        var other = node.NewBrowser();
        other.Token = browser.Token;
        return other;
    }

    /// <summary>The status of a request.</summary>
    public static async Task<int> StatusAsync(this Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        return (int)response.StatusCode;
    }

    public static async Task<string[]> KeysAsync(this Browser browser)
    {
        using var response = await browser.GetAsync("/keys");
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<string[]>())!;
    }

    /// <summary>The key of the browser's session in the store: the prefix and the id in lowercase hex.</summary>
    public static async Task<string> StoreKeyAsync(this Browser browser, NodeOptions options) =>
        options.Prefix + Guid.Parse(await browser.ReadAsync("/id")).ToString("N");

    private static void Map(WebApplication app)
    {
        app.MapGet("/plain", () => "plain");
        app.MapGet("/id", (ISessionManager session) => session.SessionId);
        app.MapGet("/me", (ISessionManager session) => session.GetUserId() ?? "nobody");
        app.MapGet("/end", (ISessionManager session) => session.PreviousSessionEnd?.ToString() ?? "none");
        app.MapGet("/keys", (ISessionManager session) => session.Keys);
        app.MapGet("/value", (ISessionManager session, string key) => session.GetValue<string>(key) ?? "nothing");
        app.MapPost("/read", (ISessionManager session, Entry entry) => session.GetValue<string>(entry.Key) ?? "nothing");
        app.MapPost("/store", (ISessionManager session, Entry entry) => session.StoreValue(entry.Key, entry.Value));
        app.MapPost("/remove", (ISessionManager session, Entry entry) => session.RemoveValue(entry.Key));
        app.MapPost("/value", (ISessionManager session, string key, string value) => session.StoreValue(key, value));
        app.MapPost("/fill", (ISessionManager session, int count, int size) => Fill(session, count, size));
        app.MapPost("/increment", (ISessionManager session) => session.UpdateValueAsync<int>("counter", static count => count + 1));
        app.MapPost("/append", (ISessionManager session, string key) => session.UpdateValueAsync<string>(key, static text => text + "+"));
        app.MapPost("/take", async (ISessionManager session, string key) => await session.TakeValueAsync<string>(key) ?? "nothing");
        app.MapPost("/drop", (HttpContext context) => context.Session.Clear());
        app.MapPost("/sign-in", (ISessionManager session, Entry entry) => session.SetUserId(entry.Value));
        app.MapPost("/sign-out", (ISessionManager session) => session.ClearSession());
        app.MapPost("/rotate", (ISessionManager session) => session.RotateToken());
        app.MapPost("/destroy", (ISessionManager session) => session.DestroySession());
    }

    private static void Fill(ISessionManager session, int count, int size)
    {
        for (var i = 0; i < count; i++)
        {
            session.StoreValue($"value-{i}", new string('x', size));
        }
    }
}
