namespace SessionManager.AspNetCore;

/// <summary>What happens at a sign-in of a user who has as many sessions as
/// <see cref="SessionManagerOptions.MaxSessionsPerUser"/> allows.</summary>
public enum SessionLimitBehavior
{
    /// <summary>The sign-in succeeds, and the user's oldest session ends with <see cref="SessionEndReason.Revoked"/>.
    /// The default.</summary>
    RevokeOldest = 0,

    /// <summary>The sign-in is refused: saving it throws <see cref="SessionLimitException"/>, and the request is
    /// answered with 409 and without a cookie.</summary>
    RejectNew = 1,
}
