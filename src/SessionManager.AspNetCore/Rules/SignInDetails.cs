using System.Buffers.Binary;
using System.Text;

namespace SessionManager.AspNetCore.Rules;

/// <summary>
/// The data of a sign-in beside the user id. <see cref="SessionRecord.Principal"/> keeps the data. A sign-in without
/// data takes no bytes. Numbers are little-endian.
/// <code>
///  offset  size
///       0     4  checksum (see Checksum) of all bytes after it
///       4     1  format version, 1
///       5     1  the parts that follow, in this order: 1 = scheme, 2 = ticket
///       .        scheme: length 2, UTF-8
///       .        ticket: the rest
/// </code>
/// </summary>
/// <param name="Scheme">The name of the authentication scheme; <see langword="null"/> for the first session
/// scheme.</param>
/// <param name="Ticket">The serialized authentication ticket; empty when the user has only an id.</param>
internal sealed record SignInDetails(string? Scheme, ReadOnlyMemory<byte> Ticket)
{
    private const byte Version = 1;
    private const int PreambleLength = 6;

    [Flags]
    private enum Parts : byte
    {
        None = 0,
        Scheme = 1,
        Ticket = 2,
    }

    /// <summary>A sign-in by the first session scheme, with only a user id.</summary>
    public static SignInDetails None { get; } = new(null, default);

    private Parts Held => (Scheme is null ? Parts.None : Parts.Scheme) | (Ticket.IsEmpty ? Parts.None : Parts.Ticket);

    /// <summary>Reads the data of a sign-in; <see langword="null"/> when they can't be read.</summary>
    public static SignInDetails? Read(ReadOnlyMemory<byte> kept)
    {
        if (kept.IsEmpty)
        {
            return None;
        }

        if (ActorFrame.Is(kept))
        {
            // The user of an impersonation has only an id, and belongs to the scheme of the acting user.
            return ActorFrame.Read(kept) is { } actor && Read(actor.Principal) is { } signIn
                ? None with { Scheme = signIn.Scheme }
                : null;
        }

        // The checksum comes first, because the serializer of the ticket allocates by the lengths that it reads.
        if (kept.Length < PreambleLength
            || BinaryPrimitives.ReadUInt32LittleEndian(kept.Span) != Checksum.Of(kept.Span[4..])
            || kept.Span[4] != Version)
        {
            return null;
        }

        var parts = (Parts)kept.Span[5];
        var rest = kept[PreambleLength..];
        string? scheme = null;
        if (parts.HasFlag(Parts.Scheme) && !TryReadScheme(ref rest, out scheme))
        {
            return null;
        }

        return rest.IsEmpty == parts.HasFlag(Parts.Ticket) ? null : new SignInDetails(scheme, rest);
    }

    /// <summary>Writes the data.</summary>
    public byte[] Write()
    {
        if (Held == Parts.None)
        {
            return [];
        }

        var schemeLength = Scheme is null ? 0 : 2 + Encoding.UTF8.GetByteCount(Scheme);
        var kept = new byte[PreambleLength + schemeLength + Ticket.Length];
        (kept[4], kept[5]) = (Version, (byte)Held);
        if (Scheme is not null)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(kept.AsSpan(PreambleLength), checked((ushort)(schemeLength - 2)));
            Encoding.UTF8.GetBytes(Scheme, kept.AsSpan(PreambleLength + 2));
        }

        Ticket.CopyTo(kept.AsMemory(PreambleLength + schemeLength));
        BinaryPrimitives.WriteUInt32LittleEndian(kept, Checksum.Of(kept.AsSpan(4)));
        return kept;
    }

    private static bool TryReadScheme(ref ReadOnlyMemory<byte> rest, out string? scheme)
    {
        scheme = null;
        if (rest.Length < 2
            || BinaryPrimitives.ReadUInt16LittleEndian(rest.Span) is var length && rest.Length < 2 + length)
        {
            return false;
        }

        scheme = Encoding.UTF8.GetString(rest.Span.Slice(2, length));
        rest = rest[(2 + length)..];
        return true;
    }
}
