namespace SessionManager.AspNetCore.Stores;

/// <summary>What a store knows of the sessions that this process has made or loaded, without asking its medium.</summary>
internal interface ILocalSessions
{
    /// <summary>How many of the sessions live, without and with a user. Only the store's columns are known, so a session that the user has
    /// signed out of counts as signed in as long as it is stored under the user.</summary>
    /// <param name="now">The time.</param>
    (int Anonymous, int SignedIn) Count(DateTimeOffset now);

    /// <summary>The sessions whose time has passed, as far as this process knows when they were last used. The caller loads each, and ends
    /// those that are over.</summary>
    /// <param name="now">The time.</param>
    IEnumerable<Guid> ListExpired(DateTimeOffset now);
}
