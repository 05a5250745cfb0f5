using System.Buffers;
using System.Text;

namespace SessionManager.AspNetCore.Storage;

/// <summary>Puts a cache's exception into words that may be logged.</summary>
public static class StoreFault
{
    private const int MaxLength = 400;
    private const int LongestWord = 15;

    // The alphabets of hex, base64 and base64url.
    private static readonly SearchValues<char> Encoded =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-");

    /// <summary>The types and messages of the exception and its causes, without the session's key, which caches like to
    /// mention, and without anything else that looks like a key or like bytes in hex or base64. The exceptions
    /// themselves are not passed on: their text is beyond our control.</summary>
    /// <param name="exception">The exception of the medium.</param>
    /// <param name="id">The session whose key must not be in the text.</param>
    /// <returns>A text of one line and at most some 400 characters.</returns>
    public static string Describe(Exception exception, Guid id)
    {
        var causes = Causes(exception).Select(cause => $"{cause.GetType().Name}: {Quote(cause.Message)}");
        var text = string.Join(" <- ", causes)
            .Replace(id.ToString("N"), "[id]", StringComparison.OrdinalIgnoreCase)
            .ReplaceLineEndings(" ");
        text = WithoutEncoded(text);
        return text.Length <= MaxLength ? text : string.Concat(text.AsSpan(0, MaxLength), "...");
    }

    // Records are bytes: what quotes one as it is, is no text.
    private static string Quote(string message) =>
        message.Any(c => c == '\uFFFD' || (char.IsControl(c) && c is not ('\r' or '\n' or '\t')))
            ? "(a message with data in it)"
            : message;

    // Sixteen characters or more of an encoding's alphabet, a digit among them. No regular expression: those that run
    // for long need a limit of time, and then fail when the machine is busy, which is when stores do.
    private static string WithoutEncoded(ReadOnlySpan<char> text)
    {
        var kept = new StringBuilder(text.Length);
        while (!text.IsEmpty)
        {
            var start = text.IndexOfAny(Encoded);
            kept.Append(start < 0 ? text : text[..start]);
            text = start < 0 ? default : text[start..];
            var end = text.IndexOfAnyExcept(Encoded);
            var word = end < 0 ? text : text[..end];
            kept.Append(word.Length > LongestWord && word.ContainsAnyInRange('0', '9') ? "[...]" : word);
            text = text[word.Length..];
        }

        return kept.ToString();
    }

    private static IEnumerable<Exception> Causes(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            yield return cause;
        }
    }
}
