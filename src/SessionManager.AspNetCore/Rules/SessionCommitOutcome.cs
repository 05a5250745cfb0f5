namespace SessionManager.AspNetCore.Rules;

/// <summary>The outcome of a commit.</summary>
internal enum SessionCommitOutcome
{
    /// <summary>The commit is stored.</summary>
    Committed = 0,

    /// <summary>Nothing is stored, because the record is missing, has ended or can't be read, or because the session to
    /// begin exists already.</summary>
    Gone = 1,

    /// <summary>Nothing is stored, because the record has another generation, or another secret where the commit
    /// requires the secret.</summary>
    Moved = 2,

    /// <summary>Nothing is stored, because the expected value has changed.</summary>
    Conflict = 3,
}
