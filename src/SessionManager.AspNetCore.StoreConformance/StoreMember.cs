using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance;

/// <summary>The members of a store that call its medium.</summary>
public enum StoreMember
{
    /// <summary><see cref="ISessionRecordStore.LoadAsync"/>.</summary>
    Load,

    /// <summary><see cref="ISessionRecordStore.WriteAsync"/>.</summary>
    Write,

    /// <summary><see cref="ISessionRecordStore.TouchAsync"/>.</summary>
    Touch,

    /// <summary><see cref="ISessionRecordStore.FindByUserAsync"/>.</summary>
    FindByUser,

    /// <summary><see cref="ISessionRecordStore.ListAsync"/>.</summary>
    List,
}
