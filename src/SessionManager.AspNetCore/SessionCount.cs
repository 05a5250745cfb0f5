namespace SessionManager.AspNetCore;

/// <summary>How many sessions live.</summary>
public sealed class SessionCount
{
    /// <summary>The living sessions that nobody is signed in to.</summary>
    public required int Anonymous { get; init; }

    /// <summary>The living sessions that a user is signed in to.</summary>
    public required int SignedIn { get; init; }

    /// <summary>All living sessions: <see cref="Anonymous"/> and <see cref="SignedIn"/> together.</summary>
    public int Total => Anonymous + SignedIn;
}
