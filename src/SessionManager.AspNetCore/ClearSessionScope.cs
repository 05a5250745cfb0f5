namespace SessionManager.AspNetCore;

/// <summary>What <see cref="ISessionManager.ClearSession"/> and <see cref="ISessionManager.SignOut"/> remove.</summary>
public enum ClearSessionScope
{
    /// <summary>The user id. The values stay. The default.</summary>
    UserId = 0,

    /// <summary>The user id and all values.</summary>
    Everything = 1,
}
