using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SessionManager.AspNetCore.Pipeline;

namespace SessionManager.AspNetCore.Rules;

/// <summary>
/// The epoch of a user, by which a plain cache revokes sessions that it can't find. The epoch is random. A session that
/// was signed in under another epoch is revoked, on any node. One session may be spared, together with the epoch of its
/// sign-in. The first half of the epoch changes only when the user is erased. A session that the user has signed out of
/// depends on this half alone.
/// <code>
///  offset  size
///       0     1  format version, 1
///       1     8  first half of the epoch, of the last erasure
///       9     8  second half of the epoch, of the last revocation
///      17    16  the spared session's id, or zeros
///      33    16  the spared session's epoch
/// </code>
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct UserEpoch(Guid Epoch, Guid SparedId = default, Guid SparedEpoch = default)
{
    private const int Length = 49;
    private const int HalfLength = 8;

    /// <summary>Reads an entry. A damaged entry revokes all sessions, because no session was signed in under its
    /// epoch.</summary>
    public static UserEpoch? Read(byte[]? stored)
    {
        if (stored is null)
        {
            return null;
        }

        return stored.Length == Length && stored[0] == 1
            ? new UserEpoch(GuidAt(stored, 1), GuidAt(stored, 17), GuidAt(stored, 33))
            : new UserEpoch(new Guid(SHA256.HashData(stored).AsSpan(0, 16)));
    }

    public byte[] Write()
    {
        var stored = new byte[Length];
        stored[0] = 1;
        Epoch.TryWriteBytes(stored.AsSpan(1), bigEndian: true, out _);
        SparedId.TryWriteBytes(stored.AsSpan(17), bigEndian: true, out _);
        SparedEpoch.TryWriteBytes(stored.AsSpan(33), bigEndian: true, out _);
        return stored;
    }

    /// <summary>Returns the epoch after a revocation.</summary>
    public static UserEpoch AfterRevocation(UserEpoch? before)
    {
        var epoch = SessionToken.NewId().ToByteArray(bigEndian: true);
        HalfOf(before?.Epoch ?? Guid.Empty).CopyTo(epoch);
        return new UserEpoch(new Guid(epoch, bigEndian: true));
    }

    /// <summary>Returns the epoch after an erasure.</summary>
    public static UserEpoch AfterErasure() => new(SessionToken.NewId());

    /// <summary>Whether a session is neither revoked nor erased. A session without a signed-in user can only be
    /// erased.</summary>
    public bool Accepts(SessionRecord record) =>
        Accepts(record.Id, record.Epoch)
        || (record is { UserId: null, OwnerId: not null } && HalfOf(record.Epoch).SequenceEqual(HalfOf(Epoch)));

    /// <summary>Whether a session is neither revoked nor erased, by its id and the epoch of its sign-in.</summary>
    public bool Accepts(Guid id, Guid epoch) => epoch == Epoch || (id == SparedId && epoch == SparedEpoch);

    private static ReadOnlySpan<byte> HalfOf(Guid epoch) => epoch.ToByteArray(bigEndian: true).AsSpan(0, HalfLength);

    private static Guid GuidAt(byte[] stored, int offset) => new(stored.AsSpan(offset, 16), bigEndian: true);
}
