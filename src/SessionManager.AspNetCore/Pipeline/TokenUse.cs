using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The token of a request, for the comparison with the stored hashes.</summary>
/// <param name="SecretHash">SHA-256 of the secret.</param>
/// <param name="Now">The time of the request.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TokenUse(ReadOnlyMemory<byte> SecretHash, DateTimeOffset Now)
{
    /// <summary>Returns a text without the hash, which may be logged.</summary>
    public override string ToString() => nameof(TokenUse);
}
