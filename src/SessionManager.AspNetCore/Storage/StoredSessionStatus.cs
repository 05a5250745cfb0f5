namespace SessionManager.AspNetCore.Storage;

/// <summary>Whether a store could read what it has stored.</summary>
public enum StoredSessionStatus
{
    /// <summary>The record is whole. The default.</summary>
    Whole = 0,

    /// <summary>What is stored under the id is not a whole record, or none of this store's.</summary>
    Damaged = 1,

    /// <summary>The record was written by a newer version of the store, in a form that this one does not
    /// know.</summary>
    Newer = 2,
}
