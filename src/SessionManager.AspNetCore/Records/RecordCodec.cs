using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace SessionManager.AspNetCore.Records;

/// <summary>
/// The stored form of a session in a plain cache. Numbers are little-endian, times are Unix milliseconds.
/// <code>
///  offset  size
///       0     1  format version, 1
///       1     1  0 = session, 1 = tombstone
///       2     1  session: flags, 1 = user, 2 = owner that is not the user, 4 = authenticated, and what is among the extras:
///                8 = issued at, 16 = next, 32 = previous, 64 = epoch, 128 = principal; tombstone: the end reason
///       3     1  session: more flags, 1 = client; tombstone: 0
///       4     4  length of the whole record
///       8     4  checksum (see Checksum) of all before, and of all after it up to the values
///      12    16  record id, big-endian: a record copied to another key is not one
///   (a tombstone ends here, at 28)
///      28    32  SHA-256 of the secret
///      60     8  generation
///      68     8  created at
///      76     8  started at
///      84     8  authenticated at, or 0
///      92     8  last seen at
///     100     4  number of entries
///     104     4  length of the user id
///     108     4  length of the owner id
///     112     4  length of all keys
///     116     4  length of the extras
///     120        user id, owner id (UTF-8)
///       .        extras, in this order: secret issued at 8, if not at the creation; SHA-256 of the next secret 32; SHA-256 of the
///                previous secret 32, valid until 8, or of the one a sign-in replaced 32, recognised until 8, negative: a reader
///                that does not know the second kind takes it for a previous one of long ago; the user's epoch at the sign-in 16; the client (see
///                ClientCodec); the principal
///       . n x 12 index, ordered by key: { offset of the key, offset of the value, checksum of the value }
///       .        keys (UTF-8), each up to the next
///       .        values, each up to the next: { kind 1, bytes }
/// </code>
/// A load reads the header, and checks it, the index and the keys; a value is found by binary search, and checked and decoded
/// only when it is read. So a load costs by the number of values, never by their size.
/// </summary>
internal static class RecordCodec
{
    public const byte Version = 1;

    private const byte SessionType = 0;
    private const byte TombstoneType = 1;
    private const int ChecksumOffset = 8;
    private const int IdOffset = 12;
    private const int TombstoneLength = 28;
    private const int LastSeenOffset = 92;
    private const int CountOffset = 100;
    private const int HeaderLength = 120;
    private const int StackedChanges = 64;

    [StructLayout(LayoutKind.Auto)]
    private struct StoredSecrets
    {
        public DateTimeOffset IssuedAt { get; set; }

        public ReadOnlyMemory<byte> Next { get; set; }

        public ReadOnlyMemory<byte> Previous { get; set; }

        public DateTimeOffset? PreviousUntil { get; set; }

        public ReadOnlyMemory<byte> Replaced { get; set; }

        public DateTimeOffset? ReplacedUntil { get; set; }
    }

    [Flags]
    private enum Flags : ushort
    {
        None = 0,
        User = 1,
        Owner = 2,
        Authenticated = 4,
        Issued = 8,
        Next = 16,
        Previous = 32,
        Epoch = 64,
        Principal = 128,
        Client = 256,
    }

