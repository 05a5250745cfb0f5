using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// What the session does to the response: it is watched from the first change on, so that changes are saved before its first
/// byte leaves, and gets at most one cookie and a <c>Cache-Control</c>.
/// </summary>
internal sealed class SessionResponse(RequestSession session, IHttpResponseBodyFeature? bodyAtEntry)
{
    private bool _watching;
    private bool _hooked;
    private bool _dependsOnUser;
    private bool _expiresCookie;
    private SessionToken? _issued;
    private ResponseBodyGate? _gate;

    /// <summary>Whether there is something to do after the handler.</summary>
    public bool HasWork => _watching || _issued is not null || _expiresCookie;

    /// <summary>A response that depends on a session is one browser's own: the output cache must not keep it. It asks nobody's
    /// <c>Cache-Control</c>, so it is told directly.</summary>
    public static void ForbidOutputCaching(HttpContext context)
    {
        if (context.Features.Get<IOutputCacheFeature>() is { } outputCache)
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

    /// <summary>Puts the gate in front of the body, once.</summary>
    public void Watch()
    {
        var context = session.Context;
        if (_watching)
        {
            return;
        }

        _watching = true;
        if (context.Response.HasStarted)
        {
            return;
        }

        Hook();
        if (context.Features.Get<IHttpResponseBodyFeature>() is { } body)
        {
            _gate = new ResponseBodyGate(session, body, holdsBack: ReferenceEquals(body, bodyAtEntry));
            context.Features.Set<IHttpResponseBodyFeature>(_gate);
        }
    }

    /// <summary>Takes the gate away and lets what it holds back go on its way.</summary>
    public void Release()
    {
        _gate?.Release();
        RemoveGate();
    }

    /// <summary>Takes the gate away, and what it holds back with it: the response will be another.</summary>
    public void Discard() => RemoveGate();

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

        if ((_issued is not null || _expiresCookie || _dependsOnUser) && context.Response.Headers.CacheControl.Count == 0)
        {
            context.Response.Headers.CacheControl = "no-store";
        }
    }

    private void Hook()
    {
        if (!_hooked && !session.Context.Response.HasStarted)
        {
            _hooked = true;
            session.Context.Response.OnStarting(static state => ((SessionResponse)state).OnStartingAsync(), this);
        }
    }

    // The net beneath the gate: bytes that found another way to the server.
    private async Task OnStartingAsync()
    {
        await SessionSaver.SaveAsync(session, CancellationToken.None);
        ApplyHeaders();
    }

    private void RemoveGate()
    {
        var features = session.Context.Features;
        if (_gate is { } gate && ReferenceEquals(features.Get<IHttpResponseBodyFeature>(), gate))
        {
            features.Set(gate.Inner);
        }

        _gate = null;
    }
}
