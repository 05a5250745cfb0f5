namespace SessionManager.AspNetCore.Pipeline;

/// <summary>How far the load of a request's session has come.</summary>
internal enum LoadState : byte
{
    NotLoaded = 0,
    Loaded = 1,

    /// <summary>The store could not be reached.</summary>
    Failed = 2,

    /// <summary>The store could not be reached. The request goes on with an empty session that it can't
    /// change.</summary>
    Anonymous = 3,
}
