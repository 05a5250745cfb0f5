namespace SessionManager.AspNetCore;

/// <summary>What may be shown of a session: never its token, never its values. All times are UTC.</summary>
public sealed record SessionInfo
{
    /// <summary>The public id: safe to log and to show, useless as a credential.</summary>
    public required string SessionId { get; init; }

    /// <summary>The signed-in user as invariant text, or <see langword="null"/>.</summary>
    public string? UserId { get; init; }

    /// <summary>The user who acts as <see cref="UserId"/>, as invariant text (see <see cref="ISessionManager.ImpersonateAsync"/>);
    /// <see langword="null"/> when nobody does.</summary>
    public string? ActorId { get; init; }

    /// <summary>When the session was begun.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the user last signed in; <see langword="null"/> while nobody is signed in. Only <c>SetUserId</c> moves it. While
    /// somebody acts as another user, it is when the one who acts signed in.</summary>
    public DateTimeOffset? AuthenticatedAt { get; init; }

    /// <summary>When the session was last used. It may lag by <see cref="SessionManagerOptions.TouchInterval"/>.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>The user agent that began the session or signed in last, as it named itself: its first 256 characters. <see langword="null"/>
    /// when it named none, and without <see cref="SessionManagerOptions.TrackClientInfo"/>, which is the default.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The address of the connection that began the session or signed in last: a proxy's, unless <c>UseForwardedHeaders</c> stands
    /// before <c>UseSessionManager</c>. <see langword="null"/> without <see cref="SessionManagerOptions.TrackClientInfo"/>.</summary>
    public string? RemoteIpAddress { get; init; }

    /// <summary>When the session ends unless it is used before: the earlier of the idle and the absolute limit.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }
}
