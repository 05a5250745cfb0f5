using System.Runtime.InteropServices;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Stores;

/// <summary>What decides until when a session lives.</summary>
/// <param name="Started">When the session started, in Unix milliseconds.</param>
/// <param name="Seen">When the session was last known to be used, in Unix milliseconds.</param>
/// <param name="IsSignedIn">Whether the session is stored under a user.</param>
/// <param name="Idle">How long the session lives unused, unless the options decide.</param>
/// <param name="Absolute">How long the session lives at most, unless the options decide.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SessionSpan(
    long Started, long Seen, bool IsSignedIn, RoundedDuration Idle = default, RoundedDuration Absolute = default)
{
    /// <summary>Returns the span with the timeouts of the terms of a session.</summary>
    public SessionSpan By(SignInTerms? terms, SessionLifetime lifetime)
    {
        if (terms is null)
        {
            return this;
        }

        var (idle, absolute) = (lifetime.IdleTimeoutOf(terms), lifetime.AbsoluteTimeoutOf(terms));
        return this with
        {
            Idle = RoundedDuration.Of(idle),
            Absolute = RoundedDuration.Of(terms.IsFixed && idle < absolute ? idle : absolute),
        };
    }

    /// <summary>Returns the time at which the session expires unless it is used, in Unix milliseconds.</summary>
    public long ExpiresAt(SessionLifetime lifetime) => Math.Min(
        Seen + Idle.MillisecondsOr((long)lifetime.IdleTimeout.TotalMilliseconds),
        Started + Absolute.MillisecondsOr((long)lifetime.AbsoluteTimeout.TotalMilliseconds));
}
