namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>The operations of <see cref="ISessionRecordStore"/>.</summary>
public enum StoreOperation
{
    /// <summary><see cref="ISessionRecordStore.LoadAsync"/>.</summary>
    Load,

    /// <summary><see cref="ISessionRecordStore.TouchAsync"/>.</summary>
    Touch,

    /// <summary><see cref="ISessionRecordStore.CommitAsync"/>.</summary>
    Commit,

    /// <summary><see cref="ISessionRecordStore.EndAsync"/>.</summary>
    End,

    /// <summary><see cref="ISessionRecordStore.AdmitAsync"/>.</summary>
    Admit,

    /// <summary><see cref="ISessionRecordStore.DismissAsync"/>.</summary>
    Dismiss,

    /// <summary><see cref="ISessionRecordStore.FindMembersAsync"/>.</summary>
    FindMembers,

    /// <summary><see cref="ISessionRecordStore.RevokeUnlistedAsync"/>.</summary>
    RevokeUnlisted,

    /// <summary><see cref="ISessionRecordStore.ProbeAsync"/>.</summary>
    Probe,

    /// <summary><see cref="ISessionRecordStore.ListAsync"/>.</summary>
    List,

    /// <summary><see cref="ISessionRecordStore.FindOwnedAsync"/>.</summary>
    FindOwned,

    /// <summary><see cref="ISessionRecordStore.EndOwnedAsync"/>.</summary>
    EndOwned,

    /// <summary><see cref="ISessionRecordStore.EraseUnlistedAsync"/>.</summary>
    EraseUnlisted,
}
