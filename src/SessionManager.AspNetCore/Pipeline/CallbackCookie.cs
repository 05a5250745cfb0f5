using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The cookie that takes a session across the callback of a remote scheme. It has a random text that only the
/// store can lead back to the session, and it is sent to the path of the callback alone.</summary>
internal sealed class CallbackCookie(IOptions<SessionManagerOptions> options)
{
    private const int TextLength = 43;
    private const int MostCandidates = 4;

    // A name with this prefix promises the Secure attribute (RFC 6265bis, section 4.1.3.1). The prefix of the session
    // cookie may promise a path that this cookie can't have.
    private readonly string _prefix = $"__Secure-{NameOf(options.Value.Cookie.Name!)}-callback.";

    /// <summary>Creates a text that nobody can guess.</summary>
    public static string NewText() => WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));

    /// <summary>Reads the texts that a request has brought, at most four. Each tab that was sent to the provider has
    /// one.</summary>
    public IReadOnlyList<string> Read(HttpContext context) =>
    [
        .. context.Request.Cookies
            .Where(cookie => cookie.Key.StartsWith(_prefix, StringComparison.Ordinal) && IsText(cookie.Value))
            .Select(static cookie => cookie.Value)
            .Take(MostCandidates),
    ];

    /// <summary>Sets the cookie of the response.</summary>
    /// <param name="context">The request.</param>
    /// <param name="text">The text.</param>
    /// <param name="path">The path of the callback.</param>
    /// <param name="maxAge">How long the browser keeps the cookie.</param>
    public void Write(HttpContext context, string text, string path, TimeSpan maxAge) =>
        context.Response.Cookies.Append(NameFor(text), text, Attributes(path, maxAge));

    /// <summary>Expires the cookie of a text.</summary>
    public void Expire(HttpContext context, string text, string path)
    {
        var expired = Attributes(path, maxAge: null);
        expired.Expires = DateTimeOffset.UnixEpoch;
        context.Response.Cookies.Append(NameFor(text), "", expired);
    }

    /// <summary>Returns the path of the callback to which a response challenges the user; <see langword="null"/> when
    /// it does not. A remote scheme that challenges sets its correlation cookie for that path.</summary>
    /// <param name="response">The response.</param>
    /// <param name="correlationNames">The beginnings of the names of the remote schemes' correlation cookies.</param>
    public static string? ChallengedPath(HttpResponse response, IEnumerable<string> correlationNames)
    {
        foreach (var header in response.Headers.SetCookie)
        {
            if (header is not null
                && correlationNames.Any(name => header.StartsWith(name, StringComparison.Ordinal))
                && SetCookieHeaderValue.TryParse(header, out var cookie)
                && cookie is { Value.Length: > 0, Path.Value: ['/', _, ..] path })
            {
                return path;
            }
        }

        return null;
    }

    private static bool IsText(string value) =>
        value.Length == TextLength && value.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    // A part of a digest: the name is in more logs than the value.
    private string NameFor(string text) =>
        _prefix + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 4));

    private static CookieOptions Attributes(string path, TimeSpan? maxAge) => new()
    {
        Path = path,
        HttpOnly = true,
        Secure = true,
        SameSite = Microsoft.AspNetCore.Http.SameSiteMode.None,
        IsEssential = true,
        MaxAge = maxAge,
    };

    private static string NameOf(string name) =>
        name.StartsWith("__Host-", StringComparison.OrdinalIgnoreCase) ? name[7..]
        : name.StartsWith("__Secure-", StringComparison.OrdinalIgnoreCase) ? name[9..]
        : name;
}
