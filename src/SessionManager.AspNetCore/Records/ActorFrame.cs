using System.Buffers.Binary;
using System.Text;

namespace SessionManager.AspNetCore.Records;

/// <summary>
/// What a session keeps of a user who acts as another one, in <see cref="SessionRecord.Principal"/>, which stores take as it is: who that is, and
/// what is there again when the acting ends. Numbers are little-endian.
/// <code>
///  offset  size
///       0     4  checksum (see Checksum) of all after it
///       4     1  172: no sign-in keeps bytes that have this here
///       5     1  format version, 1
///       6    16  the actor's epoch at the sign-in (see UserEpoch), big-endian
///      22     4  length of the actor's id
///      26     4  length of what was kept of the actor's sign-in
///      30        the actor's id (UTF-8), what was kept of the sign-in
///       .        the actor's values, one after the other: { length of the key 4, key (UTF-8), kind 1, length 4, bytes }
/// </code>
/// </summary>
/// <param name="UserId">The actor.</param>
/// <param name="Epoch">The actor's epoch.</param>
/// <param name="Principal">What was kept of the actor's sign-in.</param>
/// <param name="Values">The actor's values.</param>
internal sealed record ActorFrame(string UserId, Guid Epoch, ReadOnlyMemory<byte> Principal, IReadOnlyList<KeyValuePair<string, SessionValue>> Values)
{
    private const byte Tag = 172;
    private const byte Version = 1;
    private const int PreambleLength = 30;

    /// <summary>Whether it is what a session keeps of an actor. It costs next to nothing, since every load asks.</summary>
    public static bool Is(ReadOnlyMemory<byte> kept) => kept.Length >= PreambleLength && kept.Span[4] == Tag;

    /// <summary>Reads what a session keeps; <see langword="null"/> when it is no actor, or can't be read.</summary>
    public static ActorFrame? Read(ReadOnlyMemory<byte> kept)
    {
        var bytes = kept.Span;
        if (!Is(kept) || bytes[5] != Version || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Checksum.Of(bytes[4..]))
        {
            return null;
        }

        var (user, principal) = (BinaryPrimitives.ReadInt32LittleEndian(bytes[22..]), BinaryPrimitives.ReadInt32LittleEndian(bytes[26..]));
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

    /// <summary>The form that a session keeps.</summary>
    public byte[] Write()
    {
        var userLength = Encoding.UTF8.GetByteCount(UserId);
        var valuesLength = Values.Sum(static entry => 9L + LayeredValues.SizeOf(entry.Key, entry.Value));
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

            values.Add(KeyValuePair.Create(Encoding.UTF8.GetString(key.Span), new SessionValue((SessionValueKind)kind.Span[0], data)));
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
