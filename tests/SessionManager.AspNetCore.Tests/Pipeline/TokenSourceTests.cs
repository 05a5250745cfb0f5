using System.Net.Http.Headers;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline;

/// <summary>The token is read from the cookie and from nowhere else.</summary>
public sealed class TokenSourceTests
{
    [Theory]
    [InlineData("query")]
    [InlineData("form")]
    [InlineData("bearer")]
    [InlineData("authorization")]
    [InlineData("sid")]
    [InlineData("X-Session-Token")]
    [InlineData("Set-Cookie")]
    public async Task A_live_token_anywhere_but_in_the_cookie_is_ignored(string place)
    {
        var cache = new FaultCache();
        await using var app = await App.StartAsync(app => app.MapSession(), new AppOptions { Cache = cache });
        var owner = app.NewBrowser();
        await owner.DoAsync("/sign-in/alice");
        var calls = cache.Calls;
        var thief = app.NewBrowser();

        using var response = await thief.SendAsync(Request(place, owner.Token!), TestContext.Current.CancellationToken);

        Assert.Equal("nobody", await response.BodyAsync());
        Assert.Empty(thief.LastSetCookies);
        Assert.Equal(calls, cache.Calls);
    }

    [Fact]
    public async Task A_token_leaves_in_its_cookie_and_nowhere_else()
    {
        await using var app = await App.StartAsync(app => app.MapSession());
        var browser = app.NewBrowser();

        foreach (var path in (string[])["/values/a/1", "/sign-in/alice", "/me", "/id", "/info", "/end", "/rotate", "/values/a", "/sign-out", "/destroy"])
        {
            using var response = path is "/me" or "/id" or "/info" or "/end" or "/values/a" ? await browser.GetAsync(path) : await browser.PostAsync(path);
            response.EnsureSuccessStatusCode();
            var told = string.Join('\n', response.Headers.Concat(response.Content.Headers)
                .Where(header => header.Key != "Set-Cookie").SelectMany(header => header.Value).Append(await response.BodyAsync()));
            Assert.DoesNotContain(browser.Token?[22..] ?? "none at all", told, StringComparison.Ordinal);
        }
    }

    private static HttpRequestMessage Request(string place, string token)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, place == "query" ? $"/me?sid={token}&__Host-sid={token}&token={token}" : "/me");
        switch (place)
        {
            case "query":
                // The server may say so where it tells the URL.
                SuiteSecrets.AddTokenInQuery(token);
                break;
            case "form":
                request.Content = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal) { ["sid"] = token });
                break;
            case "bearer":
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                break;
            case "authorization":
                request.Headers.TryAddWithoutValidation("Authorization", $"sid={token}");
                break;
            case "Set-Cookie":
                request.Headers.TryAddWithoutValidation(place, $"sid={token}");
                break;
            default:
                request.Headers.TryAddWithoutValidation(place, token);
                break;
        }

        return request;
    }
}
