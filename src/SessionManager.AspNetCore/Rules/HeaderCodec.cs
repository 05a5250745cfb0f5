using System.Buffers.Binary;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Rules;

/// <summary>
/// Reads the header of a record, which a store keeps as it is. <see cref="HeaderEncoder"/> writes the header. Numbers
/// are little-endian, times are Unix milliseconds, and lengths are numbers of 1 to 5 bytes (LEB128).
/// <code>
///  offset  size
///       0     1  format version, 1
///       1     1  0 = session, 1 = tombstone, 2 = pointer
///       2     2  session: HeaderFields, the fields that are present; tombstone: the end reason; pointer: 0
///       4     4  checksum (see Checksum) of the record id and of the header without the checksum
///   (a tombstone ends here)
///       8    32  session: SHA-256 of the secret; pointer: 16 bytes, the id of its session, big-endian
///   (a pointer ends here)
///      40     8  created at
///      48     1+ generation, as a length
///       .        the fields whose flags are set, in this order:
///               4096  terms: see SignInTermsCodec
///                  1  started at 8, unless it is the time of the creation
///                  2  user id: length, UTF-8
///                  4  owner id, unless the owner is the user: length, UTF-8
///                  8  authenticated at 8
///                 16  secret issued at 8, unless it is the time of the start
///                 32  SHA-256 of the next secret 32
///                 64  former secret: kind 1, SHA-256 32, until 8 (0: until the current secret is seen)
///                128  order 8, unless it is the time of the start
///                256  claim: request 16, user id: length, UTF-8
///                512  epoch 16, big-endian
///               1024  client: see ClientCodec
///               2048  principal: length, bytes
/// </code>
/// The header of a signed-in session takes about 120 bytes when the user id has 6 letters.
/// </summary>
internal static class HeaderCodec
{
    /// <summary>The format that this version writes. A later version of this library that adds a field keeps the
    /// format.</summary>
    public const byte Version = 1;

    public const byte SessionType = 0;
    public const byte TombstoneType = 1;
    public const byte PointerType = 2;
    public const int ChecksumOffset = 4;
    public const int PreambleLength = 8;
    public const int PointerLength = PreambleLength + 16;
    public const int HashLength = 32;

    /// <summary>Reads a stored record. Damaged bytes lead neither to an exception nor to an allocation of a length that
    /// they claim.</summary>
    public static SessionLookup Decode(StoredSession? stored)
    {
        if (stored is null)
        {
            return new SessionLookup(SessionLookupStatus.NotFound);
        }

        var header = stored.Header.Span;
        if (stored.Status == StoredSessionStatus.Newer || (header.Length > 0 && header[0] > Version))
        {
            return new SessionLookup(SessionLookupStatus.Newer) { Stored = stored };
        }

        if (stored.Status != StoredSessionStatus.Whole
            || header.Length < PreambleLength
            || header[0] != Version
            || BinaryPrimitives.ReadUInt32LittleEndian(header[ChecksumOffset..])
                != ChecksumOf(stored.Id, header))
        {
            return new SessionLookup(SessionLookupStatus.Unreadable) { Stored = stored };
        }

        var found = header[1] switch
        {
            SessionType => DecodeSession(stored, (HeaderFields)BinaryPrimitives.ReadUInt16LittleEndian(header[2..])),
            TombstoneType => DecodeTombstone(header),
            PointerType when header.Length == PointerLength => new SessionLookup(SessionLookupStatus.Pointer),
            _ => new SessionLookup(SessionLookupStatus.Unreadable),
        };
        return found.Record is null ? found with { Stored = stored } : found;
    }

    /// <summary>Whether a header is the header of a signed-in session. The check reads four bytes.</summary>
    public static bool IsSignedIn(ReadOnlySpan<byte> header) =>
        IsSession(header) && (header[2] & (byte)HeaderFields.User) != 0;

    /// <summary>Reads only the terms of a header; <see langword="null"/> when it has none.</summary>
    public static SignInTerms? TermsOf(ReadOnlyMemory<byte> header)
    {
        if (!IsSession(header.Span)
            || !Has((HeaderFields)BinaryPrimitives.ReadUInt16LittleEndian(header.Span[2..]), HeaderFields.Terms))
        {
            return null;
        }

        var reader = new HeaderReader(header, PreambleLength + HashLength + sizeof(long));
        reader.ReadLength();
        return SignInTermsCodec.Read(ref reader);
    }

    /// <summary>Whether a header has a field. <see cref="Enum.HasFlag"/> allocates in a debug build.</summary>
    public static bool Has(HeaderFields fields, HeaderFields field) => (fields & field) != HeaderFields.None;

