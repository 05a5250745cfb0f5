using System.Globalization;
using Microsoft.AspNetCore.Authorization;

namespace SessionManager.AspNetCore;

/// <summary>The user must have signed in to the session within a time. Only a sign-in counts, again or anew; neither using the session nor
/// a change of its token does. The principal that is authorized must have come from this session: a bearer token beside it is not recent by
/// the session of somebody else. (OWASP ASVS 5.0, 7.5.1.)</summary>
public sealed class RecentAuthenticationRequirement : IAuthorizationRequirement
{
    /// <summary>Creates it.</summary>
    /// <param name="maxAge">How long ago the sign-in may be. Above zero.</param>
    public RecentAuthenticationRequirement(TimeSpan maxAge)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(maxAge, TimeSpan.Zero);
        MaxAge = maxAge;
    }

    /// <summary>How long ago the sign-in may be.</summary>
    public TimeSpan MaxAge { get; }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{nameof(RecentAuthenticationRequirement)}: within {MaxAge}");
}
