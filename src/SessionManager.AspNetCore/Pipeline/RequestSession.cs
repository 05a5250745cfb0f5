using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.StaticAssets;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The session of one request, which <c>HttpContext.Session</c> and <see cref="ISessionManager"/> both work on. It loads, shows what
/// the request sees, and takes changes; <see cref="SessionSaver"/> saves them.
/// </summary>
internal sealed class RequestSession : ISessionFeature
{
    private static readonly SessionAttribute DisabledEndpoint = new(SessionMode.Disabled);

    private readonly SessionPipeline _pipeline;
    private readonly HttpContext _context;
    private SessionAttribute? _endpoint;
    private SessionPhase _phase;
    private string? _failure;
    private SessionRecord? _record;
    private SessionCommit? _committed;
    private bool _committedSecret;
    private SessionEndReason? _previousEnd;
    private bool _used;
    private bool _touchDue;
    private Guid? _freshId;
    private SessionResponse? _response;
    private FrameworkSession? _framework;

    private RequestSession(SessionPipeline pipeline, HttpContext context) => (_pipeline, _context) = (pipeline, context);

    public SessionPipeline Pipeline => _pipeline;

    public HttpContext Context => _context;

    /// <summary>Whether <c>UseSessionManager</c> has this request, so that what is changed will be saved.</summary>
    public bool IsBound { get; private set; }

    /// <summary>Where the response went when <c>UseSessionManager</c> took the request.</summary>
    public IHttpResponseBodyFeature? BodyAtEntry { get; private set; }

    /// <summary>The token the request came with, and after a save the one it gave out.</summary>
    public SessionToken Token { get; private set; }

    /// <summary>The stored session as it was loaded, with what this request has saved since.</summary>
    public SessionRecord? Record
    {
        get
        {
            if (_committed is { } commit)
            {
                // Not until somebody looks: after most commits nobody does.
                _committed = null;
                _record = CommitRules.Apply(_record!, commit, _committedSecret);
            }

            return _record;
        }
    }

    /// <summary>What the request has changed and not saved yet.</summary>
    public SessionDraft? Draft { get; set; }

    public bool IsClosed { get; private set; }

    public SessionResponse Response => _response ??= new SessionResponse(this);

    /// <summary>Whether a save is running, which later changes would escape.</summary>
    public bool IsSaving { get; set; }

    public bool Touches => _endpoint?.Touch != false;

    public bool IsAvailable => _phase == SessionPhase.Loaded;

    /// <summary>Whether the store could not be reached, and that is an error here.</summary>
    public bool HasFailed => _phase == SessionPhase.Failed;

    public string Id => ReadableId().ToString();

    public IEnumerable<string> Keys
    {
        get
        {
            ThrowIfUnreadable();
            return [.. Draft?.Keys ?? Record?.Values.Keys ?? []];
        }
    }

    public string? UserId
    {
        get
        {
            ThrowIfUnreadable();
            return Draft is null ? Record?.UserId : Draft.UserId;
        }
    }

    /// <summary>When the user signed in to the stored session.</summary>
    public DateTimeOffset? AuthenticatedAt => Record?.AuthenticatedAt;

    /// <summary>The session as it was stored, for the authentication scheme, which also runs where the endpoint has none.</summary>
    public SessionRecord? IdentifyForAuthentication()
    {
        if (_phase != SessionPhase.Loaded || Record?.UserId is null)
        {
            return null;
        }

        Response.ForbidStoringWhatAuthenticationSaw();
        return Record;
    }

    public SessionEndReason? ReadPreviousEnd()
    {
        ThrowIfUnreadable();
        return _previousEnd;
    }

    public bool HasSession
    {
        get
        {
            ThrowIfUnreadable();
            return Draft?.HasSession ?? Record is not null;
        }
    }

    public SessionInfo? Info
    {
        get
        {
            ThrowIfUnreadable();
            var record = Draft is null ? Record : Draft.HasSession ? SessionSaver.Preview(this, Draft) : null;
            return record is null ? null : _pipeline.Lifetime.Describe(record);
        }
    }

    // The stored session as far as the request has not ended it.
    private SessionRecord? Stored => Draft is null ? Record : Draft.Stored;

