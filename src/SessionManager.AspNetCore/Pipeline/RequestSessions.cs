using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Finds the session of a request. A request that runs within another one has a session of its own, takes the outer
/// request's place in <c>IHttpContextAccessor</c> and leaves that empty: then the outer session is found by the
/// services of its request.
/// </summary>
internal sealed class RequestSessions(SessionServices own, EndpointSettings settings)
{
    private readonly ConditionalWeakTable<IServiceProvider, RequestSession> _outer = [];

    /// <summary>The session of a request, also where somebody has put another feature in front of it; not the session
    /// of another request whose features the context has.</summary>
    public static RequestSession? Find(HttpContext context) =>
        FindAny(context) is not { } found ? null
        : ReferenceEquals(found.Context, context) ? found
        : context.Features[typeof(IBudgetedRequest)] is RequestSession own && ReferenceEquals(own.Context, context)
            ? own
            : null;

    /// <summary>The session that <c>HttpContext.Session</c> shows, which may be that of an outer request.</summary>
    public static RequestSession? FindAny(HttpContext context) =>
        // By type, not by the generic method: called through the interface that costs 30 ns.
        (context.Features[typeof(ISessionFeature)] as RequestSession)
            ?? (context.Features[typeof(IBudgetedRequest)] as RequestSession);

    /// <summary>The session of a request; made when the request has none.</summary>
    public RequestSession Of(HttpContext context) => Find(context) ?? Make(context, FindAny(context));

    /// <summary>Makes the session of a request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="outer">The session of the request that this one runs in.</param>
    public RequestSession Make(HttpContext context, RequestSession? outer)
    {
        var session = new RequestSession(own, context, outer);
        if (outer is not null)
        {
            NoteOuter(outer);
        }

        context.Features[typeof(ISessionFeature)] = session;
        context.Features[typeof(IBudgetedRequest)] = session;
        session.Progress.Enter(context, settings);
        return session;
    }

    /// <summary>A session; where its request is over, the session of the request around it. An inner request that has
    /// put its context into <c>IHttpContextAccessor</c> may have left that there.</summary>
    public static RequestSession RunningOf(RequestSession session)
    {
        while (session is { IsClosed: true, Outer: { } next })
        {
            session = next;
        }

        return session;
    }

    /// <summary>Whether the request of a session runs within the request of another session.</summary>
    public static bool IsWithin(RequestSession session, RequestSession other)
    {
        var outer = session.Outer;
        while (outer is not null && !ReferenceEquals(outer, other))
        {
            outer = outer.Outer;
        }

        return outer is not null;
    }

    /// <summary>Gives the features back to the outer request, which continues with them. An inner request may share
    /// them.</summary>
    public static void GiveBackFeatures(RequestSession session)
    {
        var features = session.Context.Features;
        if (session.Outer is { } outer
            && ReferenceEquals(features, outer.Context.Features)
            && ReferenceEquals(FindAny(session.Context), session))
        {
            features[typeof(ISessionFeature)] = outer;
            features[typeof(IBudgetedRequest)] = outer;
        }
    }

    /// <summary>Remembers a session by the services of its request, within which another request begins.</summary>
    public void NoteOuter(RequestSession outer)
    {
        if (outer.Context.RequestServices is { } services)
        {
            _outer.AddOrUpdate(services, outer);
        }
    }

    /// <summary>The session of the request that these are the services of, and that goes on after an inner
    /// request.</summary>
    public RequestSession? FindOuter(IServiceProvider services) =>
        _outer.TryGetValue(services, out var outer) ? RunningOf(outer) : null;
}
