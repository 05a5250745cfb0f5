namespace SessionManager.AspNetCore;

/// <summary>Why a session, or the token of a session, is no longer valid.</summary>
public enum SessionEndReason
{
    /// <summary>The idle timeout or the absolute timeout has passed.</summary>
    Expired = 1,

    /// <summary>The session was ended by <see cref="ISessionManager.DestroySession"/>.</summary>
    SignedOut = 2,

    /// <summary>The session was ended by <see cref="ISessionDirectory"/>, by
    /// <see cref="StaleTokenContext.EndSession"/>, or because its user signed in more often than
    /// <see cref="SessionManagerOptions.MaxSessionsPerUser"/> allows.</summary>
    Revoked = 3,

    /// <summary>The session lives, and the token is dead: a sign-in, a sign-out or a rotation replaced the
    /// token.</summary>
    Replaced = 4,

    /// <summary>The cookie is ill-formed or ambiguous, or the store has no readable record for it.</summary>
    Invalid = 5,
}
