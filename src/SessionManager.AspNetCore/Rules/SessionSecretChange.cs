namespace SessionManager.AspNetCore.Rules;

/// <summary>A change of the secrets of a session.</summary>
/// <param name="NewHash">SHA-256 of the new secret.</param>
/// <param name="ExpectedHash">The hash that the stored record must have; empty when any hash will do. Another hash
/// means that another request was faster. A hash that a timed rotation has just replaced still counts.</param>
/// <param name="Required">Whether a lost race refuses the whole commit, as for a sign-in, or only the change of the
/// secret, as for a rotation.</param>
internal sealed record SessionSecretChange(
    ReadOnlyMemory<byte> NewHash, ReadOnlyMemory<byte> ExpectedHash, bool Required)
{
    /// <summary>The kind of the change. The default is <see cref="SessionSecretChangeKind.Replace"/>.</summary>
    public SessionSecretChangeKind Kind { get; init; }

    /// <summary>The next hash that the stored record must have, with <see cref="SessionSecretChangeKind.Issue"/>; empty
    /// when it must have none.</summary>
    public ReadOnlyMemory<byte> ExpectedNextHash { get; init; }

    /// <summary>Returns a text without the hashes, which may be logged.</summary>
    public override string ToString() => nameof(SessionSecretChange);
}
