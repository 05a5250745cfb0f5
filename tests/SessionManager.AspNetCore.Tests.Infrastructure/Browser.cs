using System.Net.Http.Json;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>A client that keeps the session cookie as a browser does, and lets a test look at it and change it.</summary>
internal sealed class Browser(HttpClient client, string cookieName)
{
    /// <summary>The raw value of the session cookie; null when there is none.</summary>
    public string? Token { get; set; }

    /// <summary>The <c>Set-Cookie</c> headers of the last response.</summary>
    public IReadOnlyList<string> LastSetCookies { get; private set; } = [];

    /// <summary>Another browser with the same cookie: a second tab, or a thief.</summary>
    public Browser Clone() => new(client, cookieName) { Token = Token };

    public Task<HttpResponseMessage> GetAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path));

    public Task<HttpResponseMessage> PostAsync(string path, object? body = null) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Post, path) { Content = body is null ? null : JsonContent.Create(body) });

    public Task<HttpResponseMessage> PutAsync(string path, object? body) =>
        SendAsync(new HttpRequestMessage(HttpMethod.Put, path) { Content = JsonContent.Create(body) });

    public Task<HttpResponseMessage> DeleteAsync(string path) => SendAsync(new HttpRequestMessage(HttpMethod.Delete, path));

    /// <summary>The body of a successful GET.</summary>
    public async Task<string> ReadAsync(string path)
    {
        using var response = await GetAsync(path);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken = default)
    {
        if (request.RequestUri?.OriginalString.Split('/') is ["", "values", _, var sent])
        {
            SuiteSecrets.AddValue(sent);
        }

        if (Token is not null)
        {
            request.Headers.TryAddWithoutValidation("Cookie", $"{cookieName}={Token}");
        }

        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        LastSetCookies = response.Headers.TryGetValues("Set-Cookie", out var values) ? [.. values] : [];
        foreach (var header in LastSetCookies.Where(header => header.StartsWith(cookieName + "=", StringComparison.Ordinal)))
        {
            var value = header[(cookieName.Length + 1)..].Split(';')[0];
            Token = value.Length == 0 ? null : value;
            SuiteSecrets.AddToken(value);
        }

        return response;
    }
}
