using System.Buffers.Binary;
using System.Text;

namespace SessionManager.AspNetCore.Records;

/// <summary>
/// The client among the extras of a record: for the user agent and then for the address { length + 1, or 0 when there is none, 2; UTF-8 }.
/// </summary>
internal static class ClientCodec
{
    private const int LengthSize = 2;

    public static int Measure(SessionClient client) => Measure(client.UserAgent) + Measure(client.RemoteIpAddress);

    /// <summary>Writes a client, and returns what follows it.</summary>
    public static Span<byte> Write(SessionClient client, Span<byte> bytes) => Write(client.RemoteIpAddress, Write(client.UserAgent, bytes));

    /// <summary>Reads a client from the front of the bytes, and leaves what follows it.</summary>
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

    // Cut where it would not fit: whoever fills the record of a commit bounds it, but another store's caller may not.
    private static int Measure(string? text) => LengthSize + Math.Min(Encoding.UTF8.GetByteCount(text ?? ""), ushort.MaxValue - 1);

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
