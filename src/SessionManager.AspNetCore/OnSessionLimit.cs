namespace SessionManager.AspNetCore;

/// <summary>What a sign-in does that would exceed <see cref="SessionManagerOptions.MaxSessionsPerUser"/>.</summary>
public enum OnSessionLimit
{
    /// <summary>It ends the user's oldest session, with <see cref="SessionEndReason.Revoked"/>. The default.</summary>
    RevokeOldest = 0,

    /// <summary>It is refused: a <see cref="SessionLimitException"/> at the save, answered with 409 and no cookie.</summary>
    RejectNew = 1,
}
