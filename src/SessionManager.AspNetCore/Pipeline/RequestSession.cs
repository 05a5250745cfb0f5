using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The session of one request, with its loaded state, its changes and its saves. Several threads of a request may use
/// it at once. This object is the lock of the state, so a request without changes allocates no lock. The lock is never
/// held across a wait.
/// </summary>
internal sealed class RequestSession(SessionServices services, HttpContext context, RequestSession? outer)
    : ISessionFeature, IBudgetedRequest
{
    private RequestProgress _progress = new() { AnsweredRun = outer?.Progress.AnsweredRun };
    private RequestExtras? _extras = outer is null ? null : new RequestExtras { Outer = outer };
    private SessionState _state;
    private SessionUse _use;
    private volatile SessionChanges? _changes;
    private volatile SessionResponse? _response;
    private FrameworkSession? _framework;

    public SessionServices Services => services;

    public HttpContext Context => context;

    /// <summary>The progress of the request. The property returns a reference, because the members change the
    /// structure, as for the next two properties.</summary>
    public ref RequestProgress Progress => ref _progress;

    public ref SessionState State => ref _state;

    public ref SessionUse Use => ref _use;

    public RequestExtras Extras => _extras ?? Interlocked.CompareExchange(ref _extras, new(), null) ?? _extras;

    public RequestExtras? KnownExtras => _extras;

    /// <summary>The session of the outer request, such as the batch of a batched request.</summary>
    public RequestSession? Outer => _extras?.Outer;

    /// <summary>Whether the request is over. The context may serve another request then.</summary>
    public bool IsClosed => _progress.Stage == RequestStage.Closed
        || (_progress.Stage == RequestStage.Ending && !ResponseStart.IsToCome(this));

    /// <summary>The settings of the endpoint, or of the last endpoint after the end of the request.</summary>
    public SessionAttribute? Settings => _progress.MayChange && _progress.Stage == RequestStage.Running
        ? _progress.LookUp(context, services.Settings)
        : _progress.Settings;

    public bool IsReadOnly => Settings?.Mode == SessionMode.ReadOnly;

    /// <summary>Whether the endpoint has no session. Authorization still loads the session.</summary>
    public bool IsDisabled => Settings?.Mode == SessionMode.Disabled;

    public bool MayRotate => !_progress.IsAsset && Settings?.Mode is not (SessionMode.Disabled or SessionMode.ReadOnly);

    /// <summary>Whether the request counts as a use, by the decision of its endpoint, the application and the request
    /// itself.</summary>
    public bool Touches => Settings is not ({ Mode: SessionMode.Disabled } or { Touch: false })
        && (_use.Counts ?? _use.Ask(this));

    public bool WasTouchDue => _use.WasTouchDue;
    public bool HasTouchedAtEnd { get => _use.HasTouchedAtEnd; set => _use.HasTouchedAtEnd = value; }

    /// <summary>The state of the load. After a failure it depends on the endpoint, which may be known later.</summary>
    public LoadState LoadState => _state.LoadState is LoadState.Failed or LoadState.Anonymous && !IsClosed
        ? _state.LoadState = services.Loader.StateAfterFailure(Settings)
        : _state.LoadState;

    /// <summary>Whether the load failed, and the failure is an error for this endpoint.</summary>
    public bool HasFailed => LoadState == LoadState.Failed;

    public SessionToken Token => _state.Token;

    public TokenKind TokenKind => _state.TokenKind;

    /// <summary>The stored session, with the changes that this request has saved.</summary>
    public SessionRecord? Record => _state.IsCurrent ? _state.Loaded : _state.CatchUp(this);

    /// <summary>The stored session, unless the request has ended it.</summary>
    public SessionRecord? Stored => Draft is { } draft ? draft.Stored : Record;

    /// <summary>Returns SHA-256 of the secret of the request, if it is the current secret. No other secret closes a
    /// former secret.</summary>
    public ReadOnlyMemory<byte> BroughtHash(SessionRecord record) =>
        TokenKind == TokenKind.Current ? record.SecretHash : default;

    /// <summary>The unsaved changes.</summary>
    public SessionDraft? Draft => _changes?.Draft;

    public SessionChanges Changes => _changes ?? Interlocked.CompareExchange(ref _changes, new(this), null) ?? _changes;

    public SessionChanges? KnownChanges => _changes;

    /// <summary>Whether there are changes to save, or a save runs.</summary>
    public bool HasChanges => _changes is { IsIdle: false };

    /// <summary>Whether there are events to raise.</summary>
    public bool HasEvents => _changes is { Events.IsEmpty: false };

    public SessionResponse Response =>
        _response ?? Interlocked.CompareExchange(ref _response, new(this), null) ?? _response;

    public SessionResponse? KnownResponse => _response;

    ISession ISessionFeature.Session
    {
        get => _framework ??= new FrameworkSession(this);
        set => throw SessionErrors.NotReplaceable();
    }

    StoreBudget? IBudgetedRequest.KnownBudget => _extras?.KnownBudget;
    StoreBudget IBudgetedRequest.Budget => Extras.BudgetOf(services.Options);

    /// <summary>Accepts that the request has no session cookie.</summary>
    public void AcceptNone() => (_state.LoadState, _state.CameWithoutCookie) = (LoadState.Loaded, true);

    /// <summary>Accepts the result of a load.</summary>
    /// <returns>Whether the result was accepted. The request accepts the first result of two loads at once.</returns>
    public bool TryAccept(in LoadedSession loaded)
    {
        lock (this)
        {
            if (!_state.TryAccept(loaded))
            {
                return false;
            }

            _use.Load(loaded);
            if (loaded.Failure is { } failure)
            {
                Extras.Failure = failure;
            }
        }

        _extras?.RejectAsOuter(this);
        if (WasTouchDue)
        {
            // The touch must also work when the request never reaches UseSessionManager.
            ResponseStart.Hook(this);
        }

        return true;
    }

    /// <summary>Returns the id of the session, or of a session that this request begins.</summary>
    public Guid CurrentId()
    {
        lock (this)
        {
            return Stored?.Id ?? _state.FreshId();
        }
    }

    public void ForgetFreshToken() => _state.ForgetFreshToken();

    /// <summary>Accepts the record that a save of the draft has left, and the token that opens it.</summary>
    public void AdoptSaved(SessionRecord record, SessionToken token)
    {
        lock (this)
        {
            Put(record, token);
            Changes.Applied();
        }
    }

    /// <summary>Accepts the commit that has saved the draft, and the token that opens the session.</summary>
    public void AdoptSaved(SessionCommit commit, in SessionCommitResult result, SessionToken token)
    {
        lock (this)
        {
            var record = result.After ?? result.Before!;
            _extras?.Recognised = null;
            _state.Put(record, token, result.After is null ? commit : null);
            _use.See(commit.Touches && commit.Now > record.LastSeenAt ? commit.Now : record.LastSeenAt, Touches);
            Changes.Applied();
        }
    }

    /// <summary>Accepts a session with another user. Changes that another thread of the request made as the old user
    /// are refused when they are saved.</summary>
    public void Become(SessionRecord record, SessionToken token)
    {
        lock (this)
        {
            Put(record, token);
            Draft?.Lose();
        }
    }

    /// <summary>Replaces the stored session, and keeps the unsaved changes.</summary>
    public void Refresh(SessionRecord record)
    {
        lock (this)
        {
            Put(record, Token);
            Draft?.Rebase(record);
        }
    }

    /// <summary>Forgets the stored session.</summary>
    public void Forget()
    {
        lock (this)
        {
            _state.Forget();
            _extras?.Recognised = null;
        }
    }

    /// <summary>Forgets the stored session, because it has ended. Its changes are refused when they are
    /// saved.</summary>
    public void Lose(SessionEndReason reason)
    {
        lock (this)
        {
            _state.Lose(reason);
            _extras?.Recognised = null;
            Draft?.Lose();
        }
    }

    /// <summary>Whether a touch by this request is due.</summary>
    public bool IsTouchDue(DateTimeOffset now) => _use.IsDue(this, now);

    /// <summary>Marks the session as used by this request.</summary>
    public void MarkSeen(DateTimeOffset now)
    {
        lock (this)
        {
            _use.See(now, Touches);
        }
    }

    public void Recognise(SessionRecord record, Func<ValueTask> tellStale) => Extras.Recognise(record, tellStale);

    /// <summary>Adds an event to raise when no load or save runs.</summary>
    public void Tell(Func<ValueTask> raise) => Changes.Tell(raise);

    public ValueTask RaiseEventsAsync() => HasEvents ? services.Events.RaiseAsync(this) : ValueTask.CompletedTask;

    private void Put(SessionRecord record, SessionToken token)
    {
        _state.Put(record, token);
        _extras?.Recognised = null;
        _use.See(record.LastSeenAt, Touches);
    }
}
