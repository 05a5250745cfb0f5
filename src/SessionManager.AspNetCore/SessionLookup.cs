namespace SessionManager.AspNetCore;

/// <summary>What a load found.</summary>
/// <param name="Status">What it found.</param>
/// <param name="Record">The record, with <see cref="SessionLookupStatus.Found"/>.</param>
/// <param name="EndReason">Why it ended, with <see cref="SessionLookupStatus.Ended"/>; with <see cref="SessionLookupStatus.Found"/>, that
/// its user's sessions have been revoked.</param>
/// <param name="Touched">Whether the load has moved <see cref="SessionRecord.LastSeenAt"/> in the store already.</param>
public readonly record struct SessionLookup(
    SessionLookupStatus Status, SessionRecord? Record = null, SessionEndReason? EndReason = null, bool Touched = false);
