using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.ResponseCaching;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// What the session does to the response. From the first change on a gate is in front of the body, so that changes are
/// saved before the first byte leaves. The headers get at most one cookie, and what caches are to know.
/// </summary>
internal sealed class SessionResponse(RequestSession session)
{
    private bool _authenticationAsked;
    private bool _authenticationSawUser;
    private bool _dependsOnUser;
    private bool _discards;
    private SessionToken? _issued;
    private bool _expiresCookie;
    private bool _clearsSite;
    private ResponseBodyGate? _gate;

    /// <summary>Whether a middleware or a framework has turned the handler's failure into an answer.</summary>
    public bool HasCaughtFailure => Caught is { IsAnswered: true }
        || (Context.Response.StatusCode >= StatusCodes.Status400BadRequest && GrpcCall.IsTranscoded(Context));

    /// <summary>Whether the response answers a failure of the handler, so that nothing more is saved for it.</summary>
    public bool AnswersFailure => _discards || HasCaughtFailure;

    /// <summary>What may do that, if it is known.</summary>
    public CaughtFailure? Caught { get; private set; }

    private HttpContext Context => session.Context;

    /// <summary>Keeps a response that depends on a session out of the output cache, which does not ask for
    /// <c>Cache-Control</c>.</summary>
    public static void ForbidOutputCaching(HttpContext context)
    {
        if (context.Features[typeof(IOutputCacheFeature)] is IOutputCacheFeature outputCache)
        {
            outputCache.Context.AllowCacheStorage = false;
        }
    }

    /// <summary>What a response shows of a session, or of having none, is for that cookie alone (RFC 9110, section
    /// 12.5.5). Said before the response starts; and at once where <c>UseResponseCaching</c> copies the headers before
    /// that.</summary>
    private static void VaryByCookie(RequestSession session)
    {
        var context = session.Context;
        if (context.Features[typeof(IResponseCachingFeature)] is not null && !context.Response.HasStarted)
        {
            CacheHeaders.VaryByCookie(context.Response.Headers);

            // The application may set the header anew before it copies them.
            session.Response.PutGate();
        }
    }

    public static void Hook(RequestSession session) => ResponseStart.Hook(session);

    /// <summary>The session is shown or changed: the response is for this cookie alone.</summary>
    public static void Use(RequestSession session)
    {
        // At every use: the output cache may run behind whatever used the session first.
        ForbidOutputCaching(session.Context);
        if (!session.Progress.IsUsed)
        {
            session.Progress.IsUsed = true;
            VaryByCookie(session);
            if (session.Record?.UserId is not null)
            {
                // No cache may store a response that depends on who is signed in (OWASP ASVS 5.0, 14.3.2).
                session.Response._dependsOnUser = true;
                ResponseStart.Hook(session);
            }
        }
    }

    /// <summary>The response may depend on who is signed in: the user was asked for, or may have been.</summary>
    public void DependOnUser(bool found)
    {
        (_authenticationAsked, _authenticationSawUser) = (true, _authenticationSawUser || found);
        ResponseStart.Hook(session);
        if (!Context.Response.HasStarted)
        {
            CacheHeaders.VaryByCookie(Context.Response.Headers);
            VaryByCookie(session);
            ForbidOutputCaching(Context);
        }
    }

    /// <summary>Looks for whatever may catch the handler's failure: gRPC, which a content type tells, or a request
    /// timeout.</summary>
    public CaughtFailure? LookForCaught() =>
        Context.Request.ContentType is null && Context.Features[typeof(IHttpRequestTimeoutFeature)] is null
            ? Caught
            : Caught = CaughtFailure.Look(Context, Caught);

    /// <summary>Puts the gate in front of the body, once.</summary>
    public void Watch()
    {
        if (session.KnownChanges is { IsInDoubt: true })
        {
            throw SessionGuard.InDoubt(session);
        }

        LookForCaught();
        if (Context.Response.HasStarted)
        {
            return;
        }

        if (session.Progress is { IsStarting: true, IsHooked: false })
        {
            session.Services.ResponseStart.HookAgain(session);
        }

        PutGate();
    }

    /// <summary>Throws again what kept the gate shut, if the handler did not let it through.</summary>
    public void ThrowIfShut() => _gate?.ThrowIfShut();

    /// <summary>The handler has saved by itself after all.</summary>
    public void Reopen() => _gate?.Reopen();

    /// <summary>Takes the gate away and lets pass what it holds back.</summary>
    public void Release()
    {
        _gate?.Open();
        _gate = null;
    }

    /// <summary>Finishes a response whose session has been saved, unless that failed and somebody is still to be
    /// told.</summary>
    public bool TryFinish()
    {
        if (_gate is { IsShut: true })
        {
            return false;
        }

        if (_gate is not null || _issued is not null || _expiresCookie || _clearsSite)
        {
            ApplyHeaders();
            Release();
        }

        return true;
    }

    /// <summary>The handler failed: the response will be another, and nothing more is saved for it.</summary>
    public void Discard()
    {
        _discards = true;
        _gate?.Remove();
        _gate = null;
    }

    /// <summary>The handler failed, and what somebody answered for it stands: nothing more is saved for it.</summary>
    public void KeepAnswer()
    {
        _discards = true;
        _gate?.Reopen();
        ApplyHeaders();
        Release();
    }

    /// <summary>An error page begins.</summary>
    public void Restart() => _discards = false;

    public void IssueCookie(SessionToken token)
    {
        (_issued, _expiresCookie) = (token, false);
        ResponseStart.Hook(session);
    }

    public void ExpireCookie()
    {
        (_issued, _expiresCookie) = (null, true);
        ResponseStart.Hook(session);
    }

    /// <summary>A user signed out, or the session was destroyed, and that is saved: what the browser made of pages in
    /// advance is not to be shown any more.</summary>
    public void ClearSite()
    {
        if (session.Services.Options.ClearSiteData)
        {
            _clearsSite = true;
            ResponseStart.Hook(session);
        }
    }

    /// <summary>Writes the headers before the first byte, where somebody behind may copy them then.</summary>
    public void ApplyBeforeCaches()
    {
        if (_issued is not null || _expiresCookie || Context.Features[typeof(IResponseCachingFeature)] is not null)
        {
            ApplyHeaders();
        }
    }

    /// <summary>Writes the headers; again and again if need be, since an error page may have cleared them.</summary>
    public void ApplyHeaders()
    {
        if (Context.Response.HasStarted)
        {
            return;
        }

        if (_issued is { } token)
        {
            session.Services.Cookie.Write(session, token);
        }
        else if (_expiresCookie)
        {
            session.Services.Cookie.Expire(Context);
        }

        var headers = Context.Response.Headers;
        if (_clearsSite)
        {
            SiteData.Clear(headers);
        }

        if (_issued is not null || _expiresCookie)
        {
            CacheHeaders.ForbidSharing(headers);
        }
        else if ((_dependsOnUser || _authenticationSawUser) && headers.CacheControl.Count == 0)
        {
            headers.CacheControl = "no-store";
        }

        if (session.Progress.IsUsed || _authenticationAsked)
        {
            ForbidOutputCaching(Context);
            CacheHeaders.VaryByCookieIfKept(headers);
        }
    }

    // In front of the body, once.
    private void PutGate() => _gate ??= ResponseBodyGate.Put(session);
}
