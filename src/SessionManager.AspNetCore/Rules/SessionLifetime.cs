namespace SessionManager.AspNetCore.Rules;

/// <summary>How long sessions live and how long a store keeps them. The caller passes the time.</summary>
/// <param name="idleTimeout">How long an unused session lives.</param>
/// <param name="absoluteTimeout">How long a session lives at most.</param>
/// <param name="touchInterval">How old <see cref="SessionRecord.LastSeenAt"/> may get before a request without changes
/// moves it.</param>
internal sealed class SessionLifetime(TimeSpan idleTimeout, TimeSpan absoluteTimeout, TimeSpan touchInterval)
{
    // A long request needs more than twice a short idle timeout.
    private static readonly TimeSpan LeastGrace = TimeSpan.FromMinutes(20);

    /// <summary>How long an unused session lives.</summary>
    public TimeSpan IdleTimeout { get; } = idleTimeout;

    /// <summary>How long a session lives at most.</summary>
    public TimeSpan AbsoluteTimeout { get; } = absoluteTimeout;

    /// <summary>How old <see cref="SessionRecord.LastSeenAt"/> may get before a touch is due.</summary>
    public TimeSpan TouchInterval { get; } = touchInterval;

    /// <summary>How long the store keeps a record after its last use: twice the idle timeout, and at least 20 minutes
    /// after it. A request that ends after the idle timeout therefore still finds the record. The store only removes
    /// records by this time. Whether a session lives depends on the times in its record.</summary>
    public TimeSpan RecordTimeToLive => IdleTimeout + (IdleTimeout > LeastGrace ? IdleTimeout : LeastGrace);

    /// <summary>How long a replaced secret still counts, for the requests in flight: 5 seconds after a request has
    /// first sent the new secret.</summary>
    public static TimeSpan RotationTail { get; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the store keeps the data of a user: as long as it can keep a session that signs in
    /// now.</summary>
    public TimeSpan UserTimeToLive => AbsoluteTimeout + RecordTimeToLive;

    /// <summary>Returns the time at which the session expires if no request uses it before.</summary>
    public DateTimeOffset ExpiresAt(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        var idle = record.LastSeenAt + IdleTimeout;
        var absolute = record.StartedAt + AbsoluteTimeout;
        return idle < absolute ? idle : absolute;
    }

    /// <summary>Whether the session has expired by one of the timeouts.</summary>
    public bool IsExpired(SessionRecord record, DateTimeOffset now) => ExpiresAt(record) <= now;

    /// <summary>Whether the absolute timeout has passed. Only this timeout refuses a change or a touch. A request that
    /// found the session alive counts as a use when it ends, however long it ran.</summary>
    public bool IsPastAbsoluteTimeout(SessionRecord record, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.StartedAt + AbsoluteTimeout <= now;
    }

    /// <summary>Whether <see cref="SessionRecord.LastSeenAt"/> is old enough to be moved. The time never moves
    /// backwards.</summary>
    public bool IsTouchDue(SessionRecord record, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(record);
        return now > record.LastSeenAt && now - record.LastSeenAt >= TouchInterval;
    }

    /// <summary>Returns the public data of a session that was used after its record was read.</summary>
    internal SessionInfo Describe(SessionRecord record, DateTimeOffset seenAt)
    {
        var (info, idle, absolute) = (Describe(record), seenAt + IdleTimeout, record.StartedAt + AbsoluteTimeout);
        return seenAt <= info.LastSeenAt
            ? info
            : info with { LastSeenAt = seenAt, ExpiresAt = idle < absolute ? idle : absolute };
    }

    /// <summary>Returns the public data of a session.</summary>
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
