namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The unsaved changes of a request, and the turn to save them. Saves of one request wait for each other. A change
/// during a save is made to a copy of the draft, and made again on the record that the save leaves. The change is
/// therefore neither lost nor saved twice.
/// </summary>
/// <param name="session">The session, whose lock guards all members.</param>
internal sealed class SessionChanges(RequestSession session)
{
    private SessionDraft? _saving;
    private List<(Action<SessionDraft> Change, bool Ends)>? _meanwhile;
    private SessionEventKinds _causes;
    private bool _isTaken;
    private TaskCompletionSource<Exception?>? _turnEnded;

    /// <summary>All unsaved changes.</summary>
    public SessionDraft? Draft { get; private set; }

    /// <summary>The events that are still to be raised.</summary>
    public PendingEvents? Events { get; private set; }

    /// <summary>Whether there is nothing to save and no save runs.</summary>
    public bool IsIdle => Draft is null && !_isTaken;

    /// <summary>Whether a save of a new token failed. No change can be added until that save has been tried
    /// again.</summary>
    public bool IsInDoubt => !_isTaken && _saving is { IsInDoubt: true };

    /// <summary>Returns the events whose handlers have made changes since the last call, and forgets these events. The
    /// events that a save of these changes raises must not call the same handlers again.</summary>
    public SessionEventKinds TakeCauses()
    {
        lock (session)
        {
            var causes = _causes;
            _causes = SessionEventKinds.None;
            return causes;
        }
    }

    /// <summary>Adds an event to raise later.</summary>
    public void Tell(Func<ValueTask> raise)
    {
        lock (session)
        {
            (Events ??= new PendingEvents()).Add(raise);
        }
    }

    /// <summary>Returns the draft to change.</summary>
    public SessionDraft Begin()
    {
        _causes |= session.Services.Events.Handled;
        return Draft ??= new SessionDraft(session.Record);
    }

    /// <summary>Makes a change.</summary>
    /// <param name="state">The state that the change gets.</param>
    /// <param name="change">The change.</param>
    /// <param name="ends">Whether the change is an end or a sign-out, which a discard keeps.</param>
    public TResult Change<TState, TResult>(TState state, Func<SessionDraft, TState, TResult> change, bool ends = false)
    {
        var seen = Begin();
        if (_saving is null)
        {
            return change(seen, state);
        }

        if (ReferenceEquals(seen, _saving))
        {
            Draft = seen = _saving.Clone();
        }

        var result = change(seen, state);
        Repeat(state, change, ends);
        return result;
    }

    /// <summary>Takes the turn for a call that does not save the draft.</summary>
    /// <param name="turnEnded">A task that ends with the current turn, and has its failure; <see langword="null"/> when
    /// the turn was free.</param>
    /// <returns>Whether the turn was free.</returns>
    private bool TryEnter(out Task<Exception?>? turnEnded)
    {
        lock (session)
        {
            turnEnded = _isTaken ? TurnEnded() : null;
            return !_isTaken && (_isTaken = true);
        }
    }

    /// <summary>Waits for the turn for a call that does not save the draft.</summary>
    /// <exception cref="SessionStoreException">An earlier save found that the store hangs.</exception>
    public async ValueTask EnterAsync(CancellationToken cancellationToken)
    {
        while (!TryEnter(out var turnEnded))
        {
            SessionErrors.ThrowIfHanging(await turnEnded!.WaitAsync(cancellationToken));
        }
    }

    /// <summary>Takes the turn for a save.</summary>
    /// <param name="draft">The draft to save; <see langword="null"/> when there is nothing to save. Then the turn is
    /// not taken.</param>
    /// <param name="turnEnded">A task that ends with the current turn, and has its failure; <see langword="null"/> when
    /// the turn was free.</param>
    /// <returns>Whether the turn was free.</returns>
    public bool TryBeginSave(out SessionDraft? draft, out Task<Exception?>? turnEnded)
    {
        lock (session)
        {
            // A draft in doubt is saved first, without any addition.
            draft = _isTaken ? null : _saving ??= Draft;
            turnEnded = _isTaken ? TurnEnded() : null;
            _isTaken |= draft is not null;
            return turnEnded is null;
        }
    }

