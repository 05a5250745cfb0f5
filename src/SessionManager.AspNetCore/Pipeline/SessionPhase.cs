namespace SessionManager.AspNetCore.Pipeline;

/// <summary>How far the session of a request is.</summary>
internal enum SessionPhase : byte
{
    NotLoaded = 0,
    Loaded = 1,

    /// <summary>The store could not be reached.</summary>
    Failed = 2,

    /// <summary>The store could not be reached, and the request goes on with an empty session that it can't change.</summary>
    Anonymous = 3,
}
