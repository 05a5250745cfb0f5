using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.StaticAssets;
using Microsoft.Extensions.Primitives;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The session of one request, which <c>HttpContext.Session</c> and <see cref="ISessionManager"/> both work on. It loads, shows what
/// the request sees, and takes changes; <see cref="SessionSaver"/> saves them. Threads of one request may use it at once: what it knows is
/// guarded by a lock, which is the object itself so that a request without changes allocates none, and is never held across a wait.
/// </summary>
internal sealed class RequestSession : ISessionFeature
{
    // Having used its session, a request does not use it again for so long, whatever TouchInterval says.
    private const long Moment = 1_000;

    private readonly SessionPipeline _pipeline;
    private readonly HttpContext _context;
    private SessionAttribute? _endpoint;
    private bool _isRouted;
    private bool _isFile;
    private bool _isDeferred;
    private bool _isBeingLoaded;
    private SessionPhase _phase;
    private RareState? _rare;
    private SessionRecord? _record;
    private volatile SessionCommit? _committed;
    private bool _committedSecret;
    private long _seenAt;
    private bool _isSeen;
    private long _untouchedUntil;
    private SessionEndReason _previousEnd;
    private bool _isTokenFresh;
    private volatile SessionChanges? _changes;
    private volatile SessionResponse? _response;
    private FrameworkSession? _framework;
    private volatile bool _isClosed;
    private bool _isEnding;
    private bool? _countsAsUse;

    private RequestSession(SessionPipeline pipeline, HttpContext context, RequestSession? outer) =>
        (_pipeline, _context, _rare) = (pipeline, context, outer is null ? null : new RareState { Outer = outer });

    public SessionPipeline Pipeline => _pipeline;

    public HttpContext Context => _context;

    /// <summary>The session of the request that this one runs in: its context was made of that one's features, as those of a batch are.</summary>
    public RequestSession? Outer => _rare?.Outer;

    /// <summary>The run of the authentication middleware that has its answer, whichever scope of services gave it: from then on somebody else
    /// asks.</summary>
    public object? AnsweredRun { get; set; }

    /// <summary>Whether <c>UseSessionManager</c> has this request, so that what is changed will be saved.</summary>
    public bool IsBound { get; private set; }

    /// <summary>Where the response went when <c>UseSessionManager</c> took the request.</summary>
    public IHttpResponseBodyFeature? BodyAtEntry { get; private set; }

    /// <summary>The headers that the response had then, if any.</summary>
    public KeyValuePair<string, StringValues>[]? HeadersAtEntry => _rare?.HeadersAtEntry;

    /// <summary>The token the request came with, and after a save the one it gave out.</summary>
    public SessionToken Token { get; private set; }

    /// <summary>Which of the session's tokens that is.</summary>
    public TokenAge TokenAge { get; private set; }

    /// <summary>The stored session as it was loaded, with what this request has saved since.</summary>
    public SessionRecord? Record
    {
        get
        {
            if (_committed is null)
            {
                return _record;
            }

            lock (this)
            {
                if (_committed is { } commit)
                {
                    // Not until somebody looks: after most commits nobody does.
                    _record = CommitRules.Apply(_record!, commit, _committedSecret);
                    _committed = null;
                }

                return _record;
            }
        }
    }

    /// <summary>What the request has changed and not saved yet.</summary>
    public SessionDraft? Draft => _changes?.Draft;

    /// <summary>What the request has changed, and whose turn it is to save that.</summary>
    public SessionChanges Changes
    {
        get
        {
            if (_changes is { } changes)
            {
                return changes;
            }

            lock (this)
            {
                return _changes ??= new SessionChanges(this);
            }
        }
    }

    /// <summary>The same, if anything was changed yet.</summary>
    public SessionChanges? KnownChanges => _changes;

    /// <summary>Whether there is something to save, or somebody is saving.</summary>
    public bool HasChanges => _changes is { IsIdle: false };

    /// <summary>Whether the request is over. Its context may serve another one by then, so nothing of it is looked at any more.</summary>
    public bool IsClosed => _isClosed || (_isEnding && !IsStillToStart());

    /// <summary>Whether the request was found to have no cookie of ours, not even a dead one.</summary>
    public bool CameWithoutCookie { get; private set; }

    /// <summary>Whether the session was shown or changed in this request.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>Whether it was touched when the request ended: once, however long that took.</summary>
    public bool HasTouchedAtEnd { get; set; }

