namespace SessionManager.AspNetCore;

/// <summary>How long sessions live, as a store needs to know it. The clock is always the caller's.</summary>
/// <param name="idleTimeout">How long a session lives without being used.</param>
/// <param name="absoluteTimeout">How long it lives however much it is used.</param>
/// <param name="touchInterval">How old <see cref="SessionRecord.LastSeenAt"/> may get before a request that changes nothing moves it.</param>
public sealed class SessionLifetime(TimeSpan idleTimeout, TimeSpan absoluteTimeout, TimeSpan touchInterval)
{
    // Of a short idle timeout twice would be too little for a request that runs long.
    private static readonly TimeSpan LeastGrace = TimeSpan.FromMinutes(20);

    /// <summary>How long a session lives without being used.</summary>
    public TimeSpan IdleTimeout { get; } = idleTimeout;

    /// <summary>How long a session lives however much it is used.</summary>
    public TimeSpan AbsoluteTimeout { get; } = absoluteTimeout;

    /// <summary>How old <see cref="SessionRecord.LastSeenAt"/> may get before a touch is due.</summary>
    public TimeSpan TouchInterval { get; } = touchInterval;

    /// <summary>How long the store keeps a record after its last use: twice the idle timeout, and at least 20 minutes past it, so that
    /// an expired session is remembered for a while past its end, and a request that ends after the idle timeout still finds the
    /// record. Garbage collection only: whether a session lives is judged from the times in its record.</summary>
    public TimeSpan RecordTimeToLive => IdleTimeout + (IdleTimeout > LeastGrace ? IdleTimeout : LeastGrace);

    /// <summary>How long the store remembers a session that was ended: one idle timeout.</summary>
    public TimeSpan TombstoneTimeToLive => IdleTimeout;

    /// <summary>How long a secret that a timed rotation replaced is still accepted after its successor was first seen: 5 seconds, for
    /// the requests in flight.</summary>
    public static TimeSpan RotationTail { get; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the store keeps what it notes about a user: as long as a session that signs in now can live, and be remembered.</summary>
    public TimeSpan UserTimeToLive => AbsoluteTimeout + RecordTimeToLive;

    /// <summary>When the session ends unless it is used before.</summary>
    public DateTimeOffset ExpiresAt(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var idle = record.LastSeenAt + IdleTimeout;
        var absolute = record.StartedAt + AbsoluteTimeout;
        return idle < absolute ? idle : absolute;
    }

    /// <summary>Whether a limit has passed, so that no request may find the session alive any more.</summary>
    public bool IsExpired(SessionRecord record, DateTimeOffset now) => ExpiresAt(record) <= now;

    /// <summary>Whether the absolute timeout has passed. Only that limit refuses a change or a touch: the request behind it found the session
    /// alive, and counts as use when it ends, however long it ran.</summary>
    public bool IsPastAbsoluteTimeout(SessionRecord record, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.StartedAt + AbsoluteTimeout <= now;
    }

    /// <summary>Whether <see cref="SessionRecord.LastSeenAt"/> is old enough to be moved. It never moves backwards.</summary>
    public bool IsTouchDue(SessionRecord record, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(record);
        return now > record.LastSeenAt && now - record.LastSeenAt >= TouchInterval;
    }

    /// <summary>What may be shown of a session that was seen later than its record says.</summary>
    internal SessionInfo Describe(SessionRecord record, DateTimeOffset seenAt)
    {
        var (info, idle, absolute) = (Describe(record), seenAt + IdleTimeout, record.StartedAt + AbsoluteTimeout);
        return seenAt <= info.LastSeenAt ? info : info with { LastSeenAt = seenAt, ExpiresAt = idle < absolute ? idle : absolute };
    }

    /// <summary>What may be shown of a session.</summary>
    public SessionInfo Describe(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new SessionInfo
        {
            SessionId = record.Id.ToString(),
            UserId = record.UserId,
            ActorId = record.ActorId,
            CreatedAt = record.CreatedAt,
            AuthenticatedAt = record.AuthenticatedAt,
            LastSeenAt = record.LastSeenAt,
            UserAgent = record.Client?.UserAgent,
            RemoteIpAddress = record.Client?.RemoteIpAddress,
            ExpiresAt = ExpiresAt(record),
        };
    }
}
