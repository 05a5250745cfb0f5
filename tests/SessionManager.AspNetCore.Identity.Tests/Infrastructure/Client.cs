using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace SessionManager.AspNetCore.Identity.Tests.Infrastructure;

/// <summary>A browser that keeps all cookies as long as they say, by the clock of the application.</summary>
internal sealed class Client(App app) : IDisposable
{
    private readonly Dictionary<string, (string Value, DateTimeOffset? Expires)> _cookies = new(StringComparer.Ordinal);
    private readonly HttpClient _client = ((TestServer)app.Services.GetRequiredService<IServer>()).CreateClient();

    /// <summary>The session's token.</summary>
    public string? Token => _cookies.TryGetValue("sid", out var cookie) ? cookie.Value : null;

    /// <summary>The names of the cookies that live on.</summary>
    public IEnumerable<string> Cookies => Live().Select(cookie => cookie.Key).Order(StringComparer.Ordinal);

    /// <summary>The names of the cookies that the last response has set or removed.</summary>
    public IReadOnlyList<string> LastSet { get; private set; } = [];

    public static Task<Client[]> SignInAsync(App app, string user, int clients) =>
        Task.WhenAll(Enumerable.Range(0, clients).Select(async _ =>
        {
            var client = new Client(app);
            Assert.Equal("Succeeded", await client.DoAsync($"/login/{user}"));
            return client;
        }));

    /// <summary>Closes the browser and opens it again: cookies without a time of their own are gone.</summary>
    public void Restart()
    {
        foreach (var (name, cookie) in _cookies.ToList())
        {
            if (cookie.Expires is null)
            {
                _cookies.Remove(name);
            }
        }
    }

    /// <summary>A second tab, for a request at the same time, or to another node.</summary>
    public Client Tab(App? node = null)
    {
        var tab = new Client(node ?? app);
        foreach (var (name, cookie) in _cookies)
        {
            tab._cookies[name] = cookie;
        }

        return tab;
    }

    public async Task<string> ReadAsync(string path)
    {
        using var response = await SendAsync(HttpMethod.Get, path);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"GET {path}: {response.StatusCode}");
        return await response.BodyAsync();
    }

    public async Task<string> DoAsync(string path)
    {
        using var response = await SendAsync(HttpMethod.Post, path);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"POST {path}: {response.StatusCode}");
        return await response.BodyAsync();
    }

    public async Task<int> StatusAsync(string path)
    {
        using var response = await SendAsync(HttpMethod.Get, path);
        return (int)response.StatusCode;
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content = null, string? bearer = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (Live().Select(cookie => $"{cookie.Key}={cookie.Value.Value}").ToList() is { Count: > 0 } cookies)
        {
            request.Headers.Add("Cookie", string.Join("; ", cookies));
        }

        request.Headers.Authorization = bearer is null ? null : new("Bearer", bearer);
        var response = await _client.SendAsync(request, TestContext.Current.CancellationToken);
        var set = response.Headers.TryGetValues("Set-Cookie", out var headers) ? headers.ToList() : [];
        LastSet = [.. set.Select(Keep)];
        return response;
    }

    public void Dispose() => _client.Dispose();

    private IEnumerable<KeyValuePair<string, (string Value, DateTimeOffset? Expires)>> Live() =>
        _cookies.Where(cookie => cookie.Value.Expires is not { } expires || expires > app.Clock.GetUtcNow());

    private string Keep(string header)
    {
        var parts = header.Split("; ");
        var (name, value) = (parts[0].Split('=')[0], parts[0][(parts[0].IndexOf('=', StringComparison.Ordinal) + 1)..]);
        DateTimeOffset? expires = null;
        foreach (var part in parts.Skip(1).Select(part => part.Split('=')).Where(part => part.Length == 2))
        {
            expires = part[0] switch
            {
                "max-age" => app.Clock.GetUtcNow().AddSeconds(int.Parse(part[1], CultureInfo.InvariantCulture)),
                "expires" when expires is null => DateTimeOffset.Parse(part[1], CultureInfo.InvariantCulture),
                _ => expires,
            };
        }

        _cookies[name] = (value, value.Length == 0 ? DateTimeOffset.MinValue : expires);
        return name;
    }
}