    /// <summary>Replaces the draft that is being saved. A sign-in that lost its session begins another
    /// session.</summary>
    public void Replace(SessionDraft draft)
    {
        lock (session)
        {
            _saving = draft;
            Draft = _meanwhile is null ? draft : Redo(draft.Clone());
        }
    }

    /// <summary>The draft is stored, and the request now sees it as the stored session. The turn goes on.</summary>
    public void Applied()
    {
        lock (session)
        {
            var rest = _meanwhile is null ? null : Redo(new SessionDraft(session.Record));
            Draft = rest is { IsEmpty: false } ? rest : null;
            (_saving, _meanwhile) = (null, null);
        }
    }

    /// <summary>Ends the turn of a save that succeeded or was refused.</summary>
    /// <param name="failure">Why the save was refused; <see langword="null"/> when it succeeded.</param>
    /// <param name="left">The changes that are still to be saved.</param>
    public void EndSave(Exception? failure = null, SessionDraft? left = null)
    {
        lock (session)
        {
            if (_saving is not null)
            {
                var rest = _meanwhile is null ? left : Redo(left ?? new SessionDraft(session.Record));
                Draft = rest is { IsEmpty: false } ? rest : null;
                (_saving, _meanwhile) = (null, null);
            }

            Leave(failure);
        }
    }

    /// <summary>Ends the turn of a save that failed. All changes are still to be saved.</summary>
    public void FailSave(Exception failure)
    {
        lock (session)
        {
            _saving?.Doubt();
            if (_saving is { IsInDoubt: false })
            {
                // The later changes join the draft. A draft in doubt is saved again first, and the later changes
                // afterwards.
                (_saving, _meanwhile) = (null, null);
            }

            Leave(failure);
        }
    }

    /// <summary>Ends the turn of a call that did not save the draft.</summary>
    public void EndTurn(Exception? failure)
    {
        lock (session)
        {
            Leave(failure);
        }
    }

    /// <summary>Discards the changes that are not being saved at this moment.</summary>
    /// <param name="keepsEndings">Whether an end or a sign-out is kept.</param>
    public void Discard(bool keepsEndings)
    {
        lock (session)
        {
            if (_isTaken && _saving is not null)
            {
                DiscardMeanwhile(_saving, keepsEndings);
                return;
            }

            if (_saving is { IsInDoubt: true } && session.Record is null)
            {
                // The store may have begun a session under this id, which no token opens. The next session gets another
                // id.
                session.ForgetFreshToken();
            }

            _meanwhile = null;
            Draft = keepsEndings ? Draft?.EndingsOnly(session.Services.Options.ClearSessionScope) : null;
            _saving = null;
        }
    }

    // The save goes on. Only the endings among the later changes are kept.
    private void DiscardMeanwhile(SessionDraft saving, bool keepsEndings)
    {
        _meanwhile?.RemoveAll(made => !(keepsEndings && made.Ends));
        if (_meanwhile is not { Count: > 0 })
        {
            _meanwhile = null;
        }

        Draft = _meanwhile is null ? saving : Redo(saving.Clone());
    }

    // A method of its own, because the compiler would allocate the closure for each change.
    private void Repeat<TState, TResult>(TState state, Func<SessionDraft, TState, TResult> change, bool ends) =>
        (_meanwhile ??= []).Add((draft => change(draft, state), ends));

    private SessionDraft Redo(SessionDraft draft)
    {
        draft.Values.ChecksLimits = false;
        foreach (var (change, _) in _meanwhile ?? [])
        {
            change(draft);
        }

        draft.Values.ChecksLimits = true;
        return draft;
    }

    private Task<Exception?> TurnEnded() =>
        (_turnEnded ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Leave(Exception? failure)
    {
        _isTaken = false;
        _turnEnded?.SetResult(failure);
        _turnEnded = null;
    }
}
