using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using SessionManager.AspNetCore.Redis.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Redis.Tests.Outages;

/// <summary>Requests that have loaded their session and wait for the test before they change it.</summary>
internal sealed class HeldRequests
{
    private readonly ConcurrentDictionary<string, Gate> _gates = new(StringComparer.Ordinal);

    /// <summary>What a held request may do.</summary>
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
            default:
                session.DestroySession();
                break;
        }
    }
}
