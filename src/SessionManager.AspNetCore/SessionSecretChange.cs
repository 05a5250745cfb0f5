namespace SessionManager.AspNetCore;

/// <summary>A change of a session's secrets.</summary>
/// <param name="NewHash">SHA-256 of the secret it is about.</param>
/// <param name="ExpectedHash">The current hash the change was decided on. When the record has another by now, somebody else was
/// faster. Empty: whatever is there. One that a timed rotation has only just replaced still counts.</param>
/// <param name="Required">Whether losing that race refuses the whole commit (a sign-in) or leaves only the secrets as they are (a
/// rotation).</param>
public readonly record struct SessionSecretChange(ReadOnlyMemory<byte> NewHash, ReadOnlyMemory<byte> ExpectedHash, bool Required)
{
    /// <summary>What is done with the new secret. The default is <see cref="SessionSecretChangeKind.Replace"/>.</summary>
    public SessionSecretChangeKind Kind { get; init; }

    /// <summary>With <see cref="SessionSecretChangeKind.Issue"/>: the next hash the record had when that was decided; empty when it had none.</summary>
    public ReadOnlyMemory<byte> ExpectedNextHash { get; init; }

    /// <summary>Nothing of the hashes: this may end up in a log.</summary>
    public override string ToString() => nameof(SessionSecretChange);
}
