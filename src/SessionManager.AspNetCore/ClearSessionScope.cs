namespace SessionManager.AspNetCore;

/// <summary>What <see cref="ISessionManager.ClearSession"/> removes.</summary>
public enum ClearSessionScope
{
    /// <summary>The user id; the values stay. The default.</summary>
    UserId = 0,

    /// <summary>The user id and all values.</summary>
    Everything = 1,
}
