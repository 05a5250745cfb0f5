using System.Buffers.Text;
using System.Text;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>A user id in a form, exactly: as text, a NUL and the ends of lines would not come back as they went.</summary>
internal static class UserField
{
    // No user id is longer than 65,535 bytes.
    private const int MostCharacters = 65_535 / 3 * 4;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Write(string userId) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(userId));

    /// <summary>Reads an id; <see langword="null"/> for what is none.</summary>
    public static string? Read(string? field)
    {
        if (string.IsNullOrEmpty(field) || field.Length > MostCharacters)
        {
            return null;
        }

        try
        {
            return Strict.GetString(Base64Url.DecodeFromChars(field));
        }
        catch (Exception exception) when (exception is FormatException or DecoderFallbackException)
        {
            return null;
        }
    }
}
