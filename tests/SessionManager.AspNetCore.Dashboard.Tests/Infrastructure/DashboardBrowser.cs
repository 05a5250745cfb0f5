using System.Net;
using System.Text.RegularExpressions;

namespace SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

/// <summary>A browser without a window: it keeps cookies, reads pages, and presses the buttons of their forms.</summary>
internal sealed partial class DashboardBrowser : IDisposable
{
    private readonly CookieContainer _cookies = new();
    private readonly HttpClient _client;

    public DashboardBrowser(Uri address, string? userAgent)
    {
        _client = new HttpClient(new SocketsHttpHandler { CookieContainer = _cookies, AllowAutoRedirect = false }) { BaseAddress = address };
        if (userAgent is not null)
        {
            _client.DefaultRequestHeaders.TryAddWithoutValidation("User-Agent", userAgent);
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request) => _client.SendAsync(request, Cancellation);

    public Task<HttpResponseMessage> GetAsync(string path) => _client.GetAsync(path, Cancellation);

    public async Task<int> StatusAsync(string path)
    {
        using var response = await GetAsync(path);
        return (int)response.StatusCode;
    }

    /// <summary>Reads a page; fails the test when it has another status.</summary>
    public async Task<string> ReadAsync(string path, int status = 200)
    {
        using var response = await GetAsync(path);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(status == (int)response.StatusCode, $"{path}: {response.StatusCode} {text}");
        return text;
    }

    public async Task PostAsync(string path)
    {
        using var response = await _client.PostAsync(path, null, Cancellation);
        response.EnsureSuccessStatusCode();
    }

    public Task<HttpResponseMessage> SubmitAsync(string path, params (string Name, string Value)[] fields) => _client.PostAsync(
        path, new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value))), Cancellation);

    /// <summary>Presses a button that sends a form to this path, and follows to the page that comes of it.</summary>
    public async Task<string> PressAsync(string page, string path)
    {
        using var response = await SubmitAsync(path, FieldsOf(page, path));
        Assert.Equal(303, (int)response.StatusCode);
        return await ReadAsync(response.Headers.Location!.OriginalString);
    }

    /// <summary>The hidden fields of the form that is sent to a path, whether the path is the form's own or a button's.</summary>
    public static (string Name, string Value)[] FieldsOf(string page, string path)
    {
        var forms = FormPattern().Matches(page).Select(match => match.Value).ToList();
        var form = forms.Find(form => form.Contains($"action=\"{path}\"", StringComparison.Ordinal))
            ?? (page.Contains($"formaction=\"{path}\"", StringComparison.Ordinal) ? forms.Find(form => form.Contains("id=\"end\"", StringComparison.Ordinal)) : null);
        Assert.NotNull(form);
        return [.. FieldPattern().Matches(form).Select(match => (match.Groups[1].Value, WebUtility.HtmlDecode(match.Groups[2].Value)))];
    }

    public void Dispose() => _client.Dispose();

    [GeneratedRegex("<form.*?</form>", RegexOptions.Singleline)]
    private static partial Regex FormPattern();

    [GeneratedRegex("<input type=\"hidden\" name=\"(.*?)\" value=\"(.*?)\">")]
    private static partial Regex FieldPattern();
}
