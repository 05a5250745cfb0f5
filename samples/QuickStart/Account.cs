namespace QuickStart;

/// <summary>Who is signed in.</summary>
public record Account(bool Authenticated, string? UserId);
