namespace SessionManager.AspNetCore.Pipeline;

internal enum SessionCookieStatus
{
    None = 0,
    WellFormed = 1,
    Malformed = 2,
    Ambiguous = 3,
}
