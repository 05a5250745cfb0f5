using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The text with which a caller asks for the next page: the position of the session that was read last.
/// <code>
/// 8 bytes   when the session started or signed in, in Unix milliseconds, big endian
/// 16 bytes  the id of the session, big endian
/// 6 bytes   the start of SHA-256 over the two fields and the list that they belong to
/// </code>
/// The checksum catches mistakes: a text that was cut or altered, or that belongs to another list. It is no signature.
/// Whoever forges a position reads the same list from another place.
/// </summary>
internal static class SessionContinuation
{
    private const int PositionLength = 24;
    private const int ChecksumLength = 6;
    private const int Length = PositionLength + ChecksumLength;

    private static readonly long Earliest = DateTimeOffset.MinValue.ToUnixTimeMilliseconds();
    private static readonly long Latest = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>Writes a position as text for a URL.</summary>
    /// <param name="position">The position.</param>
    /// <param name="userId">The user whose sessions are listed; <see langword="null"/> for the list of all
    /// sessions.</param>
    public static string Write(SessionPosition position, string? userId)
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, position.StartedAt.ToUnixTimeMilliseconds());
        position.Id.TryWriteBytes(bytes[8..], bigEndian: true, out _);
        WriteChecksum(bytes[..PositionLength], userId, bytes[PositionLength..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads what <see cref="Write"/> has written for the same list; <see langword="null"/> for
    /// <see langword="null"/>.</summary>
    /// <exception cref="ArgumentException">The text is malformed or belongs to another list.</exception>
    public static SessionPosition? Read(string? continuation, string? userId)
    {
        if (continuation is null)
        {
            return null;
        }

        // The text is the caller's, and may be an attacker's: the message does not repeat it.
        return TryRead(continuation, userId) ?? throw new ArgumentException(
            "The continuation is malformed or belongs to another list. Pass SessionPage.Continuation of the last page, "
            + "unchanged and to the same method for the same user, or null for the first page.",
            nameof(continuation));
    }

    private static SessionPosition? TryRead(string text, string? userId)
    {
        Span<byte> bytes = stackalloc byte[Length];
        Span<byte> checksum = stackalloc byte[ChecksumLength];

        // Base64Url.TryDecodeFromChars throws on other characters.
        if (text.Length != Base64Url.GetEncodedLength(Length)
            || Base64Url.DecodeFromChars(text, bytes, out _, out var written) != OperationStatus.Done
            || written != Length)
        {
            return null;
        }

        WriteChecksum(bytes[..PositionLength], userId, checksum);
        var time = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (!checksum.SequenceEqual(bytes[PositionLength..]) || time < Earliest || time > Latest)
        {
            return null;
        }

        var id = new Guid(bytes[8..PositionLength], bigEndian: true);
        return new SessionPosition(DateTimeOffset.FromUnixTimeMilliseconds(time), id);
    }

    private static void WriteChecksum(ReadOnlySpan<byte> position, string? userId, Span<byte> checksum)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(position);
        if (userId is not null)
        {
            // The list of all sessions adds no byte, and the list of a user at least this one.
            hash.AppendData("/"u8);
            hash.AppendData(Encoding.UTF8.GetBytes(userId));
        }

        Span<byte> whole = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(whole);
        whole[..checksum.Length].CopyTo(checksum);
    }
}
