using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>What is kept of a user id to find the user's sessions: 64 bits of its SHA-256, so that a key is short,
/// whatever the id is. Two users share them with a probability of 5e-20. A session is found under the wrong user only
/// if it belonged to both of them, one after the other.</summary>
internal static class UserTag
{
    /// <summary>The tag of a user, which is never 0; 0 for nobody.</summary>
    public static ulong Of(string? userId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        // As UTF-16, in which half a surrogate pair differs from another half.
        SHA256.HashData(MemoryMarshal.AsBytes(userId.AsSpan()), hash);
        return userId is null ? 0 : Math.Max(1, BinaryPrimitives.ReadUInt64BigEndian(hash));
    }
}
