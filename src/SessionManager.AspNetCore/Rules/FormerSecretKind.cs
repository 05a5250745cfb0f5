namespace SessionManager.AspNetCore.Rules;

/// <summary>What a former secret can still do. The numbers are stored, so they never change.</summary>
internal enum FormerSecretKind : byte
{
    /// <summary>There is no such secret.</summary>
    None = 0,

    /// <summary>A timed rotation replaced the secret. The secret opens the session until the end of the tail.</summary>
    Previous = 1,

    /// <summary>A sign-in replaced the secret, which opens nothing. A request with the secret may sign the same user
    /// in, sign out, or destroy the session.</summary>
    Replaced = 2,

    /// <summary><see cref="ISessionManager.RotateToken"/> replaced the secret, which opens nothing. A request with the
    /// secret may sign out, or destroy the session.</summary>
    Rotated = 3,
}