    /// <summary>Reads what is stored under an id. Whatever the bytes are, it neither throws nor allocates by their say-so.</summary>
    /// <param name="id">The id it is stored under.</param>
    /// <param name="stored">The bytes.</param>
    /// <param name="damaged">Told when a value, read later, turns out to be damaged.</param>
    public static SessionLookup Decode(Guid id, byte[] stored, Action<Guid>? damaged = null)
    {
        ReadOnlySpan<byte> bytes = stored;
        if (bytes.Length > 0 && bytes[0] > Version)
        {
            return new SessionLookup(SessionLookupStatus.Newer);
        }

        if (bytes.Length < TombstoneLength
            || bytes[0] != Version
            || BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]) != bytes.Length
            || IdOf(bytes) != id)
        {
            return new SessionLookup(SessionLookupStatus.Unreadable);
        }

        return bytes[1] switch
        {
            TombstoneType => DecodeTombstone(bytes),
            SessionType => DecodeSession(id, stored, damaged),
            _ => new SessionLookup(SessionLookupStatus.Unreadable),
        };
    }

    /// <summary>The id a record says it is of.</summary>
    public static Guid IdOf(ReadOnlySpan<byte> record) => new(record.Slice(IdOffset, 16), bigEndian: true);

    /// <summary>Writes a record: the header's fields, and the kept entries merged with the changes. The kept ones are copied as they are.</summary>
    public static byte[] Encode(SessionRecord header, PackedValues kept, PackedChanges changes)
    {
        var flags = FlagsOf(header);
        var userLength = flags.HasFlag(Flags.User) ? Encoding.UTF8.GetByteCount(header.UserId!) : 0;
        var ownerLength = flags.HasFlag(Flags.Owner) ? Encoding.UTF8.GetByteCount(header.OwnerId!) : 0;
        var clientLength = header.Client is { } client ? ClientCodec.Measure(client) : 0;
        var extrasLength = ExtrasLength(flags) + clientLength + header.Principal.Length;
        var indexOffset = HeaderLength + userLength + ownerLength + extrasLength;

        var merge = new PackedMerge(kept, changes, changes.Count <= StackedChanges ? stackalloc int[changes.Count] : new int[changes.Count]);
        var record = AllocateFor(merge, indexOffset);
        var bytes = record.AsSpan();

        WritePreamble(bytes, SessionType, flags, header.Id);
        header.SecretHash.Span.CopyTo(bytes.Slice(28, 32));
        BinaryPrimitives.WriteInt64LittleEndian(bytes[60..], header.Generation);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[68..], header.CreatedAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64LittleEndian(bytes[76..], header.StartedAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64LittleEndian(bytes[84..], header.AuthenticatedAt?.ToUnixTimeMilliseconds() ?? 0);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[LastSeenOffset..], header.LastSeenAt.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt32LittleEndian(bytes[104..], userLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[108..], ownerLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[116..], extrasLength);
        Encoding.UTF8.GetBytes(flags.HasFlag(Flags.User) ? header.UserId : "", bytes.Slice(HeaderLength, userLength));
        Encoding.UTF8.GetBytes(flags.HasFlag(Flags.Owner) ? header.OwnerId : "", bytes.Slice(HeaderLength + userLength, ownerLength));
        WriteExtras(header, flags, bytes.Slice(HeaderLength + userLength + ownerLength, extrasLength));

        WriteValues(merge, bytes, indexOffset);
        return record;
    }

    /// <summary>The same record with other values, and last seen at another time: half the work of <see cref="Encode"/>.</summary>
    public static byte[] WithValues(ReadOnlySpan<byte> header, DateTimeOffset lastSeenAt, PackedValues kept, PackedChanges changes)
    {
        var merge = new PackedMerge(kept, changes, changes.Count <= StackedChanges ? stackalloc int[changes.Count] : new int[changes.Count]);
        var record = AllocateFor(merge, header.Length);
        var bytes = record.AsSpan();

        header.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], bytes.Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[LastSeenOffset..], lastSeenAt.ToUnixTimeMilliseconds());
        WriteValues(merge, bytes, header.Length);
        return record;
    }

    /// <summary>The same record, last seen at another time. Everything else is copied as it is.</summary>
    public static byte[] WithLastSeen(byte[] stored, DateTimeOffset lastSeenAt)
    {
        var record = stored.AsSpan().ToArray();
        var bytes = record.AsSpan();
        BinaryPrimitives.WriteInt64LittleEndian(bytes[LastSeenOffset..], lastSeenAt.ToUnixTimeMilliseconds());
        WriteChecksum(bytes, (int)ValuesOffset(bytes));
        return record;
    }

    /// <summary>What is left of an ended session.</summary>
    public static byte[] EncodeTombstone(Guid id, SessionEndReason reason)
    {
        var record = new byte[TombstoneLength];
        WritePreamble(record, TombstoneType, (Flags)reason, id);
        WriteChecksum(record, TombstoneLength);
        return record;
    }

    private static SessionLookup DecodeTombstone(ReadOnlySpan<byte> bytes)
    {
        var reason = (SessionEndReason)bytes[2];
        return bytes.Length == TombstoneLength && HasValidChecksum(bytes, TombstoneLength)
            && reason is SessionEndReason.Expired or SessionEndReason.SignedOut or SessionEndReason.Revoked
                ? new SessionLookup(SessionLookupStatus.Ended, EndReason: reason)
                : new SessionLookup(SessionLookupStatus.Unreadable);
    }

    private static SessionLookup DecodeSession(Guid id, byte[] stored, Action<Guid>? damaged)
    {
        ReadOnlySpan<byte> bytes = stored;
        if (bytes.Length < HeaderLength)
        {
            return new SessionLookup(SessionLookupStatus.Unreadable);
        }

        var valuesOffset = ValuesOffset(bytes);
        if (valuesOffset < HeaderLength || valuesOffset > bytes.Length || !HasValidChecksum(bytes, (int)valuesOffset)
            || !TryReadTime(bytes[68..], out var created)
            || !TryReadTime(bytes[76..], out var started)
            || !TryReadTime(bytes[84..], out var authenticated)
            || !TryReadTime(bytes[LastSeenOffset..], out var lastSeen))
        {
            return new SessionLookup(SessionLookupStatus.Unreadable);
        }

        var userLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[104..]);
        var ownerLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[108..]);
        var flags = (Flags)BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
        var extrasLength = BinaryPrimitives.ReadInt32LittleEndian(bytes[116..]);
        ReadOnlyMemory<byte> extras = stored.AsMemory(HeaderLength + userLength + ownerLength, extrasLength);
        if (!TryReadExtras(extras, flags, created, out var secrets, out var epoch, out var client, out var principal))
        {
            return new SessionLookup(SessionLookupStatus.Unreadable);
        }

        var user = flags.HasFlag(Flags.User) ? Encoding.UTF8.GetString(bytes.Slice(HeaderLength, userLength)) : null;
        var values = new PackedValues(
            stored, HeaderLength + userLength + ownerLength + extrasLength, (int)valuesOffset, BinaryPrimitives.ReadInt32LittleEndian(bytes[CountOffset..]), damaged);
        return new SessionLookup(SessionLookupStatus.Found, new SessionRecord
        {
            Id = id,
            SecretHash = stored.AsMemory(28, 32),
            NextSecretHash = secrets.Next,
            PreviousSecretHash = secrets.Previous,
            PreviousValidUntil = secrets.PreviousUntil,
            ReplacedSecretHash = secrets.Replaced,
            ReplacedUntil = secrets.ReplacedUntil,
            SecretIssuedAt = secrets.IssuedAt,
            Generation = BinaryPrimitives.ReadInt64LittleEndian(bytes[60..]),
            UserId = user,
            OwnerId = flags.HasFlag(Flags.Owner) ? Encoding.UTF8.GetString(bytes.Slice(HeaderLength + userLength, ownerLength)) : user,
            CreatedAt = created,
            StartedAt = started,
            AuthenticatedAt = flags.HasFlag(Flags.Authenticated) ? authenticated : null,
            Principal = principal,
            Client = client,
            Epoch = epoch,
            LastSeenAt = lastSeen,
            Values = values,
            ValueBytes = values.ByteCount,
        });
    }

    private static Flags FlagsOf(SessionRecord header) =>
        (header.UserId is null ? Flags.None : Flags.User)
        | (header.OwnerId is null || string.Equals(header.OwnerId, header.UserId, StringComparison.Ordinal) ? Flags.None : Flags.Owner)
        | (header.AuthenticatedAt is null ? Flags.None : Flags.Authenticated)
        | (header.SecretIssuedAt == header.CreatedAt ? Flags.None : Flags.Issued)
        | (header.NextSecretHash.IsEmpty ? Flags.None : Flags.Next)
        | (header.PreviousSecretHash.IsEmpty && header.ReplacedSecretHash.IsEmpty ? Flags.None : Flags.Previous)
        | (header.Epoch == Guid.Empty ? Flags.None : Flags.Epoch)
        | (header.Principal.IsEmpty ? Flags.None : Flags.Principal)
        | (header.Client is null ? Flags.None : Flags.Client);

    // All but the client and the principal, which is the rest.
    private static int ExtrasLength(Flags flags) =>
        (flags.HasFlag(Flags.Issued) ? 8 : 0)
        + (flags.HasFlag(Flags.Next) ? 32 : 0)
        + (flags.HasFlag(Flags.Previous) ? 40 : 0)
        + (flags.HasFlag(Flags.Epoch) ? 16 : 0);

    private static void WriteExtras(SessionRecord header, Flags flags, Span<byte> extras)
    {
        if (flags.HasFlag(Flags.Issued))
        {
            BinaryPrimitives.WriteInt64LittleEndian(extras, header.SecretIssuedAt.ToUnixTimeMilliseconds());
            extras = extras[8..];
        }

        if (flags.HasFlag(Flags.Next))
        {
            header.NextSecretHash.Span.CopyTo(extras);
            extras = extras[32..];
        }

        if (flags.HasFlag(Flags.Previous))
        {
            var replaced = header.PreviousSecretHash.IsEmpty;
            (replaced ? header.ReplacedSecretHash : header.PreviousSecretHash).Span.CopyTo(extras);
            var until = replaced ? -header.ReplacedUntil?.ToUnixTimeMilliseconds() : header.PreviousValidUntil?.ToUnixTimeMilliseconds();
            BinaryPrimitives.WriteInt64LittleEndian(extras[32..], until ?? 0);
            extras = extras[40..];
        }

        if (flags.HasFlag(Flags.Epoch))
        {
            header.Epoch.TryWriteBytes(extras, bigEndian: true, out _);
            extras = extras[16..];
        }

        if (header.Client is { } client)
        {
            extras = ClientCodec.Write(client, extras);
        }

        header.Principal.Span.CopyTo(extras);
    }

    private static bool TryReadExtras(
        ReadOnlyMemory<byte> extras,
        Flags flags,
        DateTimeOffset created,
        out StoredSecrets secrets,
        out Guid epoch,
        out SessionClient? client,
        out ReadOnlyMemory<byte> principal)
    {
        secrets = new StoredSecrets { IssuedAt = created };
        (epoch, client, principal) = (default, null, default);
        if (flags < Flags.Issued)
        {
            return extras.IsEmpty;
        }

        if (extras.Length < ExtrasLength(flags))
        {
            return false;
        }

        var valid = true;
        if (flags.HasFlag(Flags.Issued))
        {
            valid &= TryReadTime(extras.Span, out var issued);
            secrets.IssuedAt = issued;
            extras = extras[8..];
        }

        if (flags.HasFlag(Flags.Next))
        {
            secrets.Next = extras[..32];
            extras = extras[32..];
        }

        if (flags.HasFlag(Flags.Previous))
        {
            valid &= TryReadTime(extras.Span[32..], out var until);
            if (until >= DateTimeOffset.UnixEpoch)
            {
                (secrets.Previous, secrets.PreviousUntil) = (extras[..32], until);
            }
            else
            {
                (secrets.Replaced, secrets.ReplacedUntil) = (extras[..32], DateTimeOffset.UnixEpoch + (DateTimeOffset.UnixEpoch - until));
            }

            extras = extras[40..];
        }

        if (flags.HasFlag(Flags.Epoch))
        {
            epoch = new Guid(extras.Span[..16], bigEndian: true);
            extras = extras[16..];
        }

        if (flags.HasFlag(Flags.Client))
        {
            valid &= ClientCodec.TryRead(ref extras, out client);
        }

        principal = extras;
        return valid && extras.IsEmpty != flags.HasFlag(Flags.Principal);
    }

    // Where the values begin, by what the header says; less than a header when a length is negative. The checksum decides whether
    // to believe it.
    private static long ValuesOffset(ReadOnlySpan<byte> bytes)
    {
        var count = BinaryPrimitives.ReadInt32LittleEndian(bytes[CountOffset..]);
        var user = BinaryPrimitives.ReadInt32LittleEndian(bytes[104..]);
        var owner = BinaryPrimitives.ReadInt32LittleEndian(bytes[108..]);
        var keys = BinaryPrimitives.ReadInt32LittleEndian(bytes[112..]);
        var extras = BinaryPrimitives.ReadInt32LittleEndian(bytes[116..]);
        return (count | user | owner | keys | extras) < 0
            ? -1
            : (long)HeaderLength + user + owner + extras + ((long)count * PackedValues.IndexRowLength) + keys;
    }

    private static byte[] AllocateFor(PackedMerge merge, int indexOffset) =>
        GC.AllocateUninitializedArray<byte>(checked(merge.ValuesOffset(indexOffset) + merge.ValuesLength));

    // The last thing that is written of a record.
    private static void WriteValues(PackedMerge merge, Span<byte> bytes, int indexOffset)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes[CountOffset..], merge.Count);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[112..], merge.KeysLength);
        merge.Write(bytes, indexOffset);
        WriteChecksum(bytes, merge.ValuesOffset(indexOffset));
    }

    private static void WritePreamble(Span<byte> bytes, byte type, Flags detail, Guid id)
    {
        bytes[0] = Version;
        bytes[1] = type;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[2..], (ushort)detail);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], bytes.Length);
        id.TryWriteBytes(bytes.Slice(IdOffset, 16), bigEndian: true, out _);
    }

    private static void WriteChecksum(Span<byte> bytes, int end) =>
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[ChecksumOffset..], ComputeChecksum(bytes, end));

    private static bool HasValidChecksum(ReadOnlySpan<byte> bytes, int end) =>
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[ChecksumOffset..]) == ComputeChecksum(bytes, end);

    private static uint ComputeChecksum(ReadOnlySpan<byte> bytes, int end) =>
        Checksum.Of(Checksum.Of(bytes[..ChecksumOffset]), bytes[IdOffset..end]);

    private static bool TryReadTime(ReadOnlySpan<byte> bytes, out DateTimeOffset time)
    {
        var milliseconds = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var valid = milliseconds >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds()
            && milliseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
        time = valid ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : default;
        return valid;
    }
}
