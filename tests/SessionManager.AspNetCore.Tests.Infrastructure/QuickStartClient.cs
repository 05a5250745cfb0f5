using System.Net.Http.Headers;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>What a test asks of the QuickStart sample, over a client that keeps its cookies itself.</summary>
internal sealed class QuickStartClient(HttpClient client)
{
    public Task<string> MeAsync() => ReadAsync("/account/me");

    public Task<QuickStartAnswer> LoginAsync(string json, string contentType = "application/json") =>
        SendAsync(HttpMethod.Post, "/account/login", json, contentType);

    public Task<QuickStartAnswer> LogoutAsync() => SendAsync(HttpMethod.Post, "/account/logout");

    public Task<QuickStartAnswer> DestroyAsync() => SendAsync(HttpMethod.Delete, "/account/session");

    public Task<string> KeysAsync() => ReadAsync("/values");

    public Task<QuickStartAnswer> GetAsync(string key, string? defaultValue = null) =>
        SendAsync(HttpMethod.Get, PathOf(key) + (defaultValue is null ? "" : $"?default={Uri.EscapeDataString(defaultValue)}"));

    public Task<QuickStartAnswer> PutAsync(string key, string json, string contentType = "application/json") =>
        SendAsync(HttpMethod.Put, PathOf(key), json, contentType);

    public Task<QuickStartAnswer> RemoveAsync(string key) => SendAsync(HttpMethod.Delete, PathOf(key));

    /// <summary>The body of a successful GET.</summary>
    public async Task<string> ReadAsync(string path)
    {
        var answer = await SendAsync(HttpMethod.Get, path);
        Assert.Equal(200, answer.Status);
        return answer.Body;
    }

    public async Task<QuickStartAnswer> SendAsync(HttpMethod method, string path, string? json = null, string contentType = "application/json")
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = json is null ? null : new StringContent(json, new MediaTypeHeaderValue(contentType));
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return new QuickStartAnswer(
            (int)response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken),
            response.Headers.Contains("Set-Cookie"));
    }

    private static string PathOf(string key) => $"/values/{Uri.EscapeDataString(key)}";
}
