namespace SessionManager.AspNetCore;

/// <summary>One page of sessions, as <see cref="ISessionDirectory"/> returns it.</summary>
public sealed class SessionPage
{
    /// <summary>The living sessions of the page. The page may have fewer sessions than were asked for, or none, while
    /// <see cref="Continuation"/> leads on: expired sessions that are still stored are read and left out.</summary>
    public required IReadOnlyList<SessionInfo> Sessions { get; init; }

    /// <summary>
    /// What the next call takes to go on behind this page; <see langword="null"/> when this page is the last one. The
    /// text is opaque and needs no escaping in a URL. It names the session that was read last and the time that gives
    /// the session its place, and holds no token and no value. It does not expire, and it works on every node.
    /// </summary>
    public string? Continuation { get; init; }
}
