using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.OutputCaching;
using Microsoft.AspNetCore.ResponseCaching;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// What the session does to the response: it is watched from the first change on, so that changes are saved before its first
/// byte leaves, and gets at most one cookie and what caches are to know.
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
    private GatedUpgrades? _upgrades;
    private CaughtFailure? _caught;

    /// <summary>Whether somebody between the handler and us has turned the handler's failure into an answer.</summary>
    public bool HasCaughtFailure => _caught is { IsAnswered: true } || GrpcCall.HasFailedTranscoded(Context);

    /// <summary>Who may do that, if such a one is known.</summary>
    public CaughtFailure? Caught => _caught;

    private HttpContext Context => session.Context;

    /// <summary>A response that depends on a session is one browser's own: the output cache must not keep it. It asks nobody's
    /// <c>Cache-Control</c>, so it is told directly.</summary>
    public static void ForbidOutputCaching(HttpContext context)
    {
        if (context.Features[typeof(IOutputCacheFeature)] is IOutputCacheFeature outputCache)
        {
            outputCache.Context.AllowCacheStorage = false;
        }
    }

    /// <summary>What a response shows of a session, or of having none, is for that cookie alone (RFC 9110, section 12.5.5). Said before the
    /// response starts; and at once where <c>UseResponseCaching</c> copies the headers before that.</summary>
    public static void VaryByCookie(RequestSession session)
    {
        var context = session.Context;
        if (context.Features[typeof(IResponseCachingFeature)] is not null && !context.Response.HasStarted)
        {
            CacheHeaders.VaryByCookie(context.Response.Headers);

            // The application may set the header anew before it copies them.
            session.Response.PutGate();
        }
    }

    /// <summary>Whether the end of a request is a use of its session: not that of an event stream or a socket, which may be open for hours
    /// without anybody there.</summary>
    public static bool EndIsUse(HttpContext context) =>
        !context.Response.HasStarted
        || (context.Response.StatusCode != StatusCodes.Status101SwitchingProtocols
            && context.Response.ContentType?.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase) != true
            && context.Features[typeof(IHttpExtendedConnectFeature)] is not IHttpExtendedConnectFeature { IsExtendedConnect: true });

    /// <summary>Makes sure that something is done before the response starts. Registered when <c>UseSessionManager</c> gets the request, it runs
    /// behind all that is registered later: those callbacks run last in, first out.</summary>
    public static void Hook(RequestSession session)
    {
        if (!session.IsHooked && !session.Context.Response.HasStarted)
        {
            session.IsHooked = true;
            session.Context.Response.OnStarting(static state => OnStartingAsync((RequestSession)state), session);
        }
    }

    /// <summary>The request is over, and its response has not started: what was registered meanwhile may still change the session when it
    /// does.</summary>
    public static void HookLate(RequestSession session)
    {
        if (session.IsHooked && !session.Context.Response.HasStarted)
        {
            session.Context.Response.OnStarting(
                static state =>
                {
                    ((RequestSession)state).Reopen();
                    return Task.CompletedTask;
                },
                session);
        }
    }

    /// <summary>The response depends on who is signed in, so no cache may store it (OWASP ASVS 5.0, 14.3.2).</summary>
    public void ForbidStoring()
    {
        _dependsOnUser = true;
        Hook(session);
    }

    /// <summary>The response may depend on who is signed in: the user was asked for, or may have been.</summary>
    public void AuthenticationSaw(bool user)
    {
        (_authenticationAsked, _authenticationSawUser) = (true, _authenticationSawUser || user);
        Hook(session);
        if (!Context.Response.HasStarted)
        {
            CacheHeaders.VaryByCookie(Context.Response.Headers);
            VaryByCookie(session);
            ForbidOutputCaching(Context);
        }
    }

    /// <summary>Looks who may catch the handler's failure.</summary>
    public CaughtFailure? LookForCaught() => _caught = CaughtFailure.Look(Context, _caught);

    /// <summary>Puts the gate in front of the body, once.</summary>
    public void Watch()
    {
        LookForCaught();
        if (Context.Response.HasStarted)
        {
            return;
        }

        if (session.IsStarting && !session.IsHooked)
        {
            // Our callback has run, and what changes the session now was registered before it.
            if (!session.Pipeline.Callbacks.NestedAreRun(Context))
            {
                throw SessionErrors.StartingWithoutUs();
            }

            Hook(session);
        }

        PutGate();
    }

    private void PutGate()
    {
        if (_gate is null && Context.Features[typeof(IHttpResponseBodyFeature)] is IHttpResponseBodyFeature body)
        {
            _gate = new ResponseBodyGate(session, body, holdsBack: ReferenceEquals(body, session.BodyAtEntry));
            _upgrades = GatedUpgrades.For(Context, _gate);
            Context.Features[typeof(IHttpResponseBodyFeature)] = _gate;
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
        RemoveGate();
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

    /// <summary>Sends what comes next to the server itself, past a body that a handler or a middleware put in front of it and, failing,
    /// left there.</summary>
    /// <returns>Whether nothing stands in front of what comes next: a handler may have put bytes into the server's buffer, where nobody can
    /// take them out.</returns>
    public bool RestoreBody()
    {
        if (session.BodyAtEntry is { } bodyAtEntry)
        {
            Context.Features.Set(bodyAtEntry);
        }

        return Context.Response.BodyWriter is not { CanGetUnflushedBytes: true, UnflushedBytes: > 0 };
    }

    public void IssueCookie(SessionToken token)
    {
        (_issued, _expiresCookie) = (token, false);
        Hook(session);
    }

    public void ExpireCookie()
    {
        (_issued, _expiresCookie) = (null, true);
        Hook(session);
    }

    /// <summary>A user signed out, or the session was destroyed, and that is saved: what the browser made of pages in advance is not to be
    /// shown any more.</summary>
    public void ClearSite()
    {
        if (session.Pipeline.Options.ClearSiteData)
        {
            _clearsSite = true;
            Hook(session);
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
            session.Pipeline.Cookie.Write(Context, token);
        }
        else if (_expiresCookie)
        {
            session.Pipeline.Cookie.Expire(Context);
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

        if (session.IsUsed || _authenticationAsked)
        {
            ForbidOutputCaching(Context);
            CacheHeaders.VaryByCookieIfKept(headers);
        }
    }

    private static Task OnStartingAsync(RequestSession session)
    {
        session.Start();
        session.Pipeline.Callbacks.Learn(session.Context);
        session.TellStale();
        if (session.KnownResponse is { } response)
        {
            return response.StartAsync();
        }

        if (session.HasChanges || session.HasEvents || session.WasTouchDue || SessionRotation.IsDue(session))
        {
            return session.Response.StartAsync();
        }

        if (session.IsUsed)
        {
            ForbidOutputCaching(session.Context);
            CacheHeaders.VaryByCookieIfKept(session.Context.Response.Headers);
        }

        return Task.CompletedTask;
    }

    // The net beneath the gate: bytes that found another way to the server, and changes that other callbacks made.
    private async Task StartAsync()
    {
        do
        {
            await SaveAsync();
            await SessionRotation.RunAsync(session);
            await SessionSaver.TouchBeforeResponseAsync(session);
            ApplyHeaders();
            await session.RaiseEventsAsync();
        }
        while (session.HasChanges);
    }

    private async ValueTask SaveAsync()
    {
        if (!_discards && !HasCaughtFailure)
        {
            await SessionSaver.SaveAsync(session, CancellationToken.None);
            return;
        }

        session.KnownChanges?.Discard(keepsEndings: true);
        try
        {
            await SessionSaver.SaveAsync(session, CancellationToken.None);
        }
        catch (SessionStoreException)
        {
            // Logged by the saver. The answer is an error already.
            session.KnownChanges?.Discard(keepsEndings: false);
        }
    }

    private void RemoveGate()
    {
        var features = Context.Features;
        if (_gate is { } gate && ReferenceEquals(features[typeof(IHttpResponseBodyFeature)], gate))
        {
            features[typeof(IHttpResponseBodyFeature)] = gate.Inner;
        }

        _upgrades?.Remove(Context);
        (_gate, _upgrades) = (null, null);
    }
}
