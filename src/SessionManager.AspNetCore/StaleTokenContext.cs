using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore;

/// <summary>The context of <see cref="SessionManagerEvents.OnStaleToken"/>: a request brought a token that had been
/// replaced. The session lives, and its current token opens it.</summary>
public sealed class StaleTokenContext : SessionEventContext
{
    /// <summary>Creates a context.</summary>
    /// <param name="session">The session that the token used to open.</param>
    /// <param name="services">The services of the request, or of a scope of the event's own.</param>
    /// <param name="httpContext">The request, or <see langword="null"/> when there is none.</param>
    public StaleTokenContext(SessionInfo session, IServiceProvider services, HttpContext? httpContext)
        : base(session, services, httpContext)
    {
    }

    internal bool EndsSession { get; private set; }

    /// <summary>Ends the session with <see cref="SessionEndReason.Revoked"/>, for the browser that has its current
    /// token too. Call it when the application takes a replaced token for a stolen token. A browser that restores an
    /// old tab, and a request that was in flight during a sign-in, bring replaced tokens too.</summary>
    public void EndSession() => EndsSession = true;
}
