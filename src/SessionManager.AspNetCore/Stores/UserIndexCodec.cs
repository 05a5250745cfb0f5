using System.Buffers.Binary;
using System.Runtime.InteropServices;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The list of a user's sessions, as a plain cache has it. Numbers are little-endian, times are Unix milliseconds.
/// <code>
///  offset  size
///       0     1  format version, 1
///       1     4  checksum (see Checksum) of all after it
///       5 n x 24 { session id, big-endian 16, keep until 8 }, in the order in which they were added
/// </code>
/// The list only says where to look. Whether a session is the user's, its record says.
/// </summary>
internal static class UserIndexCodec
{
    public const byte Format = 1;

    private const int ChecksumOffset = 1;
    private const int RowsOffset = 5;
    private const int RowLength = 24;

    /// <summary>Reads a list. A damaged list is empty, like one that the cache has dropped.</summary>
    /// <exception cref="SessionStoreException">A newer version has written the list.</exception>
    public static List<IndexedSession> Read(byte[]? stored)
    {
        ReadOnlySpan<byte> bytes = stored;
        if (bytes.Length > 0 && bytes[0] > Format)
        {
            throw new SessionStoreException(
                "A newer version of the session layer has written the list of a user's sessions. Update this process.");
        }

        var sessions = new List<IndexedSession>();
        if (bytes.Length < RowsOffset
            || bytes[0] != Format
            || (bytes.Length - RowsOffset) % RowLength != 0
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumOffset..]) != Checksum.Of(bytes[RowsOffset..]))
        {
            return sessions;
        }

        for (var rows = bytes[RowsOffset..]; !rows.IsEmpty; rows = rows[RowLength..])
        {
            sessions.Add(new IndexedSession(
                new Guid(rows[..16], bigEndian: true), BinaryPrimitives.ReadInt64LittleEndian(rows[16..])));
        }

        return sessions;
    }

    /// <summary>Writes a list.</summary>
    public static byte[] Write(List<IndexedSession> sessions)
    {
        var stored = new byte[RowsOffset + (sessions.Count * RowLength)];
        var bytes = stored.AsSpan();
        bytes[0] = Format;
        var rows = bytes[RowsOffset..];
        foreach (ref readonly var session in CollectionsMarshal.AsSpan(sessions))
        {
            session.Id.TryWriteBytes(rows, bigEndian: true, out _);
            BinaryPrimitives.WriteInt64LittleEndian(rows[16..], session.KeepUntil);
            rows = rows[RowLength..];
        }

        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumOffset..], Checksum.Of(bytes[RowsOffset..]));
        return stored;
    }
}