    /// <summary>Whether something is registered to be done before the response starts.</summary>
    public bool IsHooked { get; set; }

    /// <summary>Whether what was registered has begun to run.</summary>
    public bool IsStarting { get; private set; }

    /// <summary>Whether a touch was due when the session was loaded, and has not been made yet.</summary>
    public bool WasTouchDue { get; private set; }

    public SessionResponse Response
    {
        get
        {
            if (_response is { } response)
            {
                return response;
            }

            lock (this)
            {
                return _response ??= new SessionResponse(this);
            }
        }
    }

    /// <summary>What the session does to the response, if that is anything yet.</summary>
    public SessionResponse? KnownResponse => _response;

    /// <summary>Whether the application is to be told of something.</summary>
    public bool HasEvents => _changes is { Events.IsEmpty: false };

    /// <summary>Whether the request counts as use of its session, as far as it goes by its endpoint, by the application and by itself.</summary>
    public bool Touches => Settings is not ({ Mode: SessionMode.Disabled } or { Touch: false }) && (_countsAsUse ?? AskForUse());

    /// <summary>Whether the endpoint may not change the session.</summary>
    public bool IsReadOnly => Settings?.Mode == SessionMode.ReadOnly;

    public bool MayRotate => !_isFile && Settings is not { Mode: SessionMode.Disabled or SessionMode.ReadOnly };

    /// <summary>Whether the endpoint has no session. Where authorization decides on it, its user is found in the session all the same.</summary>
    public bool IsDisabled => Settings?.Mode == SessionMode.Disabled;

    public bool IsAvailable => _phase == SessionPhase.Loaded && !IsDisabled;

    /// <summary>Whether it is known which session the request has.</summary>
    public bool HasLoaded => _phase == SessionPhase.Loaded;

    /// <summary>Whether the store could not be reached, and that is an error here.</summary>
    public bool HasFailed
    {
        get
        {
            ReviewFailure();
            return _phase == SessionPhase.Failed;
        }
    }

    public string Id
    {
        get
        {
            ThrowIfUnreadable();
            return CurrentId().ToString();
        }
    }

    public string[] Keys
    {
        get
        {
            ThrowIfUnreadable();
            if (_changes is null)
            {
                return [.. Record?.Values.Keys ?? []];
            }

            lock (this)
            {
                return [.. Draft?.Keys ?? Record?.Values.Keys ?? []];
            }
        }
    }

    public string? UserId
    {
        get
        {
            ThrowIfUnreadable();
            if (_changes is null)
            {
                // What was only loaded does not change.
                return Record?.UserId;
            }

            lock (this)
            {
                return Draft is { } draft ? draft.UserId : Record?.UserId;
            }
        }
    }

    public bool HasSession
    {
        get
        {
            ThrowIfUnreadable();
            lock (this)
            {
                return Draft is { } draft ? draft.HasSession : Record is not null;
            }
        }
    }

    /// <summary>The session as this request leaves it.</summary>
    public SessionInfo? Info
    {
        get
        {
            ThrowIfUnreadable();
            lock (this)
            {
                if (Draft is { } draft)
                {
                    return draft.HasSession ? _pipeline.Lifetime.Describe(SessionSaver.Preview(this, draft)) : null;
                }

                var now = _pipeline.Now;
                return Record is { } record
                    ? _pipeline.Lifetime.Describe(record, !IsClosed && IsTouchDue(now) ? now : DateTimeOffset.FromUnixTimeMilliseconds(_seenAt))
                    : null;
            }
        }
    }

    ISession ISessionFeature.Session
    {
        get => _framework ??= new FrameworkSession(this);
        set => throw new NotSupportedException("The session of a request that UseSessionManager handles can't be replaced.");
    }

    private RareState Rare => _rare ?? Interlocked.CompareExchange(ref _rare, new RareState(), null) ?? _rare;

    // What the endpoint says. Routing may stand behind UseSessionManager: then it is known only later, and is looked for until it is. And what it
    // says does not hold for an error page that somebody behind us runs in its place.
    private SessionAttribute? Settings => (_isRouted && _endpoint is null) || _isClosed || _isEnding ? _endpoint : FindSettings(out _);

    // The stored session as far as the request has not ended it.
    private SessionRecord? Stored => Draft is { } draft ? draft.Stored : Record;

    /// <summary>The request's session; whoever asks first makes it.</summary>
    public static RequestSession Of(HttpContext context, SessionPipeline pipeline) => Find(context) ?? Make(context, pipeline, FindAny(context));

