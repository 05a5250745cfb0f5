namespace SessionManager.AspNetCore;

/// <summary>When the session of a request is loaded.</summary>
public enum LoadMode
{
    /// <summary>The session is loaded before the endpoint runs, so no member of the session waits for the store. The
    /// default.</summary>
    Eager = 0,

    /// <summary>The session is loaded when the endpoint calls <see cref="ISessionManager.LoadAsync"/>. Access before
    /// that call throws. The mode is for applications in which few requests need the session and the store is far
    /// away.</summary>
    OnDemand = 1,
}
