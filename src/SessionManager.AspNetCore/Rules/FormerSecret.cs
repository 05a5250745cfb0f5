using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Rules;

/// <summary>The secret before the current secret. A session has at most one former secret.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct FormerSecret(FormerSecretKind kind, ReadOnlyMemory<byte> hash, DateTimeOffset? until)
{
    // A number that no time has in milliseconds.
    private const long Open = long.MaxValue >> KindBits;
    private const int KindBits = 8;

    // The time with the kind in its lowest byte: every record has one of these structures.
    private readonly long _untilAndKind =
        ((until?.ToUnixTimeMilliseconds() ?? Open) << KindBits) | (byte)kind;

    /// <summary>What the secret can still do.</summary>
    public FormerSecretKind Kind => (FormerSecretKind)(byte)_untilAndKind;

    /// <summary>SHA-256 of the secret.</summary>
    public ReadOnlyMemory<byte> Hash { get; } = hash;

    /// <summary>The time at which the secret loses its effect; <see langword="null"/> until a request has sent the new
    /// secret.</summary>
    public DateTimeOffset? Until => _untilAndKind >> KindBits is var until && until == Open
        ? null
        : DateTimeOffset.FromUnixTimeMilliseconds(until);

    /// <summary>Returns the same secret with another end.</summary>
    public FormerSecret EndingAt(DateTimeOffset until) => new(Kind, Hash, until);
}
