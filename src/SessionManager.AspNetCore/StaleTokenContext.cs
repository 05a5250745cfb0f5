using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore;

/// <summary>A request that brought a token which had been replaced. The session it belongs to lives on, for who has its token.</summary>
public sealed class StaleTokenContext : SessionEventContext
{
    /// <summary>Creates it.</summary>
    /// <param name="session">The session the token used to open.</param>
    /// <param name="services">The services.</param>
    /// <param name="httpContext">The request.</param>
    public StaleTokenContext(SessionInfo session, IServiceProvider services, HttpContext? httpContext)
        : base(session, services, httpContext)
    {
    }

    internal bool EndsSession { get; private set; }

    /// <summary>Ends the session for everybody, with <see cref="SessionEndReason.Revoked"/>: for applications that take a replaced token
    /// for a stolen one. A browser that restores an old tab, or a request that was in flight at a sign-in, is one too.</summary>
    public void EndSession() => EndsSession = true;
}
