using System.Net;
using Microsoft.AspNetCore.Builder;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>One endpoint for each thing that can happen to a session, and one that does not use it.</summary>
internal static class FaultEndpoints
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/plain", () => "plain");
        app.MapGet("/state", (ISessionManager session) => $"{session.GetUserId()}:{session.GetValue<string>("value")}");
        app.MapPost("/store", (ISessionManager session, string value, string? key) => session.StoreValue(key ?? "value", value));
        app.MapPost("/update", async (ISessionManager session) => await session.UpdateValueAsync<int>("count", count => count + 1));
        app.MapGet("/count", (ISessionManager session) => session.GetValue("count", 0).ToString(System.Globalization.CultureInfo.InvariantCulture));
        app.MapPost("/sign-in", (ISessionManager session, string user) => session.SetUserId(user));
        app.MapPost("/sign-out", (ISessionManager session) => session.ClearSession());
        app.MapPost("/rotate", (ISessionManager session) => session.RotateToken());
        app.MapPost("/destroy", (ISessionManager session) => session.DestroySession());
    }

    /// <summary>A browser of a user who has stored <c>before</c>.</summary>
    public static async Task<Browser> SignedInAsync(App app)
    {
        var browser = app.NewBrowser();
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser, "/store?value=before"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(browser, "/sign-in?user=alice"));
        return browser;
    }

    public static async Task<HttpStatusCode> StatusAsync(Browser browser, string path)
    {
        using var response = await browser.PostAsync(path);
        return response.StatusCode;
    }
}
