namespace SessionManager.AspNetCore;

/// <summary>What became of a commit, and what the caller needs to go on.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="SecretChanged">Whether the new secret is the session's now. False when there was none, or somebody else was faster.</param>
/// <param name="CurrentValue">After a <see cref="SessionCommitOutcome.Conflict"/>, the value of the expected key;
/// <see langword="null"/> when it is absent.</param>
public readonly record struct SessionCommitResult(
    SessionCommitOutcome Outcome, bool SecretChanged = false, SessionValue? CurrentValue = null);
