namespace SessionManager.AspNetCore.Pipeline;

/// <summary>How far a request is.</summary>
internal enum RequestStage : byte
{
    Running = 0,

    /// <summary>The request is over, and its response has not started: callbacks may still change the
    /// session.</summary>
    Ending = 1,

    /// <summary>The request is over. Its context may serve another request.</summary>
    Closed = 2,
}