    ISession ISessionFeature.Session
    {
        get => _framework ??= new FrameworkSession(this);
        set => throw new NotSupportedException("The session of a request that UseSessionManager handles can't be replaced.");
    }

    /// <summary>The request's session; whoever asks first makes it.</summary>
    public static RequestSession Of(HttpContext context, SessionPipeline pipeline) => Find(context) ?? Make(context, pipeline);

    /// <summary>The request's session for <c>UseSessionManager</c>, which has the request from here on; again for an error page that runs the
    /// pipeline again, which goes on with the session as the first run left it.</summary>
    /// <returns><see langword="null"/> when another <c>UseSessionManager</c> has it already.</returns>
    public static RequestSession? Take(HttpContext context, SessionPipeline pipeline)
    {
        var session = Find(context);
        if (session is { IsBound: true, IsClosed: false })
        {
            return null;
        }

        session?.Enter();
        session ??= Make(context, pipeline);
        session.BodyAtEntry ??= (IHttpResponseBodyFeature?)context.Features[typeof(IHttpResponseBodyFeature)];
        (session.IsBound, session.IsClosed) = (true, false);
        return session;
    }

    /// <summary>Loads the session, once. A store that can't be reached is not an error until the session is used.</summary>
    public ValueTask LoadAsync(CancellationToken cancellationToken) =>
        _phase == SessionPhase.NotLoaded ? _pipeline.Loader.LoadAsync(this, _endpoint, cancellationToken) : ValueTask.CompletedTask;

    /// <summary>What the load found, by the loader.</summary>
    public ValueTask AcceptAsync(in LoadedSession loaded)
    {
        if (_phase != SessionPhase.NotLoaded)
        {
            // Two loads at once: the first has been used already.
            return ValueTask.CompletedTask;
        }

        (_phase, Token, _record, _previousEnd, _touchDue, _failure) =
            (loaded.Phase, loaded.Token, loaded.Record, loaded.PreviousEnd, loaded.IsTouchDue, loaded.Failure);
        if (_touchDue)
        {
            // Before a long response begins, not after it.
            Response.Hook();
        }

        return _endpoint?.Mode != SessionMode.ReadOnly && SessionRotation.IsDue(this, loaded)
            ? SessionRotation.RunAsync(this, loaded)
            : ValueTask.CompletedTask;
    }

