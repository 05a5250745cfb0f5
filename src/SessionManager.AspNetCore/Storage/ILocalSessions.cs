namespace SessionManager.AspNetCore.Storage;

/// <summary>The sessions that this process has created or loaded, which a store knows without a call of its
/// medium.</summary>
internal interface ILocalSessions
{
    /// <summary>Counts the living sessions without and with a user. The store knows only the columns, so a session
    /// counts as signed in as long as it is stored under the user, even after a sign-out.</summary>
    /// <param name="now">The time.</param>
    (int Anonymous, int SignedIn) Count(DateTimeOffset now);

    /// <summary>Lists the expired sessions, as far as this process knows the last uses. The caller loads each session,
    /// and ends the session if it has expired.</summary>
    /// <param name="now">The time.</param>
    IEnumerable<Guid> ListExpired(DateTimeOffset now);
}
