namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>The operations of <see cref="ISessionRecords"/>.</summary>
public enum StoreOperation
{
    /// <summary><see cref="ISessionRecords.LoadAsync"/>.</summary>
    Load,

    /// <summary><see cref="ISessionRecords.TouchAsync"/>.</summary>
    Touch,

    /// <summary><see cref="ISessionRecords.CommitAsync"/>.</summary>
    Commit,

    /// <summary><see cref="ISessionRecords.EndAsync"/>.</summary>
    End,

    /// <summary><see cref="ISessionRecords.AdmitAsync"/>.</summary>
    Admit,

    /// <summary><see cref="ISessionRecords.DismissAsync"/>.</summary>
    Dismiss,

    /// <summary><see cref="ISessionRecords.FindMembersAsync"/>.</summary>
    FindMembers,

    /// <summary><see cref="ISessionRecords.RevokeUnlistedAsync"/>.</summary>
    RevokeUnlisted,

    /// <summary><see cref="ISessionRecords.ProbeAsync"/>.</summary>
    Probe,

    /// <summary><see cref="ISessionRecords.ListAsync"/>.</summary>
    List,

    /// <summary><see cref="ISessionRecords.FindOwnedAsync"/>.</summary>
    FindOwned,

    /// <summary><see cref="ISessionRecords.EndOwnedAsync"/>.</summary>
    EndOwned,

    /// <summary><see cref="ISessionRecords.EraseUnlistedAsync"/>.</summary>
    EraseUnlisted,
}
