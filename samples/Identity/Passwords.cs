using Microsoft.AspNetCore.Identity;

namespace Identity;

public static class Passwords
{
    /// <summary>NIST SP 800-63B: passwords are long, and have no rules of composition.</summary>
    public static PasswordOptions Options => new()
    {
        RequiredLength = 15,
        RequireDigit = false,
        RequireLowercase = false,
        RequireUppercase = false,
        RequireNonAlphanumeric = false,
    };
}
