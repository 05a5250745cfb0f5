using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>What is kept of a user id to find the user's sessions: bits of its SHA-256, so that a tag is short, whatever the id is.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct UserTag
{
    private const int Buckets = 8192;

    private UserTag(ulong tag, int bucket) => (Tag, Bucket) = (tag, bucket);

    /// <summary>64 bits, and never 0. Two users share them with a probability of 5e-20. A session is found under the wrong user only if
    /// it belonged to both of them, one after the other.</summary>
    public ulong Tag { get; }

    /// <summary>The number of the sorted set that holds the entries of this user and of others. Sets of a few dozen entries take a
    /// third of the memory that a set for each user takes.</summary>
    public int Bucket { get; }

    public static UserTag Of(string userId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        // As UTF-16, in which half a surrogate pair differs from another half.
        SHA256.HashData(MemoryMarshal.AsBytes(userId.AsSpan()), hash);
        return new UserTag(
            Math.Max(1, BinaryPrimitives.ReadUInt64BigEndian(hash)), BinaryPrimitives.ReadUInt16BigEndian(hash[8..]) % Buckets);
    }
}
