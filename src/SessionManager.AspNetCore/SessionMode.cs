namespace SessionManager.AspNetCore;

/// <summary>How an endpoint uses the session.</summary>
public enum SessionMode
{
    /// <summary>It may read and change the session. The default.</summary>
    ReadWrite = 0,

    /// <summary>It may read the session; members that change it throw, and nothing is ever saved.</summary>
    ReadOnly = 1,

    /// <summary>It has no session: nothing is loaded, nothing is kept alive, and every member throws.</summary>
    Disabled = 2,
}
