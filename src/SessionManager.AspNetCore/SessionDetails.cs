namespace SessionManager.AspNetCore;

/// <summary>What is known of one session, living or ended. Its values, their keys and its token are never part of
/// it.</summary>
public sealed class SessionDetails
{
    /// <summary>What has become of the session.</summary>
    public required SessionStatus Status { get; init; }

    /// <summary>The session, with <see cref="SessionStatus.Living"/>; otherwise <see langword="null"/>.</summary>
    public SessionInfo? Session { get; init; }

    /// <summary>Why the session ended, with <see cref="SessionStatus.Ended"/>; otherwise
    /// <see langword="null"/>.</summary>
    public SessionEndReason? EndReason { get; init; }

    /// <summary>How many values a living session has; otherwise 0.</summary>
    public int ValueCount { get; init; }

    /// <summary>The size of all keys (as UTF-8) and values of a living session, in bytes; otherwise 0.</summary>
    public long ValueBytes { get; init; }
}
