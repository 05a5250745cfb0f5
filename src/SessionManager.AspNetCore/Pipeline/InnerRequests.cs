using System.Runtime.CompilerServices;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The sessions of requests that have run other requests within, by the services of the request. Such an inner request takes the outer one's
/// place in <c>IHttpContextAccessor</c>, and leaves that empty.
/// </summary>
internal sealed class InnerRequests
{
    private readonly ConditionalWeakTable<IServiceProvider, RequestSession> _outer = [];

    /// <summary>An inner request begins.</summary>
    /// <param name="outer">The session of the request that it runs in.</param>
    public void Begin(RequestSession outer)
    {
        if (outer.Context.RequestServices is { } services)
        {
            _outer.AddOrUpdate(services, outer);
        }
    }

    /// <summary>The session of the request that these are the services of, and that goes on after an inner one.</summary>
    public RequestSession? Find(IServiceProvider services)
    {
        return _outer.TryGetValue(services, out var outer) ? RunningOf(outer) : null;
    }

    /// <summary>A session, or where its request is over the one of the request around it: an inner request that has put its context into
    /// <c>IHttpContextAccessor</c> may have left that there.</summary>
    public static RequestSession RunningOf(RequestSession session)
    {
        while (session is { IsClosed: true, Outer: { } next })
        {
            session = next;
        }

        return session;
    }
}
