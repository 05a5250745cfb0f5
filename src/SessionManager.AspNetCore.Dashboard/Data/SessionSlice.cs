namespace SessionManager.AspNetCore.Dashboard.Data;

/// <summary>One page of sessions.</summary>
/// <param name="Sessions">The sessions, the newest first.</param>
/// <param name="Next">The cursor of the page behind; <see langword="null"/> when there is none.</param>
internal sealed record SessionSlice(IReadOnlyList<SessionRecord> Sessions, string? Next);
