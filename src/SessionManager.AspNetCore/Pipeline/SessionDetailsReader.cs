using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Reads the details of a session, even after its end. The read does not count as a use and does not end the
/// session.</summary>
internal sealed class SessionDetailsReader(SessionRepository sessions, SessionLifetime lifetime, SessionClock clock)
{
    public async Task<SessionDetails> ReadAsync(Guid id, CancellationToken cancellationToken)
    {
        var now = clock.Now;
        var found = await sessions.LoadAsync(id, cancellationToken);
        return found switch
        {
            { EndReason: { } reason } => Ended(reason),
            { Record: { } record } when lifetime.IsExpired(record, now) => Ended(SessionEndReason.Expired),
            { Record: { } record } => new SessionDetails
            {
                Status = SessionStatus.Living,
                Session = lifetime.Describe(record),
                ValueCount = record.Values.Count,
                ValueBytes = record.ValueBytes,
            },
            { Status: SessionLookupStatus.Ended } => Ended(reason: null),
            { Status: SessionLookupStatus.Unreadable } => new SessionDetails { Status = SessionStatus.Unreadable },
            { Status: SessionLookupStatus.Newer } => new SessionDetails { Status = SessionStatus.Newer },
            _ => new SessionDetails { Status = SessionStatus.NotFound },
        };
    }

    private static SessionDetails Ended(SessionEndReason? reason) =>
        new() { Status = SessionStatus.Ended, EndReason = reason };
}
