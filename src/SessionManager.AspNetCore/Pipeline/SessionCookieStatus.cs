namespace SessionManager.AspNetCore.Pipeline;

internal enum SessionCookieStatus
{
    None = 0,
    WellFormed = 1,
    Malformed = 2,
    Ambiguous = 3,

    /// <summary>Several of different values, few enough to look which of them opens a session.</summary>
    Several = 4,
}
