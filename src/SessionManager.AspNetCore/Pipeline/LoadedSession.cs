using System.Runtime.InteropServices;

using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>The result of the load of a request's session.</summary>
/// <param name="LoadState">The state of the load.</param>
/// <param name="Token">The token of a well-formed cookie.</param>
/// <param name="Record">The living session; <see langword="null"/> when there is none.</param>
/// <param name="UntouchedUntil">The tick before which no touch is due; 0 when it is not known.</param>
/// <param name="PreviousEnd">The reason why the session of the cookie is not there.</param>
/// <param name="IsTouchDue">Whether a touch is due before the response starts.</param>
/// <param name="Failure">The message of a failed load.</param>
/// <param name="TokenKind">The kind of the token.</param>
/// <param name="Lost">The session that the token no longer opens, and whose event is still to be raised.</param>
/// <param name="IsRecognised">Whether a sign-in has just replaced the token, as it happens with a double click.</param>
/// <param name="Report">Logs and counts the result. It is called after the request has accepted its session, because a
/// logger may read the session.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LoadedSession(
    LoadState LoadState,
    SessionToken Token = default,
    SessionRecord? Record = null,
    long UntouchedUntil = 0,
    SessionEndReason? PreviousEnd = null,
    bool IsTouchDue = false,
    string? Failure = null,
    TokenKind TokenKind = TokenKind.Current,
    SessionRecord? Lost = null,
    bool IsRecognised = false,
    Action? Report = null);
