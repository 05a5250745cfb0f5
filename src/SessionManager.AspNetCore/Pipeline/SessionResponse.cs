using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// What the session does to the response: it is watched from the first change on, so that changes are saved before its first
/// byte leaves, and gets at most one cookie and a <c>Cache-Control</c>.
/// </summary>
internal sealed class SessionResponse(RequestSession session)
{
    private bool _hooked;
    private bool _dependsOnUser;
    private bool _mayDependOnUser;
    private bool _expiresCookie;
    private SessionToken? _issued;
    private ResponseBodyGate? _gate;

    /// <summary>A response that depends on a session is one browser's own: the output cache must not keep it. It asks nobody's
    /// <c>Cache-Control</c>, so it is told directly.</summary>
    public static void ForbidOutputCaching(HttpContext context)
    {
        if (context.Features[typeof(IOutputCacheFeature)] is IOutputCacheFeature outputCache)
        {
            outputCache.Context.AllowCacheStorage = false;
        }
    }

    /// <summary>The response depends on who is signed in, so no cache may store it (OWASP ASVS 5.0, 14.3.2).</summary>
    public void ForbidStoring()
    {
        _dependsOnUser = true;
        Hook();
    }

    /// <summary>The response may depend on who is signed in: authentication runs for every request, whether its user is asked for or not.</summary>
    public void ForbidStoringWhatAuthenticationSaw()
    {
        _mayDependOnUser = true;
        Hook();
    }

    /// <summary>Puts the gate in front of the body, once.</summary>
    public void Watch()
    {
        // Also for a change that is made while the response starts, by somebody else's callback.
        Hook();
        var context = session.Context;
        if (_gate is not null || context.Response.HasStarted)
        {
            return;
        }

        if (context.Features[typeof(IHttpResponseBodyFeature)] is IHttpResponseBodyFeature body)
        {
            _gate = new ResponseBodyGate(session, body, holdsBack: ReferenceEquals(body, session.BodyAtEntry));
            context.Features[typeof(IHttpResponseBodyFeature)] = _gate;
        }
    }

    /// <summary>Throws again what kept the gate shut, if the handler did not let it through.</summary>
    public void ThrowIfShut() => _gate?.ThrowIfShut();

    /// <summary>The handler has saved by itself after all.</summary>
    public void Reopen() => _gate?.Reopen();

    /// <summary>Takes the gate away and lets what it holds back go on its way.</summary>
    public void Release()
    {
        _gate?.Pass();
        RemoveGate();
    }

    /// <summary>Finishes a response whose session has been saved, unless that failed and somebody is still to be told.</summary>
    public bool TryFinish()
    {
        if (_gate is { IsShut: true })
        {
            return false;
        }

        if (_gate is not null || _issued is not null || _expiresCookie)
        {
            ApplyHeaders();
            Release();
        }

        return true;
    }

    /// <summary>Takes the gate away, and what it holds back with it: the response will be another.</summary>
    public void Discard() => RemoveGate();

    /// <summary>Sends what comes next to the server itself, past a body that a handler or a middleware put in front of it and, failing,
    /// left there.</summary>
    public void RestoreBody()
    {
        if (session.BodyAtEntry is { } bodyAtEntry)
        {
            session.Context.Features.Set(bodyAtEntry);
        }
    }

    /// <summary>Makes sure that something is done before the response starts.</summary>
    public void Hook()
    {
        if (!_hooked && !session.Context.Response.HasStarted)
        {
            _hooked = true;
            session.Context.Response.OnStarting(static state => ((SessionResponse)state).OnStartingAsync(), this);
        }
    }

    public void IssueCookie(SessionToken token)
    {
        (_issued, _expiresCookie) = (token, false);
        Hook();
    }

    public void ExpireCookie()
    {
        (_issued, _expiresCookie) = (null, true);
        Hook();
    }

    /// <summary>Writes the headers; again and again if need be, since an error page may have cleared them.</summary>
    public void ApplyHeaders()
    {
        var context = session.Context;
        if (context.Response.HasStarted)
        {
            return;
        }

        if (_issued is { } token)
        {
            session.Pipeline.Cookie.Write(context, token);
        }
        else if (_expiresCookie)
        {
            session.Pipeline.Cookie.Expire(context);
        }

        if ((_issued is not null || _expiresCookie || _dependsOnUser || (_mayDependOnUser && !IsFile(context)))
            && context.Response.Headers.CacheControl.Count == 0)
        {
            context.Response.Headers.CacheControl = "no-store";
        }
    }

    // What UseStaticFiles sends, the same to everybody: no endpoint made it, and it says which version it is.
    private static bool IsFile(HttpContext context) => context.GetEndpoint() is null && context.Response.Headers.ETag.Count > 0;

    // The net beneath the gate: bytes that found another way to the server.
    private async Task OnStartingAsync()
    {
        _hooked = false;
        await SessionSaver.SaveAsync(session, CancellationToken.None);
        await SessionSaver.TouchAsync(session);
        ApplyHeaders();
    }

    private void RemoveGate()
    {
        var features = session.Context.Features;
        if (_gate is { } gate && ReferenceEquals(features[typeof(IHttpResponseBodyFeature)], gate))
        {
            features[typeof(IHttpResponseBodyFeature)] = gate.Inner;
        }

        _gate = null;
    }
}
