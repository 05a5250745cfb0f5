using System.Text.RegularExpressions;

namespace SessionManager.AspNetCore.Stores;

/// <summary>Puts a cache's exception into words that may be logged.</summary>
internal static partial class StoreFault
{
    private const int MaxLength = 400;

    /// <summary>The types and messages of the exception and its causes, without the session's key, which caches like to
    /// mention, and without anything else that looks like a key or like bytes in hex or base64. The exceptions themselves are not
    /// passed on: their text is beyond our control.</summary>
    public static string Describe(Exception exception, Guid id)
    {
        var text = string.Join(" <- ", Causes(exception).Select(cause => $"{cause.GetType().Name}: {Quote(cause.Message)}"))
            .Replace(id.ToString("N"), "[id]", StringComparison.OrdinalIgnoreCase)
            .ReplaceLineEndings(" ");
        text = EncodedPattern().Replace(text, "[...]");
        return text.Length <= MaxLength ? text : string.Concat(text.AsSpan(0, MaxLength), "...");
    }

    // Records are bytes: what quotes one as it is, is no text.
    private static string Quote(string message) =>
        message.Any(c => c == '\uFFFD' || (char.IsControl(c) && c is not ('\r' or '\n' or '\t'))) ? "(a message with data in it)" : message;

    // Sixteen characters or more of an encoding's alphabet, a digit among them.
    [GeneratedRegex(@"(?=[A-Za-z+/_-]*[0-9])[A-Za-z0-9+/_-]{16,}", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 100)]
    private static partial Regex EncodedPattern();

    private static IEnumerable<Exception> Causes(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
