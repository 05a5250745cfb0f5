namespace SessionManager.AspNetCore.Identity.Tests.Infrastructure;

/// <summary>A user of the application.</summary>
public sealed class Member
{
    public string Id { get; init; } = Guid.NewGuid().ToString();

    public string? Name { get; set; }

    public string? NormalizedName { get; set; }

    public string? Email { get; set; }

    public string? NormalizedEmail { get; set; }

    public string? PasswordHash { get; set; }

    public string? Stamp { get; set; }

    public bool HasTwoFactors { get; set; }

    public int Failures { get; set; }

    public DateTimeOffset? LockedUntil { get; set; }

    public (string Provider, string Key)? Login { get; set; }
}
