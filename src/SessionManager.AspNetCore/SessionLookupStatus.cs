namespace SessionManager.AspNetCore;

/// <summary>What a load found.</summary>
public enum SessionLookupStatus
{
    /// <summary>Nothing.</summary>
    NotFound = 0,

    /// <summary>A record. Whether it has expired, and whether the secret is right, is for the caller to judge.</summary>
    Found = 1,

    /// <summary>The tombstone of a session that was ended.</summary>
    Ended = 2,

    /// <summary>Something that is not a whole record.</summary>
    Unreadable = 3,

    /// <summary>A record of a newer version of this library. It is left alone.</summary>
    Newer = 4,
}
