using Microsoft.AspNetCore.Http;

namespace SessionManager.AspNetCore;

/// <summary>The context of the events of <see cref="SessionManagerEvents"/>.</summary>
public class SessionEventContext
{
    /// <summary>Creates a context.</summary>
    /// <param name="session">The session.</param>
    /// <param name="services">The services of the request, or of a scope of the event's own.</param>
    /// <param name="httpContext">The request, or <see langword="null"/> when there is none.</param>
    public SessionEventContext(SessionInfo session, IServiceProvider services, HttpContext? httpContext)
    {
        (Session, Services, HttpContext) = (session, services, httpContext);
    }

    /// <summary>The session as it is after the change, or as it was before it ended.</summary>
    public SessionInfo Session { get; }

    /// <summary>The services of the request. When there is no request, they are the services of a scope that lives as
    /// long as the handler runs.</summary>
    public IServiceProvider Services { get; }

    /// <summary>The request. The value is <see langword="null"/> when <see cref="ISessionDirectory"/> is used outside a
    /// request, and when an expired session is noticed without a request.</summary>
    public HttpContext? HttpContext { get; }
}
