using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>Requests that have loaded their session and wait for the test before they change it.</summary>
internal sealed class HeldRequests
{
    private readonly ConcurrentDictionary<string, Gate> _gates = new(StringComparer.Ordinal);

    /// <summary>What a held request may do. Besides, there are <c>updates</c> and <c>commits</c>, eight of
    /// them, <c>sign-ins</c> of eight users, and <c>tries</c>: eight commits whose failures the handler
    /// catches.</summary>
    public static IReadOnlyList<string> Kinds { get; } =
        ["write", "remove", "increment", "take", "sign-in", "sign-out", "rotate", "destroy"];

    /// <summary>Begins a request, and completes when it is held.</summary>
    public async Task<Task<HttpResponseMessage>> BeginAsync(Browser browser, string kind)
    {
        var name = $"{Guid.NewGuid():N}";
        var gate = _gates[name] = new Gate();
        var pending = browser.Clone().PostAsync($"/held?kind={kind}&gate={name}");
        await gate.Reached;
        return pending;
    }

    public void LetGo()
    {
        foreach (var gate in _gates.Values)
        {
            gate.Open();
        }
    }

    public void Map(WebApplication app) =>
        app.MapPost("/held", async (ISessionManager session, string kind, string gate) =>
        {
            await _gates[gate].PassAsync();
            await ChangeAsync(session, kind);
        });

    private static async Task ChangeAsync(ISessionManager session, string kind)
    {
        switch (kind)
        {
            case "write":
                session.StoreValue("late", "late");
                session.StoreValue("cart", "late");
                break;
            case "remove":
                session.RemoveValue("cart");
                break;
            case "increment":
                await session.UpdateValueAsync<string>("cart", static _ => "late");
                break;
            case "take":
                await session.TakeValueAsync<string>("cart");
                break;
            case "sign-in":
                session.SetUserId("late");
                break;
            case "sign-out":
                session.ClearSession();
                break;
            case "rotate":
                session.RotateToken();
                break;
            case "updates":
                await EightTimesAsync(_ => session.UpdateValueAsync<int>("counter", static it => it + 1).AsTask());
                break;
            case "commits":
                await EightTimesAsync(i => CommitAsync(session, i));
                break;
            case "sign-ins":
                await EightTimesAsync(i => SignInAsync(session, i));
                break;
            case "tries":
                await EightTimesAsync(i => TryAsync(session, i));
                break;
            default:
                session.DestroySession();
                break;
        }
    }

    private static async Task EightTimesAsync(Func<int, Task> callAsync)
    {
        for (var i = 0; i < 8; i++)
        {
            await callAsync(i);
        }
    }

    private static Task CommitAsync(ISessionManager session, int number)
    {
        session.StoreValue($"key-{number}", "late");
        return session.CommitAsync();
    }

    private static Task SignInAsync(ISessionManager session, int number)
    {
        session.SetUserId($"user-{number}");
        return session.CommitAsync();
    }

    private static async Task TryAsync(ISessionManager session, int number)
    {
        try
        {
            await CommitAsync(session, number);
        }
        catch (SessionStoreException)
        {
            // As an application does that tries again.
        }
    }
}
