using System.Text;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>What a value's key may be, and how it is shown.</summary>
internal static class SessionKey
{
    private const int ShownLength = 64;

    // Throws on what is not Unicode (half a surrogate pair): replaced, two keys would become one.
    private static readonly UTF8Encoding Strict =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The key's length in UTF-8.</summary>
    /// <exception cref="ArgumentException">The key is empty.</exception>
    /// <exception cref="SessionValueException">The key is too long, or not valid Unicode.</exception>
    public static int Measure(string key, int maxKeyBytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(key);
        if (!TryMeasure(key, out var length))
        {
            throw new SessionValueException(
                $"The key '{Printable(key)}' is not valid Unicode, so it can't be stored. Use another key.");
        }

        if (length > maxKeyBytes)
        {
            throw new SessionValueException(
                $"The key '{Printable(key)}' is {length} bytes long, and the limit is {maxKeyBytes}. Use a shorter "
                + "key, or raise MaxKeyBytes.");
        }

        return length;
    }

    /// <summary>The text's length in UTF-8, when it is valid Unicode.</summary>
    public static bool TryMeasure(string text, out int length)
    {
        try
        {
            length = Strict.GetByteCount(text);
            return true;
        }
        catch (EncoderFallbackException)
        {
            length = 0;
            return false;
        }
    }

    /// <summary>A key as a message may show it: short, on one line.</summary>
    public static string Printable(string key)
    {
        var text = new StringBuilder(ShownLength + 3);
        foreach (var rune in key.AsSpan(0, Math.Min(key.Length, ShownLength)).EnumerateRunes())
        {
            text.Append(Rune.IsControl(rune) ? "?" : rune.ToString());
        }

        return key.Length > ShownLength ? text.Append("...").ToString() : text.ToString();
    }
}
