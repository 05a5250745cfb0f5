namespace SessionManager.AspNetCore;

/// <summary>Why a session is no longer there.</summary>
public enum SessionEndReason
{
    /// <summary>The idle or the absolute timeout passed.</summary>
    Expired = 1,

    /// <summary>It was ended by <see cref="ISessionManager.DestroySession"/>.</summary>
    SignedOut = 2,

    /// <summary>It was ended from outside: by an administrator, from another device, or by a limit of sessions.</summary>
    Revoked = 3,

    /// <summary>The session lives, but this token is dead: a sign-in, a sign-out or a rotation went past it.</summary>
    Replaced = 4,

    /// <summary>The cookie was ill-formed or ambiguous, or there is no readable record for it.</summary>
    Invalid = 5,
}
