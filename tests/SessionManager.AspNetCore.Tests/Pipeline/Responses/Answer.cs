using System.Net;
using System.Text.Json;
using SessionManager.AspNetCore.Tests.Infrastructure;

namespace SessionManager.AspNetCore.Tests.Pipeline.Responses;

/// <summary>What an answer of the session layer looks like.</summary>
internal static class Answer
{
    public static Task<string> BodyAsync(HttpResponseMessage response) => response.Content.ReadAsStringAsync();

    /// <summary>503, with everything that belongs to it, and nothing of what the handler wrote or the session would have needed.</summary>
    public static async Task AssertUnavailableAsync(HttpResponseMessage response, Browser browser)
    {
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.NotNull(response.Headers.RetryAfter?.Delta);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Empty(browser.LastSetCookies);
        Assert.Empty(response.Content.Headers.ContentEncoding);
        if (response.RequestMessage!.Method != HttpMethod.Head)
        {
            // The body is this and nothing else, or it would not be JSON.
            using var problem = JsonDocument.Parse(await BodyAsync(response));
            Assert.Equal(503, problem.RootElement.GetProperty("status").GetInt32());
            Assert.DoesNotContain(ResponseShape.Marker, problem.RootElement.ToString(), StringComparison.Ordinal);
        }
    }
}
