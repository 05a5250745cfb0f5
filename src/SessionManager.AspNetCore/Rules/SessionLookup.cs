using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Rules;

/// <summary>The result of a load.</summary>
/// <param name="Status">The kind of the result.</param>
/// <param name="Record">The record, with <see cref="SessionLookupStatus.Found"/>.</param>
/// <param name="EndReason">The end reason, with <see cref="SessionLookupStatus.Ended"/>. With
/// <see cref="SessionLookupStatus.Found"/>, a reason says that the user's sessions have been revoked.</param>
internal readonly record struct SessionLookup(
    SessionLookupStatus Status, SessionRecord? Record = null, SessionEndReason? EndReason = null)
{
    /// <summary>The stored record, when it is no session; otherwise <see langword="null"/>.</summary>
    public StoredSession? Stored { get; init; }

    /// <summary>The session; <see langword="null"/> when there is none, or when it was revoked.</summary>
    public SessionRecord? Living => EndReason is null ? Record : null;
}
