namespace SessionManager.AspNetCore;

/// <summary>A change of a session's secret.</summary>
/// <param name="NewHash">SHA-256 of the new secret.</param>
/// <param name="ExpectedHash">The hash the change was decided on. When the record has another by now, somebody else was faster.
/// Empty: replace whatever is there.</param>
/// <param name="Required">Whether losing that race refuses the whole commit (a sign-in) or leaves only the secret as it is (a
/// rotation).</param>
public readonly record struct SessionSecretChange(ReadOnlyMemory<byte> NewHash, ReadOnlyMemory<byte> ExpectedHash, bool Required)
{
    /// <summary>Nothing of the hashes: this may end up in a log.</summary>
    public override string ToString() => nameof(SessionSecretChange);
}
