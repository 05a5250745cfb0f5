namespace SessionManager.AspNetCore.Rules;

/// <summary>Which of a session's tokens a request sent.</summary>
internal enum TokenKind : byte
{
    Current = 0,

    /// <summary>The token that succeeds the current token, sent for the first time.</summary>
    Next = 1,

    /// <summary>The token before the current token, within its last seconds.</summary>
    Previous = 2,

    /// <summary>No token, but the cookie of a callback.</summary>
    Callback = 3,
}