    /// <summary>The request's session for <c>UseSessionManager</c>, which has the request from here on; again for an error page that runs the
    /// pipeline again, which goes on with the session as the first run left it.</summary>
    /// <returns><see langword="null"/> when another <c>UseSessionManager</c> has it already.</returns>
    public static RequestSession? Take(HttpContext context, SessionPipeline pipeline)
    {
        var found = FindAny(context);
        var session = found is null ? null : Find(context);
        if (session is { IsBound: true, IsClosed: false, _isEnding: false })
        {
            return null;
        }

        session?.Enter();
        session ??= Make(context, pipeline, found);
        session.BodyAtEntry ??= (IHttpResponseBodyFeature?)context.Features[typeof(IHttpResponseBodyFeature)];
        if (EntryHeaders.Of(context) is { } headers)
        {
            session.Rare.HeadersAtEntry = headers;
        }

        (session.IsBound, session._isClosed, session._isEnding) = (true, false, false);
        SessionResponse.Hook(session);
        return session;
    }

    /// <summary>The session that was made for a request, also where somebody has put a feature of their own in front of it; not one that came with
    /// the features of another request.</summary>
    public static RequestSession? Find(HttpContext context) =>
        FindAny(context) is not { } found ? null
        : ReferenceEquals(found._context, context) ? found
        : context.Features[typeof(RequestSession)] is RequestSession other && ReferenceEquals(other._context, context) ? other
        : null;

    /// <summary>The session that <c>HttpContext.Session</c> shows, be it that of an outer request.</summary>
    public static RequestSession? FindAny(HttpContext context) =>
        // By type, not by the generic method: called through the interface that costs 30 ns.
        (context.Features[typeof(ISessionFeature)] as RequestSession) ?? (context.Features[typeof(RequestSession)] as RequestSession);

    /// <summary>Whether the request runs within another one.</summary>
    public bool IsWithin(RequestSession other)
    {
        var outer = Outer;
        while (outer is not null && !ReferenceEquals(outer, other))
        {
            outer = outer.Outer;
        }

        return outer is not null;
    }

