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

    /// <summary>How long an unused session with a persistent cookie lives.</summary>
    public TimeSpan PersistentIdleTimeout { get; init; } = idleTimeout;

    /// <summary>How long a session with a persistent cookie lives at most.</summary>
    public TimeSpan PersistentAbsoluteTimeout { get; init; } = absoluteTimeout;

    /// <summary>How long the store keeps the record of a session past its idle timeout: as long as the idle timeout,
    /// and at least 20 minutes. A request that ends after the idle timeout therefore still finds the record.</summary>
    public TimeSpan Grace => Later(IdleTimeout, LeastGrace);

    /// <summary>How long the store keeps the record of a session without terms after its last use, and the tombstone of
    /// any session. The store only removes records by this time. Whether a session lives depends on the times in its
    /// record.</summary>
    public TimeSpan RecordTimeToLive => IdleTimeout + Grace;

    /// <summary>How long a replaced secret still counts, for the requests in flight: 5 seconds after a request has
    /// first sent the new secret.</summary>
    public static TimeSpan RotationTail { get; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the store keeps the data of a user: as long as it can keep a session that signs in
    /// now.</summary>
    public TimeSpan UserTimeToLive =>
        LongestTimeout + Later(IdleTimeout, PersistentIdleTimeout) + Grace;

    /// <summary>How long a session can live at most.</summary>
    public TimeSpan LongestTimeout => Later(AbsoluteTimeout, PersistentAbsoluteTimeout);

    /// <summary>How long an unused session lives by its terms. No terms last longer than the options allow
    /// now.</summary>
    public TimeSpan IdleTimeoutOf(SignInTerms? terms) =>
        terms is null ? IdleTimeout
        : Sooner(terms.IdleTimeout, terms.IsPersistent ? PersistentIdleTimeout : IdleTimeout);

    /// <summary>How long a session lives at most by its terms.</summary>
    public TimeSpan AbsoluteTimeoutOf(SignInTerms? terms) =>
        terms is null ? AbsoluteTimeout
        : Sooner(terms.AbsoluteTimeout, terms.IsPersistent ? PersistentAbsoluteTimeout : AbsoluteTimeout);

    /// <summary>How old <see cref="SessionRecord.LastSeenAt"/> may get by the terms of a session before a touch is due.
    /// A shorter idle timeout than that of the options has a shorter interval.</summary>
    public TimeSpan TouchIntervalOf(SignInTerms? terms) =>
        IdleTimeoutOf(terms) is var idle && idle < IdleTimeout ? Sooner(idle / 20, TouchInterval) : TouchInterval;

    /// <summary>Returns until when the store keeps the record of a session that is used at a time. A session with terms
    /// is not kept for longer than it may live.</summary>
    public DateTimeOffset KeepUntil(SessionRecord record, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(record);
        var idle = now + IdleTimeoutOf(record.Terms);
        return (record.Terms is not null && EndsAt(record) < idle ? EndsAt(record) : idle) + Grace;
    }

    /// <summary>Returns until when a store finds a session under its user.</summary>
    public DateTimeOffset IndexUntil(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return IndexUntil(record.StartedAt, record.Terms);
    }

    /// <summary>Returns until when a store finds a session that started at a time.</summary>
    public DateTimeOffset IndexUntil(DateTimeOffset startedAt, SignInTerms? terms) =>
        startedAt + AbsoluteTimeoutOf(terms) + IdleTimeoutOf(terms) + Grace;

    /// <summary>Returns the time at which the session expires if no request uses it before.</summary>
    public DateTimeOffset ExpiresAt(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return ExpiresAt(record, record.LastSeenAt);
    }

    /// <summary>Returns the time at which the session ends however often it is used.</summary>
    public DateTimeOffset EndsAt(SessionRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return record.StartedAt + AbsoluteTimeoutOf(record.Terms);
    }

    /// <summary>Whether the session has expired by one of the timeouts.</summary>
    public bool IsExpired(SessionRecord record, DateTimeOffset now) => ExpiresAt(record) <= now;

    /// <summary>Whether the absolute timeout has passed. Only this timeout refuses a change or a touch. A request that
    /// found the session alive counts as a use when it ends, however long it ran.</summary>
    public bool IsPastAbsoluteTimeout(SessionRecord record, DateTimeOffset now) => EndsAt(record) <= now;

    /// <summary>Whether <see cref="SessionRecord.LastSeenAt"/> is old enough to be moved. The time never moves
    /// backwards.</summary>
    public bool IsTouchDue(SessionRecord record, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(record);
        return now > record.LastSeenAt && now - record.LastSeenAt >= TouchIntervalOf(record.Terms);
    }

    /// <summary>Returns the public data of a session that was used after its record was read.</summary>
    internal SessionInfo Describe(SessionRecord record, DateTimeOffset seenAt)
    {
        var info = Describe(record);
        return seenAt <= info.LastSeenAt
            ? info
            : info with { LastSeenAt = seenAt, ExpiresAt = ExpiresAt(record, seenAt) };
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
            IsPersistent = record.IsPersistent,
        };
    }

    private static TimeSpan Sooner(TimeSpan? left, TimeSpan right) => left < right ? left.Value : right;

    private static TimeSpan Later(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private DateTimeOffset ExpiresAt(SessionRecord record, DateTimeOffset seenAt)
    {
        var idle = (record.Terms is { IsFixed: true } ? record.StartedAt : seenAt) + IdleTimeoutOf(record.Terms);
        var absolute = EndsAt(record);
        return idle < absolute ? idle : absolute;
    }
}
