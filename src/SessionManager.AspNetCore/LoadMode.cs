namespace SessionManager.AspNetCore;

/// <summary>When the session of a request is loaded.</summary>
public enum LoadMode
{
    /// <summary>Before the handler runs, so that no member of the session waits for the store. The default.</summary>
    Eager = 0,

    /// <summary>When the handler calls <see cref="ISessionManager.LoadAsync"/>. An access before that throws. For
    /// applications in which few requests need the session and the store is far away.</summary>
    OnDemand = 1,
}