    /// <summary>Loads the session, once. A store that can't be reached is not an error until the session is used.</summary>
    public ValueTask LoadAsync(CancellationToken cancellationToken) =>
        !_isFile && _endpoint?.Mode != SessionMode.Disabled ? LoadForUserAsync(cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Nothing is loaded until the session, or its user, is asked for.</summary>
    public void Defer() => _isDeferred = true;

    /// <summary>Loads the session for who asks for its user, also where the endpoint has no session.</summary>
    public ValueTask LoadForUserAsync(CancellationToken cancellationToken)
    {
        if (_phase != SessionPhase.NotLoaded)
        {
            return ValueTask.CompletedTask;
        }

        _isBeingLoaded = true;
        return LoadNowAsync(cancellationToken);
    }

    /// <summary>The request came with no cookie of ours.</summary>
    public void AcceptNone() => (_phase, CameWithoutCookie) = (SessionPhase.Loaded, true);

    /// <summary>What the load found, by the loader.</summary>
    /// <returns>Whether it is this request's: of two loads at once, the first one is.</returns>
    public bool TryAccept(in LoadedSession loaded)
    {
        lock (this)
        {
            if (_phase != SessionPhase.NotLoaded)
            {
                return false;
            }

            (_phase, Token, TokenAge, _record, _previousEnd, WasTouchDue) =
                (loaded.Phase, loaded.Token, loaded.TokenAge, loaded.Record, loaded.PreviousEnd ?? default, loaded.IsTouchDue);
            if (loaded.Failure is { } failure)
            {
                Rare.Failure = failure;
            }

            (_untouchedUntil, _isTokenFresh, _isBeingLoaded) = (loaded.UntouchedUntil, false, false);
            _seenAt = loaded.Record?.LastSeenAt.ToUnixTimeMilliseconds() ?? 0;
        }

        if (WasTouchDue)
        {
            // Also where UseSessionManager never gets the request.
            SessionResponse.Hook(this);
        }

        return true;
    }

    /// <summary>Loads for a handler that asks for it: here a store that can't be reached is an error at once.</summary>
    public async ValueTask LoadForHandlerAsync(CancellationToken cancellationToken)
    {
        if (_phase == SessionPhase.NotLoaded && !IsDisabled)
        {
            ThrowIfClosed();
            await LoadNowAsync(cancellationToken);
        }

        await RaiseEventsAsync();
        ThrowIfUnreadable();
    }

    /// <summary>Shows what is stored by now, under this request's own unsaved changes.</summary>
    public async ValueTask ReloadAsync(CancellationToken cancellationToken)
    {
        ThrowIfClosed();
        if (_phase is SessionPhase.Failed or SessionPhase.Anonymous)
        {
            _phase = SessionPhase.NotLoaded;
        }

        if (_phase == SessionPhase.NotLoaded)
        {
            await LoadForHandlerAsync(cancellationToken);
            return;
        }

        ThrowIfUnreadable();
        if (_changes is { IsInDoubt: true })
        {
            // What is stored by now may be this request's own, and would be taken for another's.
            throw Raise(SessionErrors.InDoubt());
        }

        await SessionSaver.ReloadAsync(this, cancellationToken);
        await RaiseEventsAsync();
    }

    /// <summary>Saves for a handler that asks for it, which counts as use though there is nothing to save.</summary>
    public async ValueTask SaveForHandlerAsync(CancellationToken cancellationToken)
    {
        ThrowIfUnreadable();
        if (IsClosed)
        {
            return;
        }

        if (HasChanges)
        {
            ThrowIfUnwritable();
            await SessionSaver.SaveAsync(this, cancellationToken);
            _response?.Reopen();
        }
        else
        {
            await SessionSaver.TouchForHandlerAsync(this, cancellationToken);
        }
    }

    public bool TryGet(string key, out SessionValue value)
    {
        ArgumentNullException.ThrowIfNull(key);
        ThrowIfUnreadable();
        value = default;
        if (!SessionKey.TryMeasure(key, out _))
        {
            return false;
        }

        if (_changes is null)
        {
            return Record?.Values.TryGetValue(key, out value) == true;
        }

        lock (this)
        {
            return Draft is { } draft ? draft.TryGet(key, out value) : Record?.Values.TryGetValue(key, out value) == true;
        }
    }

    /// <summary>Sets a value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">The value.</param>
    /// <param name="establishes">Whether it begins a session also when the value is removed again before it is saved.</param>
    public void Set(string key, SessionValue value, bool establishes = false) => TrySet(key, value, establishes, expected: default);

    /// <summary>Sets the first value of a session that is still to be begun.</summary>
    /// <returns>Whether it was set: <see langword="false"/> when another thread of the request was faster.</returns>
    public bool TryBegin(string key, SessionValue? expected, SessionValue value) => TrySet(key, value, establishes: false, (true, expected));

    public bool Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ThrowIfUnwritable();
        return TryGet(key, out _) && Change((Key: key, Length: System.Text.Encoding.UTF8.GetByteCount(key)), static (draft, it) => draft.Remove(it.Key, it.Length));
    }

    public void RemoveAll() => Change(true, static (draft, _) =>
    {
        draft.RemoveAll();
        return true;
    });

    /// <summary>Signs a user in.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="details">What to keep beside the id.</param>
    /// <param name="keepsTicket">Whether the ticket that is kept of the same user and scheme stays.</param>
    public void SignIn(string userId, SignInDetails details, bool keepsTicket)
    {
        ThrowIfUnwritable();
        ThrowIfTooLateForCookie();
        _pipeline.Events.ThrowIfHandling(HasSession ? SessionEventKinds.SignedIn : SessionEventKinds.SignedIn | SessionEventKinds.Created);
        lock (this)
        {
            Change((userId, details, keepsTicket, _pipeline.Schemes, _pipeline.Options.KeepValuesOnSignIn, _pipeline.Now, _rare?.Recognised), static (draft, it) =>
            {
                draft.SignIn(it.userId, it.details, it.keepsTicket, it.Schemes, it.KeepValuesOnSignIn, it.Now, it.Recognised);
                return true;
            });
            if (_rare is not null && Draft is { Recognised: not null })
            {
                _rare.TellStale = null;
            }
        }
    }

    /// <summary>Whether somebody is signed in by a scheme.</summary>
    public bool IsSignedInBy(string scheme)
    {
        if (UserId is null)
        {
            return false;
        }

        lock (this)
        {
            return _pipeline.Schemes.IsOf(SignInDetails.Read(Draft is { } draft ? draft.Principal : Record?.Principal ?? default), scheme);
        }
    }

