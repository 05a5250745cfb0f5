namespace SessionManager.AspNetCore;

/// <summary>The part of a session that may be shown: neither its token nor its values. All times are UTC.</summary>
public sealed record SessionInfo
{
    /// <summary>The public id. It is safe to log and to show, and is no credential.</summary>
    public required string SessionId { get; init; }

    /// <summary>The id of the signed-in user as invariant text, or <see langword="null"/> when nobody is signed
    /// in.</summary>
    public string? UserId { get; init; }

    /// <summary>The id of the user who acts as <see cref="UserId"/>, as invariant text (see
    /// <see cref="ISessionManager.ImpersonateAsync"/>), or <see langword="null"/> when nobody does.</summary>
    public string? ActorId { get; init; }

    /// <summary>When the session began.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the user last signed in, or <see langword="null"/> when nobody is signed in. Only a sign-in moves
    /// the time. While a user acts as another user, it is the sign-in of the user who acts.</summary>
    public DateTimeOffset? AuthenticatedAt { get; init; }

    /// <summary>When the session was last used. The time may lag by
    /// <see cref="SessionManagerOptions.TouchInterval"/>.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>The first 256 characters of the <c>User-Agent</c> header of the request that began the session, or that
    /// last signed in to it. The value is <see langword="null"/> when the request had no such header, and when
    /// <see cref="SessionManagerOptions.TrackClientInfo"/> is <see langword="false"/>, which is the default. The client
    /// chooses the text, so it proves nothing.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The IP address of the connection of the request that began the session, or that last signed in to it.
    /// It is the address of a proxy, unless <c>UseForwardedHeaders</c> runs before <c>UseSessionManager</c>. The value
    /// is <see langword="null"/> when the connection had no address, and when
    /// <see cref="SessionManagerOptions.TrackClientInfo"/> is <see langword="false"/>, which is the default.</summary>
    public string? RemoteIpAddress { get; init; }

    /// <summary>When the session ends unless it is used before: the earlier of the idle and the absolute
    /// limit.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Whether the browser keeps the session when it is closed ("remember me"): whether the sign-in set
    /// <see cref="SessionSignInOptions.IsPersistent"/>.</summary>
    public bool IsPersistent { get; init; }
}
