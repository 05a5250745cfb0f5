using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore;

/// <summary>The context of <see cref="SessionManagerEvents.OnEnded"/>.</summary>
public sealed class SessionEndedContext : SessionEventContext
{
    /// <summary>Creates a context.</summary>
    /// <param name="session">The session, as it was before it ended.</param>
    /// <param name="services">The services of the request, or of a scope of the event's own.</param>
    /// <param name="httpContext">The request, or <see langword="null"/> when there is none.</param>
    /// <param name="reason">Why the session ended.</param>
    public SessionEndedContext(
        SessionInfo session, IServiceProvider services, HttpContext? httpContext, SessionEndReason reason)
        : base(session, services, httpContext)
    {
        Reason = reason;
    }

    /// <summary>Why the session ended: <see cref="SessionEndReason.Expired"/>, <see cref="SessionEndReason.SignedOut"/>
    /// (it was destroyed) or <see cref="SessionEndReason.Revoked"/>.</summary>
    public SessionEndReason Reason { get; }
}