    public void SignOut()
    {
        ThrowIfUnwritable();
        if (UserId is not null)
        {
            _pipeline.Events.ThrowIfHandling(SessionEventKinds.TokenRotated);
            Change(_pipeline.Options.ClearSessionScope, static (draft, scope) =>
            {
                draft.SignOut(scope);
                return true;
            }, ends: true);
        }
    }

    /// <summary>Ends an impersonation.</summary>
    public void EndImpersonation()
    {
        ThrowIfUnwritable();
        lock (this)
        {
            if (!ActorFrame.Is(Draft is { } draft ? draft.Principal : Record?.Principal ?? default))
            {
                return;
            }

            ThrowIfTooLateForCookie();
            if (SessionSaver.IsConsentMissing(this))
            {
                throw SessionErrors.ActsWithoutConsent();
            }

            _pipeline.Events.ThrowIfHandling(SessionEventKinds.TokenRotated);
            Change(true, static (draft, _) =>
            {
                draft.EndImpersonation();
                return true;
            });
        }
    }

    public void Rotate()
    {
        ThrowIfUnwritable();
        ThrowIfTooLateForCookie();
        if (HasSession)
        {
            _pipeline.Events.ThrowIfHandling(SessionEventKinds.TokenRotated);
            Change(true, static (draft, _) =>
            {
                draft.Rotate();
                return true;
            });
        }
    }

    public void Destroy()
    {
        ThrowIfUnwritable();
        var hasSession = HasSession;
        if (hasSession)
        {
            _pipeline.Events.ThrowIfHandling(SessionEventKinds.Ended);
        }

        // Also where the stored one was found to have ended: then what was changed goes.
        if (hasSession || Draft is { IsLost: true })
        {
            Change(true, static (draft, _) =>
            {
                draft.End();
                return true;
            }, ends: true);
        }
    }

    /// <summary>Drops what the request changed and has not saved, but for an end or a sign-out. What a failed save has kept from leaving may
    /// leave: the application has taken note of it.</summary>
    public void DiscardChanges()
    {
        _changes?.Discard(keepsEndings: true);
        _response?.Reopen();
    }

    /// <summary>Makes sure that the session can be changed, and that no byte leaves before what is changed is saved.</summary>
    public void Watch()
    {
        ThrowIfUnwritable();
        Guard();
    }

    /// <summary>Refuses changes where there can be none.</summary>
    public void ThrowIfUnwritable()
    {
        ThrowIfUnreadable();
        ThrowIfClosed();
        if (!IsBound || _phase == SessionPhase.NotLoaded)
        {
            throw SessionErrors.NotBound();
        }

        if (_phase == SessionPhase.Anonymous)
        {
            throw Raise(SessionErrors.NotLoaded(_rare?.Failure));
        }

        if (IsReadOnly)
        {
            throw SessionErrors.ReadOnly(_context);
        }
    }

    /// <summary>Refuses what would need a cookie that can't be sent any more.</summary>
    public void ThrowIfTooLateForCookie()
    {
        if (_context.Response.HasStarted)
        {
            throw SessionErrors.TooLateForCookie();
        }
    }

    /// <summary>Refuses to say that there is no user while the store can't be reached.</summary>
    public void ThrowIfFailed()
    {
        if (HasFailed)
        {
            throw Raise(SessionErrors.NotReadable(_phase, _rare?.Failure));
        }
    }

    /// <summary>The request does not count as use from here on.</summary>
    public void SkipTouch()
    {
        if (IsDisabled)
        {
            throw SessionErrors.Disabled(_context);
        }

        lock (this)
        {
            (_countsAsUse, WasTouchDue) = (false, false);
        }
    }

    public SessionEndReason? ReadPreviousEnd()
    {
        ThrowIfUnreadable();
        return _previousEnd == default ? null : _previousEnd;
    }

    /// <summary>The session as it was stored and what it keeps of its sign-in, for the authentication scheme, which also runs where the endpoint
    /// has no session.</summary>
    /// <param name="scheme">The scheme that asks.</param>
    /// <param name="details">What is kept of the sign-in; <see langword="null"/> when it can't be read.</param>
    /// <returns><see langword="null"/> when nobody is signed in by that scheme.</returns>
    public SessionRecord? IdentifyForAuthentication(string scheme, out SignInDetails? details)
    {
        details = null;
        if (_phase != SessionPhase.Loaded)
        {
            return null;
        }

        var record = Record is { UserId: not null } signedIn ? signedIn : null;
        if (record is not null)
        {
            details = SignInDetails.Read(record.Principal);
            record = details is null || _pipeline.Schemes.IsOf(details, scheme) ? record : null;
        }

        Response.AuthenticationSaw(record is not null);
        return record;
    }

