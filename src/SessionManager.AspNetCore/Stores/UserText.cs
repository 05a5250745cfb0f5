using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace SessionManager.AspNetCore.Stores;

/// <summary>User ids as bytes: UTF-8, or UTF-16 when the id has no UTF-8 form, so that two ids are never the same
/// bytes.</summary>
internal static class UserText
{
    /// <summary>How long a buffer has to be that most user ids fit into.</summary>
    public const int BufferLength = 256;

    /// <summary>The bytes of a user id.</summary>
    /// <param name="userId">The user id.</param>
    /// <param name="buffer">Where the bytes may be written.</param>
    /// <param name="isUtf16">Whether the bytes are UTF-16.</param>
    public static ReadOnlySpan<byte> Encode(string userId, Span<byte> buffer, out bool isUtf16)
    {
        var status = Utf8.FromUtf16(userId, buffer, out _, out var written, replaceInvalidSequences: false);
        if (status == OperationStatus.DestinationTooSmall)
        {
            buffer = new byte[Encoding.UTF8.GetMaxByteCount(userId.Length)];
            status = Utf8.FromUtf16(userId, buffer, out _, out written, replaceInvalidSequences: false);
        }

        isUtf16 = status != OperationStatus.Done;
        return isUtf16 ? MemoryMarshal.AsBytes(userId.AsSpan()) : buffer[..written];
    }

    /// <summary>The user id that the bytes are of.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes, bool isUtf16) =>
        isUtf16 ? new string(MemoryMarshal.Cast<byte, char>(bytes)) : Encoding.UTF8.GetString(bytes);
}
