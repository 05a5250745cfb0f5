namespace SessionManager.AspNetCore.Sqlite.Tests.Node;

/// <summary>What all nodes of the tests have, in whichever process they are.</summary>
public static class NodeEndpoints
{
    /// <summary>The limit of sessions of a user.</summary>
    public const int MaxSessionsPerUser = 3;

    public static void Configure(SessionManagerOptions options)
    {
        // Time enough for a loaded machine.
        options.IOTimeout = TimeSpan.FromSeconds(30);
        options.MaxKeys = 20_000;
        options.MaxSessionsPerUser = MaxSessionsPerUser;
    }

    /// <summary>An endpoint for each operation that the tests need.</summary>
    public static void MapNode(this IEndpointRouteBuilder app)
    {
        app.MapGet("/plain", () => "plain");
        app.MapGet("/id", (ISessionManager session) => session.SessionId);
        app.MapGet("/me", (ISessionManager session) => session.GetUserId() ?? "nobody");
        app.MapGet("/end", (ISessionManager session) => session.PreviousSessionEnd?.ToString() ?? "none");
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
        app.MapPost("/revoke", (ISessionDirectory sessions, string user) => sessions.RevokeUserAsync(user));
    }

    private static void Fill(ISessionManager session, int count, int size)
    {
        for (var i = 0; i < count; i++)
        {
            session.StoreValue($"value-{i}", new string('x', size));
        }
    }
}
