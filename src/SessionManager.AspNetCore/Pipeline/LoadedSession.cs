using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>What a request's cookie led to.</summary>
/// <param name="Phase">Loaded, or why not.</param>
/// <param name="Token">The token the cookie held, if it was well-formed.</param>
/// <param name="Record">The living session; <see langword="null"/> when there is none.</param>
/// <param name="UntouchedUntil">The tick before which no touch is due; 0: not known.</param>
/// <param name="PreviousEnd">Why the session the cookie meant is not there.</param>
/// <param name="IsTouchDue">Whether 'last seen' is to be moved before the response starts.</param>
/// <param name="Failure">Why it could not be loaded.</param>
/// <param name="TokenAge">Which of the session's tokens it was.</param>
/// <param name="Lost">The session the token used to open, which somebody is still to be told of.</param>
/// <param name="IsRecognised">Whether a sign-in has only just replaced the token: a second click brings such a one.</param>
/// <param name="Report">Logs and counts what was found, once the request knows its session: a logger may ask for it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct LoadedSession(
    SessionPhase Phase,
    SessionToken Token = default,
    SessionRecord? Record = null,
    long UntouchedUntil = 0,
    SessionEndReason? PreviousEnd = null,
    bool IsTouchDue = false,
    string? Failure = null,
    TokenAge TokenAge = TokenAge.Current,
    SessionRecord? Lost = null,
    bool IsRecognised = false,
    Action? Report = null);