    /// <summary>Loads for a handler that asks for it: here a store that can't be reached is an error at once.</summary>
    public async ValueTask LoadForHandlerAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        ThrowIfUnreadable();
    }

    /// <summary>Saves for a handler that asks for it.</summary>
    public async ValueTask SaveForHandlerAsync(CancellationToken cancellationToken)
    {
        ThrowIfUnreadable();
        if (Draft is not null)
        {
            ThrowIfUnwritable();
            await SessionSaver.SaveAsync(this, cancellationToken);
            Response.Reopen();
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

        return Draft is null ? Record?.Values.TryGetValue(key, out value) == true : Draft.TryGet(key, out value);
    }

    public void Set(string key, SessionValue value)
    {
        var length = SessionKey.Measure(key, _pipeline.Options.MaxKeyBytes);
        ValueCodec.ThrowIfTooLarge(key, value, _pipeline.Options);
        ThrowIfUnwritable();
        ThrowIfTooLateToBegin();
        Change().Set(key, length, value, _pipeline.Options);
    }

    public bool Remove(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        ThrowIfUnwritable();
        return TryGet(key, out _) && Change().Remove(key, System.Text.Encoding.UTF8.GetByteCount(key));
    }

    /// <summary>Signs a user in.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="principal">What to keep beside the id; <see langword="null"/>: what is kept of the same user.</param>
    public void SignIn(string userId, ReadOnlyMemory<byte>? principal)
    {
        ThrowIfUnwritable();
        ThrowIfTooLateForCookie();
        Change().SignIn(userId, principal, _pipeline.Options.KeepValuesOnSignIn, _pipeline.Now);
    }

    public void SignOut()
    {
        ThrowIfUnwritable();
        if (UserId is not null)
        {
            Change().SignOut(_pipeline.Options.ClearSessionScope);
        }
    }

    /// <summary>The request's changes, to add to them. From here on the response is watched.</summary>
    public SessionDraft Change()
    {
        Watch();
        return Draft ??= new SessionDraft(Record);
    }

    /// <summary>Makes sure that the session can be changed, and that no byte leaves before what is changed is saved.</summary>
    public void Watch()
    {
        ThrowIfUnwritable();
        if (IsSaving)
        {
            throw SessionErrors.Saving();
        }

        if (Draft is { IsInDoubt: true })
        {
            throw SessionErrors.InDoubt();
        }

        Response.Watch();
    }

    /// <summary>Refuses changes where there can be none.</summary>
    public void ThrowIfUnwritable()
    {
        ThrowIfUnreadable();
        if (IsClosed)
        {
            throw SessionErrors.RequestEnded();
        }

        if (!IsBound)
        {
            throw SessionErrors.NotBound();
        }

        if (_phase == SessionPhase.Anonymous)
        {
            throw SessionErrors.NotLoaded(_failure);
        }

        if (_endpoint?.Mode == SessionMode.ReadOnly)
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

    /// <summary>The id of the session, or the one that a session begun now would get.</summary>
    public Guid CurrentId() => Stored?.Id ?? (_freshId ??= SessionToken.NewId());

    /// <summary>The record as it was just saved, with the token that opens it.</summary>
    public void Adopt(SessionRecord record, SessionToken token)
    {
        (_record, _committed, Token, _freshId) = (record, null, token, null);
        _touchDue &= !Touches;
    }

    /// <summary>The record was just changed, and the token that opens it now.</summary>
    public void Adopt(SessionCommit commit, bool secretChanged, SessionToken token)
    {
        Adopt(Record!, token);
        (_committed, _committedSecret) = (commit, secretChanged);
    }

    /// <summary>The stored session is no longer this request's.</summary>
    public void Forget() => (_record, _committed) = (null, null);

    /// <summary>The record to touch, if a touch is due. Given out once.</summary>
    public SessionRecord? TakeTouch()
    {
        var record = _touchDue ? Record : null;
        _touchDue = false;
        return record;
    }

    /// <summary>Finishes a request that has nothing left to save.</summary>
    public bool TryFinish() => Draft is null && !_touchDue && (_response is null || _response.TryFinish());

    /// <summary>The request is over: what is read is what was there, and changes are refused.</summary>
    public void Close() => IsClosed = true;

    // By type, not by the generic method: called through the interface that costs 30 ns.
    private static RequestSession? Find(HttpContext context) => context.Features[typeof(ISessionFeature)] as RequestSession;

    private static RequestSession Make(HttpContext context, SessionPipeline pipeline)
    {
        var session = new RequestSession(pipeline, context);
        session.Enter();
        context.Features[typeof(ISessionFeature)] = session;
        return session;
    }

    private void Enter()
    {
        var metadata = ((IEndpointFeature?)_context.Features[typeof(IEndpointFeature)])?.Endpoint?.Metadata;
        _endpoint = metadata is null ? null
            : metadata.GetMetadata<SessionAttribute>() ?? (metadata.GetMetadata<StaticAssetDescriptor>() is null ? null : DisabledEndpoint);
        _phase = _endpoint?.Mode == SessionMode.Disabled ? SessionPhase.Disabled
            : _phase == SessionPhase.Disabled ? SessionPhase.NotLoaded
            : _phase;
    }

    private void ThrowIfUnreadable()
    {
        if (_phase is not (SessionPhase.Loaded or SessionPhase.Anonymous))
        {
            throw SessionErrors.NotReadable(_phase, _context, _failure);
        }

        if (IsClosed)
        {
            return;
        }

        // At every use: the output cache may stand behind what used the session first.
        SessionResponse.ForbidOutputCaching(_context);
        if (!_used)
        {
            _used = true;
            if (Record?.UserId is not null)
            {
                Response.ForbidStoring();
            }
        }
    }

    private void ThrowIfTooLateToBegin()
    {
        if (_context.Response.HasStarted && Stored is null)
        {
            throw SessionErrors.TooLateToBegin();
        }
    }

    private Guid ReadableId()
    {
        ThrowIfUnreadable();
        return CurrentId();
    }
}
