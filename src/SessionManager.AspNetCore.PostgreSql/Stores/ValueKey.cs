using System.Security.Cryptography;
using System.Text;

namespace SessionManager.AspNetCore.PostgreSql.Stores;

/// <summary>The key of a value as the columns hold it. PostgreSQL's text has no U+0000, and its index takes no long
/// entries: a key is its UTF-8, or 0xFF (with which no UTF-8 begins) and its SHA-256.</summary>
internal static class ValueKey
{
    private const int MaxIndexedBytes = 1024;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>Returns the columns <c>key</c> and <c>long_key</c>.</summary>
    public static (byte[] Key, byte[]? LongKey) Encode(string key)
    {
        var text = Encoding.UTF8.GetBytes(key);
        return text.Length <= MaxIndexedBytes ? (text, null) : ([0xFF, .. SHA256.HashData(text)], text);
    }

    /// <summary>Reads the columns; <see langword="null"/> when this store has not written them.</summary>
    public static string? Decode(byte[] key, byte[]? longKey)
    {
        try
        {
            return Strict.GetString(longKey ?? key);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
