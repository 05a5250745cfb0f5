using System.Buffers.Binary;
using System.Buffers.Text;

namespace SessionManager.AspNetCore.Dashboard.Data;

/// <summary>Where a page of the list begins, as it stands in its address: the last session of the page before. It holds nothing that the
/// page does not show.</summary>
internal static class SessionCursor
{
    private const int Length = 24;

    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    public static string Write(SessionMember last)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, last.AdmittedAt.ToUnixTimeMilliseconds());
        last.Id.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a cursor; <see langword="null"/>, which is the first page, for whatever is none.</summary>
    public static SessionMember? Read(string? text)
    {
        Span<byte> bytes = stackalloc byte[Length];
        if (text is not { Length: Length / 3 * 4 } || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != Length)
        {
            return null;
        }

        var time = BinaryPrimitives.ReadInt64BigEndian(bytes);
        return time >= Earliest && time <= Latest
            ? new SessionMember(new Guid(bytes[8..], bigEndian: true), DateTimeOffset.FromUnixTimeMilliseconds(time))
            : null;
    }
}
