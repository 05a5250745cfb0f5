using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Rules;

/// <summary>The result of a commit.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Before">The record on which the rules decided last; <see langword="null"/> when there was none.</param>
/// <param name="SecretChanged">Whether the secret of the commit has taken effect. It has not when another request was
/// faster.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SessionCommitResult(
    SessionCommitOutcome Outcome, SessionRecord? Before = null, bool SecretChanged = false)
{
    /// <summary>The record that the commit left; <see langword="null"/> until <see cref="AfterOf"/> creates
    /// it.</summary>
    public SessionRecord? After { get; init; }

    /// <summary>The version that the commit wrote.</summary>
    public long Version { get; init; }

    /// <summary>Returns the result of a commit that was applied before, and whose acknowledgement was lost.</summary>
    public static SessionCommitResult AppliedBefore(SessionRecord after) =>
        new(SessionCommitOutcome.Committed, after, SecretChanged: true) { After = after, Version = after.Version };

    /// <summary>Returns the record that the commit left.</summary>
    public SessionRecord AfterOf(SessionCommit commit) =>
        After ?? CommitRules.Apply(Before!, commit, SecretChanged);
}