    /// <summary>The id of the session, or the one that a session begun now would get.</summary>
    public Guid CurrentId()
    {
        lock (this)
        {
            if (Stored is { } stored)
            {
                return stored.Id;
            }

            if (!_isTokenFresh)
            {
                // Whatever token was brought opens nothing. This one is given to nobody before its session is saved.
                (Token, _isTokenFresh) = (SessionToken.NewFor(SessionToken.NewId()), true);
            }

            return Token.Id;
        }
    }

    /// <summary>A session that is begun from here on gets another id.</summary>
    public void ForgetFreshToken() => _isTokenFresh = false;

    /// <summary>The draft was just saved as this record, with the token that opens it.</summary>
    public void AdoptSaved(SessionRecord record, SessionToken token)
    {
        lock (this)
        {
            Put(record, token);
            Changes.Applied();
        }
    }

    /// <summary>The draft was just saved by this commit, and the token opens the session now.</summary>
    public void AdoptSaved(SessionCommit commit, bool secretChanged, SessionToken token)
    {
        lock (this)
        {
            Put(Record!, token);
            (_committed, _committedSecret) = (commit, secretChanged);
            if (commit.Touches)
            {
                See(commit.Now);
            }

            Changes.Applied();
        }
    }

    /// <summary>The session is another user's from here on. What another thread of this request has changed meanwhile as the user before is refused
    /// when it is saved.</summary>
    public void Become(SessionRecord record, SessionToken token)
    {
        lock (this)
        {
            Put(record, token);
            Draft?.Lose();
        }
    }

    /// <summary>The record as it is stored by now, whoever changed it, under this request's unsaved changes.</summary>
    public void Refresh(SessionRecord record)
    {
        lock (this)
        {
            Put(record, Token);
            Draft?.Rebase(record);
        }
    }

    /// <summary>The stored session is no longer this request's.</summary>
    public void Forget()
    {
        lock (this)
        {
            (_record, _committed) = (null, null);
            ForgetRecognised();
        }
    }

    /// <summary>The token that was brought opens nothing, but a sign-in of this session's user has only just replaced it. If the request signs the
    /// same user in, it goes on in that session.</summary>
    /// <param name="record">The session.</param>
    /// <param name="tellStale">Tells the application of a stale token, if the request does something else.</param>
    public void Recognise(SessionRecord record, Func<ValueTask> tellStale) => (Rare.Recognised, Rare.TellStale) = (record, tellStale);

    /// <summary>From here on, a token that was recognised is a stale one, unless the request has signed that user in.</summary>
    public void TellStale()
    {
        if (_rare is { } rare && Interlocked.Exchange(ref rare.TellStale, null) is { } tell)
        {
            Tell(tell);
        }
    }

    /// <summary>The stored session has ended. What was changed on it is refused when it is saved.</summary>
    public void Lose(SessionEndReason reason)
    {
        lock (this)
        {
            Forget();
            _previousEnd = reason;
            Draft?.Lose();
        }
    }

    /// <summary>Whether the session is to be touched at this time, on behalf of this request.</summary>
    public bool IsTouchDue(DateTimeOffset now) =>
        // As it was loaded, which is enough: a sign-in is a use.
        _record is { } record
        && now.ToUnixTimeMilliseconds() - _seenAt is > 0 and var age
        && age >= Math.Max(_isSeen ? Moment : 0, (long)_pipeline.Lifetime.TouchInterval.TotalMilliseconds)
        && !_pipeline.Lifetime.IsPastAbsoluteTimeout(record, now)
        && Touches;

    /// <summary>The session was last used at this time, by this request.</summary>
    public void Saw(DateTimeOffset now)
    {
        lock (this)
        {
            See(now);
        }
    }

    /// <summary>The application is to be told of something, when nobody waits for what it may wait for.</summary>
    public void Tell(Func<ValueTask> raise) => Changes.Tell(raise);

    /// <summary>Tells the application what it is to be told.</summary>
    public ValueTask RaiseEventsAsync()
    {
        if (_changes?.Events is not { IsEmpty: false } events)
        {
            return ValueTask.CompletedTask;
        }

        // Before a handler writes to the response.
        _response?.ApplyHeaders();
        return _pipeline.Events.RaiseAsync(events, _changes.TakeCauses());
    }

