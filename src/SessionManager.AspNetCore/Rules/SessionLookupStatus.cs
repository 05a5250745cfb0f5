namespace SessionManager.AspNetCore.Rules;

/// <summary>The kind of the result of a load.</summary>
internal enum SessionLookupStatus
{
    /// <summary>No record is stored.</summary>
    NotFound = 0,

    /// <summary>A session. The caller checks the expiry and the secret.</summary>
    Found = 1,

    /// <summary>The tombstone of an ended session.</summary>
    Ended = 2,

    /// <summary>A damaged record.</summary>
    Unreadable = 3,

    /// <summary>A record of a newer version of this library, which this version does not change.</summary>
    Newer = 4,

    /// <summary>A pointer, by which a user finds a session that another user is signed in to.</summary>
    Pointer = 5,
}
