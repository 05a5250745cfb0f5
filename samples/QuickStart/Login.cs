namespace QuickStart;

/// <summary>The body of a sign-in. A real application asks for a password too.</summary>
public record Login(string? UserId, bool RememberMe = false);
