namespace SessionManager.AspNetCore.Storage;

/// <summary>Whether a store could read what it has stored.</summary>
public enum StoredSessionStatus
{
    /// <summary>The record is whole. The default.</summary>
    Whole = 0,

    /// <summary>The stored bytes are not a whole record of this store.</summary>
    Damaged = 1,

    /// <summary>A newer version of the store wrote the record in a format that this version does not know.</summary>
    Newer = 2,
}