    /// <summary>Finishes a request that has nothing left to save.</summary>
    public bool TryFinish()
    {
        TellStale();
        if (HasChanges
            || HasEvents
            || (_record is not null && !HasTouchedAtEnd && !SessionClock.IsBefore(_untouchedUntil) && IsTouchDue(_pipeline.Now) && SessionResponse.EndIsUse(_context))
            || (_response is { } response && !response.TryFinish()))
        {
            return false;
        }

        lock (this)
        {
            // Another thread of the request may have changed something meanwhile.
            if (HasChanges)
            {
                return false;
            }

            End();
        }

        if (_record is not null && !IsUsed)
        {
            _pipeline.FilesBehind.Look(_context);
        }

        return true;
    }

    /// <summary>The request is over: what is read is what was there, and changes are refused. Only the callbacks of a response that has not
    /// started may still make some.</summary>
    public void End()
    {
        GiveBackFeatures();
        if (IsHooked && !_context.Response.HasStarted)
        {
            if (_pipeline.Callbacks.AreRun(_context))
            {
                _isEnding = true;
                return;
            }

            SessionResponse.HookLate(this);
        }

        _isClosed = true;
    }

    /// <summary>The response of a request that is over starts now, and callbacks that run before it may still change the session.</summary>
    public void Reopen() => (_isEnding, _isClosed) = (true, false);

    /// <summary>The response starts, and what is registered for that is done now.</summary>
    public void Start() => (IsStarting, IsHooked) = (true, false);

    private static RequestSession Make(HttpContext context, SessionPipeline pipeline, RequestSession? outer)
    {
        var session = new RequestSession(pipeline, context, outer) { AnsweredRun = outer?.AnsweredRun };
        if (outer is not null)
        {
            pipeline.InnerRequests.Begin(outer);
        }

        session.Enter();
        context.Features[typeof(ISessionFeature)] = session;
        context.Features[typeof(RequestSession)] = session;
        return session;
    }

    private void Enter()
    {
        _isFile = FindSettings(out var metadata) is null && metadata?.GetMetadata<StaticAssetDescriptor>() is not null;
        if (_context.Features[typeof(ISessionFeature)] is null && IsBound)
        {
            // Somebody has taken it away on the way back to an error page.
            _context.Features[typeof(ISessionFeature)] = this;
        }

        _response?.Restart();
    }

    private SessionAttribute? FindSettings(out EndpointMetadataCollection? metadata)
    {
        metadata = ((IEndpointFeature?)_context.Features[typeof(IEndpointFeature)])?.Endpoint?.Metadata;
        var before = _endpoint;
        (_endpoint, _isRouted) = (_pipeline.Settings.Of(metadata), metadata is not null);

        // Where the endpoint had no session none was loaded, and the page may have one.
        _isDeferred |= before?.Mode == SessionMode.Disabled && _endpoint?.Mode != SessionMode.Disabled;
        return _endpoint;
    }

    // An inner request may have the very features of the outer one, which goes on with them.
    private void GiveBackFeatures()
    {
        if (Outer is { } outer && ReferenceEquals(_context.Features, outer._context.Features) && ReferenceEquals(FindAny(_context), this))
        {
            _context.Features[typeof(ISessionFeature)] = outer;
            _context.Features[typeof(RequestSession)] = outer;
        }
    }

    private bool TrySet(string key, SessionValue value, bool establishes, (bool IsSet, SessionValue? Value) expected)
    {
        var length = SessionKey.Measure(key, _pipeline.Options.MaxKeyBytes);
        ValueCodec.ThrowIfTooLarge(key, value, _pipeline.Options);
        ThrowIfUnwritable();
        lock (this)
        {
            if (Stored is null)
            {
                ThrowIfTooLateToBegin();
                if (Draft is not { HasSession: true })
                {
                    _pipeline.Events.ThrowIfHandling(SessionEventKinds.Created);
                }
            }

            if (expected.IsSet && (Stored is not null || expected.Value != (Draft?.TryGet(key, out var current) == true ? current : null)))
            {
                return false;
            }

            Guard();
            Changes.Begin().ThrowIfExceeded(key, length, value, _pipeline.Options);
            return Changes.Change((key, length, value, establishes), static (draft, it) =>
            {
                draft.Put(it.key, it.length, it.value, it.establishes);
                return true;
            });
        }
    }

