using System.Buffers.Binary;
using System.Text;

namespace SessionManager.AspNetCore.Rules;

/// <summary>
/// Reads and writes the client of a header. The user agent and the address each have { 2 bytes: the length + 1, or 0
/// when there is no text; UTF-8 }.
/// </summary>
internal static class ClientCodec
{
    private const int LengthSize = 2;

    public static int Measure(SessionClient client) => Measure(client.UserAgent) + Measure(client.RemoteIpAddress);

    /// <summary>Writes a client, and returns the bytes behind the client.</summary>
    public static Span<byte> Write(SessionClient client, Span<byte> bytes) =>
        Write(client.RemoteIpAddress, Write(client.UserAgent, bytes));

    /// <summary>Reads a client from the front of the bytes, and leaves the bytes behind the client.</summary>
    public static bool TryRead(ref ReadOnlyMemory<byte> bytes, out SessionClient? client)
    {
        client = null;
        if (!TryRead(ref bytes, out string? userAgent) || !TryRead(ref bytes, out string? address))
        {
            return false;
        }

        client = new SessionClient(userAgent, address);
        return true;
    }

    // A text that does not fit is cut. The texts that this library writes always fit.
    private static int Measure(string? text) =>
        LengthSize + Math.Min(Encoding.UTF8.GetByteCount(text ?? ""), ushort.MaxValue - 1);

    private static Span<byte> Write(string? text, Span<byte> bytes)
    {
        var length = Measure(text) - LengthSize;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)(text is null ? 0 : length + 1));
        Encoding.UTF8.GetBytes(text ?? "").AsSpan(0, length).CopyTo(bytes[LengthSize..]);
        return bytes[(LengthSize + length)..];
    }

    private static bool TryRead(ref ReadOnlyMemory<byte> bytes, out string? text)
    {
        text = null;
        if (bytes.Length < LengthSize)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16LittleEndian(bytes.Span) - 1;
        bytes = bytes[LengthSize..];
        if (length > bytes.Length)
        {
            return false;
        }

        if (length >= 0)
        {
            text = Encoding.UTF8.GetString(bytes.Span[..length]);
            bytes = bytes[length..];
        }

        return true;
    }
}
