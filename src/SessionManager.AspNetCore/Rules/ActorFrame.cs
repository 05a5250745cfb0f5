using System.Buffers.Binary;
using System.Text;

namespace SessionManager.AspNetCore.Rules;

/// <summary>
/// The user who acts as another user in a session (impersonation), and the data that the session restores when the
/// impersonation ends. <see cref="SessionRecord.Principal"/> keeps the frame. Numbers are little-endian.
/// <code>
///  offset  size
///       0     4  checksum (see Checksum) of all bytes after it
///       4     1  172, which the data of no sign-in has at this offset
///       5     1  format version, 1
///       6    16  the actor's epoch at the sign-in (see UserEpoch), big-endian
///      22     4  length of the actor's id
///      26     4  length of the data of the actor's sign-in
///      30        the actor's id (UTF-8), the data of the sign-in
///       .        the actor's values: { length of the key 4, key (UTF-8), kind 1, length 4, bytes }
/// </code>
/// </summary>
/// <param name="UserId">The id of the actor.</param>
/// <param name="Epoch">The actor's epoch.</param>
/// <param name="Principal">The data of the actor's sign-in.</param>
/// <param name="Values">The actor's values.</param>
internal sealed record ActorFrame(
    string UserId,
    Guid Epoch,
    ReadOnlyMemory<byte> Principal,
    IReadOnlyList<KeyValuePair<string, SessionValue>> Values)
{
    private const byte Tag = 172;
    private const byte Version = 1;
    private const int PreambleLength = 30;

    /// <summary>Whether the kept bytes are a frame. Every load calls this check, which reads one byte.</summary>
    public static bool Is(ReadOnlyMemory<byte> kept) => kept.Length >= PreambleLength && kept.Span[4] == Tag;

    /// <summary>Reads a frame; <see langword="null"/> when the kept bytes are no frame, or can't be read.</summary>
    public static ActorFrame? Read(ReadOnlyMemory<byte> kept)
    {
        var bytes = kept.Span;
        if (!Is(kept)
            || bytes[5] != Version
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Checksum.Of(bytes[4..]))
        {
            return null;
        }

        var user = BinaryPrimitives.ReadInt32LittleEndian(bytes[22..]);
        var principal = BinaryPrimitives.ReadInt32LittleEndian(bytes[26..]);
        if ((user | principal) < 0 || PreambleLength + (long)user + principal > kept.Length)
        {
            return null;
        }

        return TryReadValues(kept[(PreambleLength + user + principal)..], out var values)
            ? new ActorFrame(
                Encoding.UTF8.GetString(bytes.Slice(PreambleLength, user)),
                new Guid(bytes.Slice(6, 16), bigEndian: true),
                kept.Slice(PreambleLength + user, principal),
                values)
            : null;
    }

    /// <summary>Writes the frame.</summary>
    public byte[] Write()
    {
        var userLength = Encoding.UTF8.GetByteCount(UserId);
        var valuesLength = Values.Sum(static entry => 9L + SessionValue.SizeOf(entry.Key, entry.Value.Stored));
        var kept = new byte[checked((int)(PreambleLength + (long)userLength + Principal.Length + valuesLength))];
        (kept[4], kept[5]) = (Tag, Version);
        Epoch.TryWriteBytes(kept.AsSpan(6), bigEndian: true, out _);
        BinaryPrimitives.WriteInt32LittleEndian(kept.AsSpan(22), userLength);
        BinaryPrimitives.WriteInt32LittleEndian(kept.AsSpan(26), Principal.Length);
        Encoding.UTF8.GetBytes(UserId, kept.AsSpan(PreambleLength));
        Principal.Span.CopyTo(kept.AsSpan(PreambleLength + userLength));
        var rest = kept.AsSpan(PreambleLength + userLength + Principal.Length);
        foreach (var (key, value) in Values)
        {
            var keyLength = Encoding.UTF8.GetBytes(key, rest[4..]);
            BinaryPrimitives.WriteInt32LittleEndian(rest, keyLength);
            rest = rest[(4 + keyLength)..];
            rest[0] = (byte)value.Kind;
            BinaryPrimitives.WriteInt32LittleEndian(rest[1..], value.Data.Length);
            value.Data.Span.CopyTo(rest[5..]);
            rest = rest[(5 + value.Data.Length)..];
        }

        BinaryPrimitives.WriteUInt32LittleEndian(kept, Checksum.Of(kept.AsSpan(4)));
        return kept;
    }

    private static bool TryReadValues(ReadOnlyMemory<byte> rest, out List<KeyValuePair<string, SessionValue>> values)
    {
        values = [];
        while (!rest.IsEmpty)
        {
            if (!TryRead(ref rest, 4, out var keyLength)
                || !TryRead(ref rest, BinaryPrimitives.ReadInt32LittleEndian(keyLength.Span), out var key)
                || !TryRead(ref rest, 1, out var kind)
                || !TryRead(ref rest, 4, out var length)
                || !TryRead(ref rest, BinaryPrimitives.ReadInt32LittleEndian(length.Span), out var data)
                || !Enum.IsDefined((SessionValueKind)kind.Span[0]))
            {
                return false;
            }

            var value = SessionValue.Of((SessionValueKind)kind.Span[0], data.Span);
            values.Add(KeyValuePair.Create(Encoding.UTF8.GetString(key.Span), value));
        }

        return true;
    }

    private static bool TryRead(ref ReadOnlyMemory<byte> rest, int length, out ReadOnlyMemory<byte> part)
    {
        var holds = length >= 0 && length <= rest.Length;
        part = holds ? rest[..length] : default;
        rest = holds ? rest[length..] : rest;
        return holds;
    }
}