    /// <summary>Returns the session that a pointer points to.</summary>
    public static Guid TargetOf(StoredSession pointer) =>
        new(pointer.Header.Span.Slice(PreambleLength, 16), bigEndian: true);

    /// <summary>Whether a header is that of a pointer. The check reads two bytes.</summary>
    public static bool IsPointer(ReadOnlySpan<byte> header) =>
        header.Length == PointerLength && header[0] == Version && header[1] == PointerType;

    private static bool IsSession(ReadOnlySpan<byte> header) =>
        header.Length > PreambleLength
        && header[0] == Version
        && header[1] == SessionType;

    private static SessionLookup DecodeTombstone(ReadOnlySpan<byte> header)
    {
        var reason = (SessionEndReason)BinaryPrimitives.ReadUInt16LittleEndian(header[2..]);
        return header.Length == PreambleLength
            && reason is SessionEndReason.Expired or SessionEndReason.SignedOut or SessionEndReason.Revoked
                ? new SessionLookup(SessionLookupStatus.Ended, EndReason: reason)
                : new SessionLookup(SessionLookupStatus.Unreadable);
    }

    private static SessionLookup DecodeSession(StoredSession stored, HeaderFields fields)
    {
        if ((fields & ~HeaderFields.All) != HeaderFields.None)
        {
            return new SessionLookup(SessionLookupStatus.Newer);
        }

        var reader = new HeaderReader(stored.Header, PreambleLength);
        var secret = reader.ReadBytes(HashLength);
        var created = reader.ReadTime();
        var generation = reader.ReadLength();
        var terms = Has(fields, HeaderFields.Terms) ? SignInTermsCodec.Read(ref reader) : null;
        var started = Has(fields, HeaderFields.Started) ? reader.ReadTime() : created;
        var user = Has(fields, HeaderFields.User) ? reader.ReadText() : null;
        var owner = Has(fields, HeaderFields.Owner) ? reader.ReadText() : user;
        DateTimeOffset? authenticated = Has(fields, HeaderFields.Authenticated) ? reader.ReadTime() : null;
        var issued = Has(fields, HeaderFields.Issued) ? reader.ReadTime() : started;
        var next = Has(fields, HeaderFields.Next) ? reader.ReadBytes(HashLength) : default;
        var former = Has(fields, HeaderFields.Former) ? ReadFormer(ref reader) : default;
        var order = (Has(fields, HeaderFields.Order) ? reader.ReadTime() : started).ToUnixTimeMilliseconds();
        var claim = Has(fields, HeaderFields.Claim)
            ? new SignInClaim(RequestId: reader.ReadGuid(), UserId: reader.ReadText())
            : null;
        var epoch = Has(fields, HeaderFields.Epoch) ? reader.ReadGuid() : default;
        var client = Has(fields, HeaderFields.Client) ? reader.ReadClient() : null;
        var principal = Has(fields, HeaderFields.Principal) ? reader.ReadBytes(reader.ReadLength()) : default;
        if (!reader.IsAtEnd
            || (Has(fields, HeaderFields.Former) && !IsKnown(former.Kind)))
        {
            return new SessionLookup(SessionLookupStatus.Unreadable);
        }

        return new SessionLookup(SessionLookupStatus.Found, new SessionRecord
        {
            Stored = stored,
            SecretHash = secret,
            NextSecretHash = next,
            Former = former,
            SecretIssuedAt = issued,
            Generation = generation,
            UserId = user,
            OwnerId = owner,
            CreatedAt = created,
            StartedAt = started,
            AuthenticatedAt = authenticated,
            Order = order,
            Claim = claim,
            Principal = principal,
            Client = client,
            Epoch = epoch,
            Terms = terms,
        });
    }

    private static FormerSecret ReadFormer(ref HeaderReader reader)
    {
        var kind = (FormerSecretKind)reader.ReadByte();
        var hash = reader.ReadBytes(HashLength);
        var until = reader.ReadTime();
        return new FormerSecret(kind, hash, until == DateTimeOffset.UnixEpoch ? null : until);
    }

    private static bool IsKnown(FormerSecretKind kind) =>
        kind is > FormerSecretKind.None and <= FormerSecretKind.Rotated;

    /// <summary>Computes the checksum of the header of a record.</summary>
    public static uint ChecksumOf(Guid id, ReadOnlySpan<byte> header)
    {
        Span<byte> idAndPreamble = stackalloc byte[16 + ChecksumOffset];
        id.TryWriteBytes(idAndPreamble, bigEndian: true, out _);
        header[..ChecksumOffset].CopyTo(idAndPreamble[16..]);
        return Checksum.Of(Checksum.Of(idAndPreamble), header[PreambleLength..]);
    }
}
