using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// What a plain cache keeps of a user whose sessions have been revoked: a random epoch. A session that signed in under another one is
/// revoked, wherever it was made, without being known here. One session may be spared, by the epoch it signed in under. The first half of
/// the epoch changes only when the user is erased: a session that the user has signed out of since is judged by that half alone.
/// <code>
///  offset  size
///       0     1  format version, 1
///       1     8  epoch: first half, of the last erasure
///       9     8  epoch: second half, of the last revocation
///      17    16  the spared session's id, or zeros
///      33    16  the spared session's epoch
/// </code>
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct UserEpoch(Guid Epoch, Guid SparedId = default, Guid SparedEpoch = default)
{
    private const int Length = 49;
    private const int HalfLength = 8;

    /// <summary>The end of the store key of a user.</summary>
    public static string KeyOf(string userId) => string.Concat("user:", Convert.ToHexStringLower(HashOf(userId)));

    /// <summary>The place of a user in the queue of changes.</summary>
    public static Guid TurnOf(string userId) => new(HashOf(userId).AsSpan(0, 16));

    /// <summary>Reads an entry. A damaged one is an epoch nobody has signed in under yet: what can't be read revokes.</summary>
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

    /// <summary>The epoch after one, when the user's sessions are revoked.</summary>
    public static UserEpoch AfterRevocation(UserEpoch? before)
    {
        var epoch = SessionToken.NewId().ToByteArray(bigEndian: true);
        HalfOf(before?.Epoch ?? Guid.Empty).CopyTo(epoch);
        return new UserEpoch(new Guid(epoch, bigEndian: true));
    }

    /// <summary>The epoch after any, when the user is erased.</summary>
    public static UserEpoch AfterErasure() => new(SessionToken.NewId());

    /// <summary>Whether a session of the user is neither revoked nor erased; one that nobody is signed in to can only be erased.</summary>
    public bool Accepts(SessionRecord record) =>
        Accepts(record.Id, record.Epoch)
        || (record is { UserId: null, OwnerId: not null } && HalfOf(record.Epoch).SequenceEqual(HalfOf(Epoch)));

    /// <summary>Whether a session is neither revoked nor erased, by its id and by the epoch that the user signed in to it under.</summary>
    public bool Accepts(Guid id, Guid epoch) => epoch == Epoch || (id == SparedId && epoch == SparedEpoch);

    private static ReadOnlySpan<byte> HalfOf(Guid epoch) => epoch.ToByteArray(bigEndian: true).AsSpan(0, HalfLength);

    // By UTF-16 where it is no user's: UTF-8 has no form for it, and would make it equal to what may be a user's.
    private static byte[] HashOf(string userId) => SHA256.HashData(
        !SessionNotes.AreOfActors(userId) ? Encoding.UTF8.GetBytes(userId) : MemoryMarshal.AsBytes(userId.AsSpan()));

    private static Guid GuidAt(byte[] stored, int offset) => new(stored.AsSpan(offset, 16), bigEndian: true);
}
