using System.Net;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace SessionManager.AspNetCore.OpenIdConnect.Tests.Infrastructure;

/// <summary>A browser with all its cookies. What another site sends has only those with <c>SameSite=None</c>, and a link
/// from there those with <c>Lax</c> too.</summary>
internal sealed class Customer(HttpClient client)
{
    private readonly Dictionary<string, (string Value, SameSiteMode SameSite)> _cookies = new(StringComparer.Ordinal);

    /// <summary>The <c>Set-Cookie</c> headers of the last response.</summary>
    public IReadOnlyList<string> LastSetCookies { get; private set; } = [];

    /// <summary>The value of the session cookie.</summary>
    public string? Token => _cookies.TryGetValue("sid", out var cookie) ? cookie.Value : null;

    public IEnumerable<string> CookieNames => _cookies.Keys;

    /// <summary>The same browser at another node.</summary>
    public Customer On(Shop node)
    {
        var other = new Customer(node.Client);
        foreach (var (name, cookie) in _cookies)
        {
            other._cookies[name] = cookie;
        }

        return other;
    }

    /// <summary>Signs in at the provider, and returns the answer to the provider's callback.</summary>
    public async Task<HttpResponseMessage> SignInAsync(OpenIdProvider provider)
    {
        using var challenge = await SendAsync(new HttpRequestMessage(HttpMethod.Get, "/login"));
        Assert.Equal(HttpStatusCode.Redirect, challenge.StatusCode);
        var (target, fields, isForm) = provider.Authorize(challenge.Headers.Location!);
        var request = isForm
            ? new HttpRequestMessage(HttpMethod.Post, target) { Content = new FormUrlEncodedContent(fields) }
            : new HttpRequestMessage(HttpMethod.Get, QueryHelpers.AddQueryString(target.ToString(), fields!));
        var answer = await SendAsync(request, isCrossSitePost: isForm);
        Assert.True(answer.StatusCode == HttpStatusCode.Redirect, $"{(int)answer.StatusCode} {await answer.BodyAsync()}");
        return answer;
    }

    public async Task<string> ReadAsync(string path)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, path));
        Assert.True(response.IsSuccessStatusCode, $"GET {path}: {(int)response.StatusCode}");
        return await response.BodyAsync();
    }

    public async Task DoAsync(string path)
    {
        using var response = await SendAsync(new HttpRequestMessage(HttpMethod.Post, path));
        Assert.True(response.IsSuccessStatusCode, $"POST {path}: {(int)response.StatusCode} {await response.BodyAsync()}");
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, bool isCrossSitePost = false)
    {
        var sent = _cookies.Where(it => !isCrossSitePost || it.Value.SameSite == SameSiteMode.None).Select(it => $"{it.Key}={it.Value.Value}").ToList();
        if (sent.Count > 0)
        {
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", sent));
        }

        if (isCrossSitePost)
        {
            request.Headers.Add("Sec-Fetch-Site", "cross-site");
            request.Headers.Add("Sec-Fetch-Mode", "navigate");
        }

        var response = await client.SendAsync(request);
        LastSetCookies = response.Headers.TryGetValues("Set-Cookie", out var values) ? [.. values] : [];
        foreach (var cookie in SetCookieHeaderValue.ParseList([.. LastSetCookies]))
        {
            if (cookie.Value.Length == 0)
            {
                _cookies.Remove(cookie.Name.ToString());
            }
            else
            {
                _cookies[cookie.Name.ToString()] = (cookie.Value.ToString(), cookie.SameSite);
            }
        }

        if (Token is { } token)
        {
            SuiteSecrets.AddToken(token);
        }

        return response;
    }
}
