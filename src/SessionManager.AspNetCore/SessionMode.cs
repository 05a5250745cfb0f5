namespace SessionManager.AspNetCore;

/// <summary>How an endpoint uses the session.</summary>
public enum SessionMode
{
    /// <summary>The endpoint reads and changes the session. The default.</summary>
    ReadWrite = 0,

    /// <summary>The endpoint reads the session. Members that change the session throw, and nothing is saved.</summary>
    ReadOnly = 1,

    /// <summary>The endpoint has no session. Nothing is loaded or kept alive, and every member throws.</summary>
    Disabled = 2,
}
