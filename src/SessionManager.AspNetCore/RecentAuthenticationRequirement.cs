using System.Globalization;
using Microsoft.AspNetCore.Authorization;

namespace SessionManager.AspNetCore;

/// <summary>Requires that the user signed in to the session recently. Only a sign-in counts, the first as well as a
/// later sign-in. Use of the session and a change of its token don't count. (OWASP ASVS 5.0, 7.5.1.)</summary>
/// <remarks>The requirement is met only when the principal that is authorized came from this session. A principal of
/// another scheme, such as a bearer token, does not become recent by a session that the request brings as
/// well.</remarks>
public sealed class RecentAuthenticationRequirement : IAuthorizationRequirement
{
    /// <summary>Creates a requirement.</summary>
    /// <param name="maxAge">The greatest age of the sign-in. It is above zero.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxAge"/> is zero or negative.</exception>
    public RecentAuthenticationRequirement(TimeSpan maxAge)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(maxAge, TimeSpan.Zero);
        MaxAge = maxAge;
    }

    /// <summary>The greatest age of the sign-in.</summary>
    public TimeSpan MaxAge { get; }

    /// <summary>Returns the requirement as logs show it.</summary>
    /// <returns>The name of the type and the greatest age.</returns>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{nameof(RecentAuthenticationRequirement)}: within {MaxAge}");
}
