namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Which of a session's secrets a request brought.</summary>
internal enum TokenAge : byte
{
    Current = 0,

    /// <summary>The one that was issued to succeed the current one, seen for the first time.</summary>
    Next = 1,

    /// <summary>The one before, within its last seconds.</summary>
    Previous = 2,
}
