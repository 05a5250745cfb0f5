namespace SessionManager.AspNetCore;

/// <summary>What has become of a session.</summary>
public enum SessionStatus
{
    /// <summary>The store has no such session: there never was one, or it ended so long ago that the store has
    /// forgotten it.</summary>
    NotFound,

    /// <summary>The session lives.</summary>
    Living,

    /// <summary>The session has ended, and the store still remembers why.</summary>
    Ended,

    /// <summary>The stored record is damaged.</summary>
    Unreadable,

    /// <summary>A newer version of the application wrote the record.</summary>
    Newer,
}
