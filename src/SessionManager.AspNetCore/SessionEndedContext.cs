using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore;

/// <summary>A session that ended.</summary>
public sealed class SessionEndedContext : SessionEventContext
{
    /// <summary>Creates it.</summary>
    /// <param name="session">The session, as it was.</param>
    /// <param name="services">The services.</param>
    /// <param name="httpContext">The request.</param>
    /// <param name="reason">Why it ended.</param>
    public SessionEndedContext(SessionInfo session, IServiceProvider services, HttpContext? httpContext, SessionEndReason reason)
        : base(session, services, httpContext)
    {
        Reason = reason;
    }

    /// <summary>Why it ended: <see cref="SessionEndReason.Expired"/>, <see cref="SessionEndReason.SignedOut"/> (it was destroyed) or
    /// <see cref="SessionEndReason.Revoked"/>.</summary>
    public SessionEndReason Reason { get; }
}
