using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore.PostgreSql.Tests.Infrastructure;

/// <summary>A node: an application with sessions in PostgreSQL and an endpoint for each operation that the tests
/// need.</summary>
internal static class Node
{
    /// <summary>Time enough for a loaded machine; tests of timeouts set their own.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(60);

    public static Task<App> StartAsync(string? connectionString, NodeOptions options) => App.StartAsync(
        Map,
        new AppOptions
        {
            Clock = options.Clock,
            Session = session =>
            {
                session.IOTimeout = options.IOTimeout;
                session.MaxKeys = 20_000;
                options.Session?.Invoke(session);
            },
            Services = services =>
            {
                options.Services?.Invoke(services);
                services.AddHealthChecks().AddSessionManager();
                services.AddSessionManager().AddPostgreSqlStore(store =>
                {
                    store.ConnectionString = connectionString;
                    store.Schema = options.Schema;
                    options.Store?.Invoke(store);
                });
            },
        });

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

    private static void Map(WebApplication app)
    {
        app.MapHealthChecks("/health");
        app.MapProviderSignIn();
        app.MapGet("/plain", () => "plain");
        app.MapGet("/id", (ISessionManager session) => session.SessionId);
        app.MapGet("/me", (ISessionManager session) => session.GetUserId() ?? "nobody");
        app.MapGet("/keys", (ISessionManager session) => session.Keys);
        app.MapGet("/value", (ISessionManager session, string key) => session.GetValue<string>(key) ?? "nothing");
        app.MapPost("/value", (ISessionManager session, string key, string value) => session.StoreValue(key, value));
        app.MapPost("/fill", (ISessionManager session, int count, int size) => Fill(session, count, size));
        app.MapPost("/increment", (ISessionManager session) =>
            session.UpdateValueAsync<int>("counter", static count => count + 1));
        app.MapPost("/take", async (ISessionManager session, string key) =>
            await session.TakeValueAsync<string>(key) ?? "nothing");
        app.MapPost("/sign-in", (ISessionManager session, string user) => session.SetUserId(user));
        app.MapPost("/sign-out", (ISessionManager session) => session.ClearSession());
        app.MapPost("/destroy", (ISessionManager session) => session.DestroySession());
        app.MapGet("/devices", async (ISessionDirectory sessions, string user) =>
            (await sessions.FindByUserAsync(user)).Count).WithSession(SessionMode.Disabled);
        app.MapPost("/revoke", (ISessionDirectory sessions, string user) => sessions.RevokeUserAsync(user))
            .WithSession(SessionMode.Disabled);
    }

    private static void Fill(ISessionManager session, int count, int size)
    {
        for (var i = 0; i < count; i++)
        {
            session.StoreValue($"value-{i}", new string('x', size));
        }
    }
}
