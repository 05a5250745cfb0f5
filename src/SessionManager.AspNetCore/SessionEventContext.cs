using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore;

/// <summary>What an event of <see cref="SessionManagerEvents"/> is about.</summary>
public class SessionEventContext
{
    /// <summary>Creates it.</summary>
    /// <param name="session">The session.</param>
    /// <param name="services">The services.</param>
    /// <param name="httpContext">The request.</param>
    public SessionEventContext(SessionInfo session, IServiceProvider services, HttpContext? httpContext)
    {
        (Session, Services, HttpContext) = (session, services, httpContext);
    }

    /// <summary>The session, as it is after the change; of one that ended, as it was.</summary>
    public SessionInfo Session { get; }

    /// <summary>The services of the request, or of a scope of the handler's own where there is no request.</summary>
    public IServiceProvider Services { get; }

    /// <summary>The request; <see langword="null"/> where the directory is used outside of one, and where an end was noticed that
    /// nobody came back for.</summary>
    public HttpContext? HttpContext { get; }
}
