using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>One endpoint for each operation of <see cref="ISessionManager"/>, and one that leaves the session alone.</summary>
internal static class SessionEndpoints
{
    public static void MapSession(this IEndpointRouteBuilder app)
    {
        app.MapGet("/plain", () => "plain");
        app.MapGet("/me", (ISessionManager session) => session.GetUserId() ?? "nobody");
        app.MapGet("/end", (ISessionManager session) => session.PreviousSessionEnd?.ToString() ?? "none");
        app.MapGet("/id", (ISessionManager session) => session.SessionId);
        app.MapGet("/info", (ISessionManager session) => session.Info);
        app.MapGet("/values/{key}", (ISessionManager session, string key) => session.GetValue<string>(key) ?? "nothing");
        app.MapPost("/values/{key}/{value}", (ISessionManager session, string key, string value) => session.StoreValue(key, value));
        app.MapPost("/sign-in/{user}", (ISessionManager session, string user) => session.SetUserId(user));
        app.MapPost("/sign-out", (ISessionManager session) => session.ClearSession());
        app.MapPost("/rotate", (ISessionManager session) => session.RotateToken());
        app.MapPost("/destroy", (ISessionManager session) => session.DestroySession());
    }

    /// <summary>Posts, and fails the test when that was no success. Waits until the request has ended: what happens after
    /// the response has started, as a touch or an event, has happened then.</summary>
    public static async Task<string> DoAsync(this Browser browser, string path, object? body = null)
    {
        using var response = await browser.PostAsync(path, body);
        var answer = await response.BodyAsync();
        Assert.True(response.IsSuccessStatusCode, $"POST {path}: {(int)response.StatusCode} {answer}");
        return answer;
    }

    /// <summary>Gets with these <c>Cookie</c> headers and no other.</summary>
    public static Task<HttpResponseMessage> GetWithCookiesAsync(this Browser browser, string path, params string[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Cookie", headers);
        browser.Token = null;
        return browser.SendAsync(request);
    }

    public static Task<string> BodyAsync(this HttpResponseMessage response) => response.Content.ReadAsStringAsync();
}
