namespace SessionManager.AspNetCore.Storage;

/// <summary>An optional feature of a store: it may keep no list of its sessions. A store without this feature lists all
/// sessions.</summary>
public interface ISessionStoreListing
{
    /// <summary>Whether <see cref="ISessionRecordStore.ListAsync"/> returns the sessions of all processes. Otherwise,
    /// it returns none. The value does not change while the application runs.</summary>
    bool ListsAllSessions { get; }
}
