using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace SessionManager.AspNetCore.Tests.Infrastructure;

/// <summary>
/// What is secret, and what was told. What is told is kept as far as it could be a secret. Whatever our own sources say is held to that
/// strictly. A server says of a request what its URL is, so a token that a test sends in a query is there, and nowhere else.
/// </summary>
internal sealed partial class SecretLedger
{
    private const string OurName = "SessionManager.AspNetCore";
    private const string RequestLog = "Microsoft.AspNetCore.Hosting.Diagnostics";
    private const int ShortestValue = 8;

    private static readonly string[] OldUrlTags = ["http.url", "http.target"];

    private readonly ConcurrentDictionary<string, string> _suspects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _urlSuspects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _secrets = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _sentInQuery = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _values = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _ours = new(StringComparer.Ordinal);

    /// <summary>A token was given out.</summary>
    public void AddToken(string token)
    {
        if (token.Length != 43)
        {
            return;
        }

        var bytes = Base64Url.DecodeFromChars(token);
        var secret = bytes[16..];
        _secrets.TryAdd(token, "a token");
        _secrets.TryAdd(Convert.ToHexStringLower(bytes[..16]), "a store key");
        _secrets.TryAdd(Convert.ToHexStringLower(secret), "a secret in hex");
        _secrets.TryAdd(Base64Url.EncodeToString(secret), "a secret");
        _secrets.TryAdd(new Guid(secret, bigEndian: true).ToString(), "a secret as a GUID");
        _secrets.TryAdd(Convert.ToHexStringLower(SHA256.HashData(secret)), "a secret's hash");
    }

    /// <summary>A test sends this token in a query on purpose: the server may say so where it tells the URL.</summary>
    public void AddTokenInQuery(string token) => _sentInQuery.TryAdd(token, true);

    /// <summary>A value was sent to be stored.</summary>
    public void AddValue(string value)
    {
        if (value.Length >= ShortestValue)
        {
            _values.TryAdd(value, true);
        }
    }

    public void TellLog(string category, int eventId, string message, string? exception)
    {
        var where = $"{category} {eventId}";
        Tell(where, message, IsOurs(category), isUrl: category == RequestLog);
        Tell(where, exception ?? "", IsOurs(category));
    }

    public void TellTrace(Activity activity)
    {
        var (where, ours) = ($"trace {activity.Source.Name} {activity.OperationName}", IsOurs(activity.Source.Name));
        Tell(where, $"{activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.Events.SelectMany(e => e.Tags))}", ours);
        foreach (var (name, value) in activity.TagObjects)
        {
            Tell($"{where} {name}", $"{name} {value}", ours, isUrl: name.StartsWith("url.", StringComparison.Ordinal) || OldUrlTags.Contains(name));
        }
    }

    public void TellException(Exception exception)
    {
        if (exception.GetType().Namespace == OurName)
        {
            Tell(exception.GetType().Name, $"{exception.Message} {exception.InnerException}", ours: true);
        }
    }

    /// <summary>The secrets that were told, and where.</summary>
    public IReadOnlyList<string> Leaks() =>
    [
        .. _secrets
            .Select(secret => (What: secret.Value, Where: WhereTold(secret.Key)))
            .Where(leak => leak.Where is not null)
            .Select(leak => $"{leak.What} in {leak.Where}")
            .Distinct(StringComparer.Ordinal),
    ];

    /// <summary>The values that we told.</summary>
    public IReadOnlyList<string> ToldValues()
    {
        var told = string.Join('\n', _ours.Keys);
        return [.. _values.Keys.Where(value => told.Contains(value, StringComparison.Ordinal))];
    }

    private static bool IsOurs(string source) => source.StartsWith(OurName, StringComparison.Ordinal);

    private string? WhereTold(string secret) =>
        _suspects.TryGetValue(secret, out var where) || (!_sentInQuery.ContainsKey(secret) && _urlSuspects.TryGetValue(secret, out where)) ? where : null;

    private void Tell(string where, string text, bool ours, bool isUrl = false)
    {
        var suspects = isUrl && !ours ? _urlSuspects : _suspects;
        foreach (var match in EncodedPattern().EnumerateMatches(text))
        {
            suspects.TryAdd(text.Substring(match.Index, match.Length).ToLowerInvariant(), where);
            suspects.TryAdd(text.Substring(match.Index, match.Length), where);
        }

        if (ours)
        {
            _ours.TryAdd(text, true);
        }
    }

    // Whatever is long enough to be one of the above.
    [GeneratedRegex("[A-Za-z0-9_-]{22,}", RegexOptions.CultureInvariant)]
    private static partial Regex EncodedPattern();
}
