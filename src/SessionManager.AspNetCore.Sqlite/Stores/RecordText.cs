using System.Text;

namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>Keys and user ids as bytes, which SQLite compares one by one. As texts they would end at U+0000 for some of
/// SQLite's functions.</summary>
internal static class RecordText
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static byte[] Write(string text) => Strict.GetBytes(text);

    /// <summary>Reads a text.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The text; <see langword="null"/> when the bytes are none.</returns>
    public static string? Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
