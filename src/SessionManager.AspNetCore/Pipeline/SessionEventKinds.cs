namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The events of <see cref="SessionManagerEvents"/>.</summary>
[Flags]
internal enum SessionEventKinds
{
    None = 0,
    Created = 1,
    SignedIn = 2,
    TokenRotated = 4,
    Ended = 8,
    StaleToken = 16,
}
