using System.Buffers.Text;
using System.Text;

namespace SessionManager.AspNetCore.Dashboard.Pages;

/// <summary>A user id in a form field. Base64url keeps it exact: browsers change a NUL and the ends of lines in
/// text.</summary>
internal static class UserIdField
{
    // No user id is longer than 65,535 bytes.
    private const int MaxLength = 65_535 / 3 * 4;

    private static readonly UTF8Encoding Strict =
        new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Encode(string userId) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(userId));

    /// <summary>Reads an id; <see langword="null"/> for text that is not the field of an id.</summary>
    public static string? Decode(string? field)
    {
        if (string.IsNullOrEmpty(field) || field.Length > MaxLength)
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
