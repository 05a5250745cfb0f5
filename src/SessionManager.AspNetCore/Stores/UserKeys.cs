using System.Security.Cryptography;

namespace SessionManager.AspNetCore.Stores;

/// <summary>The store keys of users: no key shows a user id. The keys of recent users are remembered; others push them
/// out.</summary>
/// <param name="prefix">What all keys begin with.</param>
internal sealed class UserKeys(string prefix)
{
    private const int Remembered = 4096;

    private readonly UserKey?[] _keys = new UserKey?[Remembered];

    /// <summary>The keys of a user.</summary>
    public UserKey Of(string userId)
    {
        ref var place = ref _keys[(uint)userId.GetHashCode(StringComparison.Ordinal) % Remembered];
        var known = Volatile.Read(ref place);
        if (known is not null && string.Equals(known.UserId, userId, StringComparison.Ordinal))
        {
            return known;
        }

        var key = Make(userId);
        Volatile.Write(ref place, key);
        return key;
    }

    private UserKey Make(string userId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(UserText.Encode(userId, stackalloc byte[UserText.BufferLength], out _), hash);
        var text = Convert.ToHexStringLower(hash);
        return new UserKey(userId, new Guid(hash[..16]), $"{prefix}user:{text}", $"{prefix}sessions:{text}");
    }
}
