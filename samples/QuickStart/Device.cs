namespace QuickStart;

/// <summary>One of the user's sessions.</summary>
public record Device(string SessionId, DateTimeOffset CreatedAt, DateTimeOffset LastSeenAt, bool Remembered, bool ThisOne);
