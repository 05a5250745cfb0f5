namespace SessionManager.AspNetCore;

/// <summary>What became of a commit.</summary>
public enum SessionCommitOutcome
{
    /// <summary>It is stored.</summary>
    Committed = 0,

    /// <summary>Nothing is stored: there is no such record, it has ended, it can't be read, or it exists and was to be created.</summary>
    Gone = 1,

    /// <summary>Nothing is stored: the record lives, but under another generation, or with another secret where that was required.</summary>
    Moved = 2,

    /// <summary>Nothing is stored: the expected value is another by now.</summary>
    Conflict = 3,
}
