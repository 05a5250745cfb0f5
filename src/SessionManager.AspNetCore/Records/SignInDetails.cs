using System.Buffers.Binary;
using System.Text;

namespace SessionManager.AspNetCore.Records;

/// <summary>
/// What a record keeps of a sign-in beside the user's id, in <see cref="SessionRecord.Principal"/>, which stores take as it is. A sign-in
/// that has nothing to keep takes no bytes. Numbers are little-endian.
/// <code>
///  offset  size
///       0     4  checksum (see Checksum) of all after it
///       4     1  format version, 1
///       5     1  what follows, in this order: 1 = scheme, 2 = ticket
///       .        scheme: length 2, UTF-8
///       .        ticket: the rest
/// </code>
/// </summary>
/// <param name="Scheme">The name of the authentication scheme that signed in; <see langword="null"/>: the first one of ours.</param>
/// <param name="Ticket">The ticket in the framework's own form; empty: the user has an id alone.</param>
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

    /// <summary>A sign-in by the first scheme, with nothing but the user's id.</summary>
    public static SignInDetails None { get; } = new(null, default);

    private Parts Held => (Scheme is null ? Parts.None : Parts.Scheme) | (Ticket.IsEmpty ? Parts.None : Parts.Ticket);

    /// <summary>Reads what a record keeps; <see langword="null"/> when it can't be read.</summary>
    public static SignInDetails? Read(ReadOnlyMemory<byte> kept)
    {
        if (kept.IsEmpty)
        {
            return None;
        }

        if (ActorFrame.Is(kept))
        {
            // A user somebody acts as has an id alone, and belongs to the scheme of who acts.
            return ActorFrame.Read(kept) is { } actor && Read(actor.Principal) is { } signIn ? None with { Scheme = signIn.Scheme } : null;
        }

        // Checked first: the ticket's serializer believes whatever counts and lengths it reads, and allocates by them.
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

    /// <summary>The form that a record keeps.</summary>
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
        if (rest.Length < 2 || BinaryPrimitives.ReadUInt16LittleEndian(rest.Span) is var length && rest.Length < 2 + length)
        {
            return false;
        }

        scheme = Encoding.UTF8.GetString(rest.Span.Slice(2, length));
        rest = rest[(2 + length)..];
        return true;
    }
}
