namespace SessionManager.AspNetCore.Sqlite.Stores;

/// <summary>What a row is. A greater number is a row of a newer version of the package, in a format that this version
/// does not know.</summary>
internal enum RecordKind
{
    /// <summary>A session.</summary>
    Session = 0,

    /// <summary>A session that has ended.</summary>
    Tombstone = 1,
}