    private TResult Change<TState, TResult>(TState state, Func<SessionDraft, TState, TResult> change, bool ends = false)
    {
        lock (this)
        {
            Watch();
            return Changes.Change(state, change, ends);
        }
    }

    private void Put(SessionRecord record, SessionToken token)
    {
        (_record, _committed, Token, _isTokenFresh) = (record, null, token, false);
        ForgetRecognised();
        See(record.LastSeenAt);
    }

    private void See(DateTimeOffset now)
    {
        _seenAt = Math.Max(_seenAt, now.ToUnixTimeMilliseconds());
        _isSeen = true;
        _untouchedUntil = 0;
        WasTouchDue &= !Touches;
    }

    private void Guard()
    {
        if (_changes is { IsInDoubt: true })
        {
            throw Raise(SessionErrors.InDoubt());
        }

        Response.Watch();
    }

    private ValueTask LoadNowAsync(CancellationToken cancellationToken) => _pipeline.Loader.LoadAsync(this, Settings, cancellationToken);

    private void ThrowIfUnreadable()
    {
        if (IsDisabled)
        {
            ThrowIfClosed();
            throw SessionErrors.Disabled(_context);
        }

        if (_phase == SessionPhase.NotLoaded && (_isFile || _isDeferred) && _pipeline.Options.LoadMode == LoadMode.Eager && !IsClosed)
        {
            LoadAtUse();
        }

        ReviewFailure();
        if (_phase is not (SessionPhase.Loaded or SessionPhase.Anonymous))
        {
            ThrowIfClosed();
            if (_phase == SessionPhase.NotLoaded && _isBeingLoaded)
            {
                // No handler runs yet. It is a logger that asks, or something in the store: there is no session to see so far.
                return;
            }

            throw Raise(SessionErrors.NotReadable(_phase, _rare?.Failure));
        }

        if (!IsClosed)
        {
            Use();
        }
    }

    private void Use()
    {
        // At every use: the output cache may stand behind what used the session first.
        SessionResponse.ForbidOutputCaching(_context);
        if (!IsUsed)
        {
            IsUsed = true;
            SessionResponse.VaryByCookie(this);
            if (Record?.UserId is not null)
            {
                Response.ForbidStoring();
            }
        }
    }

    private void ForgetRecognised()
    {
        if (_rare is not null)
        {
            _rare.Recognised = null;
        }
    }

    private bool AskForUse()
    {
        // What is asked may use the session, and so come here again.
        _countsAsUse = true;
        _countsAsUse = SessionUse.Counts(this) && _countsAsUse == true;
        return _countsAsUse.Value;
    }

    // The load may have failed before the endpoint was known, which says what that means to it.
    private void ReviewFailure()
    {
        if (_phase is SessionPhase.Failed or SessionPhase.Anonymous && !IsClosed)
        {
            _phase = _pipeline.Loader.PhaseOfFailure(Settings);
        }
    }

    // A static file needs no session, so none was loaded. What stands in front of the files, or of UseSessionManager, and uses it all the same
    // gets it: here alone somebody waits for the store in a property.
    private void LoadAtUse()
    {
        _pipeline.Logger.LoadedAtUse(_context.TraceIdentifier);
        var load = LoadNowAsync(CancellationToken.None);
        if (!load.IsCompletedSuccessfully)
        {
            load.AsTask().GetAwaiter().GetResult();
        }
    }

    // The context may serve another request by now, or none.
    private bool IsStillToStart()
    {
        try
        {
            return ReferenceEquals(Find(_context), this) && !_context.Response.HasStarted && !_context.RequestAborted.IsCancellationRequested;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private void ThrowIfClosed()
    {
        if (IsClosed)
        {
            throw SessionErrors.RequestEnded();
        }
    }

    // The application gets a failure of the session's own.
    private Exception Raise(Exception failure)
    {
        CaughtFailure.Note(_context, failure);
        return failure;
    }

    private void ThrowIfTooLateToBegin()
    {
        if (_context.Response.HasStarted)
        {
            throw SessionErrors.TooLateToBegin();
        }
    }

    // What few requests have, so that the others don't pay for it.
    private sealed class RareState
    {
        public Func<ValueTask>? TellStale;

        public RequestSession? Outer { get; init; }

        public KeyValuePair<string, StringValues>[]? HeadersAtEntry { get; set; }

        public string? Failure { get; set; }

        public SessionRecord? Recognised { get; set; }
    }
}
