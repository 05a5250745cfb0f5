namespace QuickStart;

/// <summary>What the page shows of the session. The times are null while there is none.</summary>
public record SessionDetails(
    string SessionId,
    DateTimeOffset? CreatedAt,
    DateTimeOffset? AuthenticatedAt,
    DateTimeOffset? LastSeenAt,
    DateTimeOffset? ExpiresAt,
    string? PreviousSessionEnd);
