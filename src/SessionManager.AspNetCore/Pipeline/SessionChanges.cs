namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// What a request has changed and not saved yet, and whose turn it is to save. Saves of one request wait for one another. A change that is
/// made while a save runs is made to a copy and made again on what the save leaves, so that it is neither lost nor saved twice.
/// </summary>
/// <param name="session">The session, whose lock guards everything here.</param>
internal sealed class SessionChanges(RequestSession session)
{
    private SessionDraft? _saving;
    private List<(Action<SessionDraft> Change, bool Ends)>? _meanwhile;
    private SessionEventKinds _causes;
    private bool _isTaken;
    private TaskCompletionSource<Exception?>? _turnEnded;

    /// <summary>All that is not saved yet, as the request sees it.</summary>
    public SessionDraft? Draft { get; private set; }

    /// <summary>What the application is to be told.</summary>
    public PendingEvents? Events { get; private set; }

    /// <summary>Whether there is nothing to save and nobody saves.</summary>
    public bool IsIdle => Draft is null && !_isTaken;

    /// <summary>Whether a save of a new token failed, so that nothing can be added until it has been tried again.</summary>
    public bool IsInDoubt => !_isTaken && _saving is { IsInDoubt: true };

    /// <summary>The events whose handlers have made changes, since it was last asked for. What those bring about must not call them again.</summary>
    public SessionEventKinds TakeCauses()
    {
        lock (session)
        {
            var causes = _causes;
            _causes = SessionEventKinds.None;
            return causes;
        }
    }

    /// <summary>The application is to be told of something.</summary>
    public void Tell(Func<ValueTask> raise)
    {
        lock (session)
        {
            (Events ??= new PendingEvents()).Add(raise);
        }
    }

    /// <summary>What the request sees, to be changed.</summary>
    public SessionDraft Begin()
    {
        _causes |= session.Pipeline.Events.Handled;
        return Draft ??= new SessionDraft(session.Record);
    }

    /// <summary>Makes a change.</summary>
    /// <param name="state">What the change works with.</param>
    /// <param name="change">The change.</param>
    /// <param name="ends">Whether it is an end or a sign-out, which stays when changes are dropped.</param>
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

    /// <summary>Takes the turn for something that is not a save of the draft.</summary>
    /// <param name="turnEnded">When another one's turn ends, and with what failure.</param>
    /// <returns>Whether the turn was free.</returns>
    public bool TryEnter(out Task<Exception?>? turnEnded)
    {
        lock (session)
        {
            turnEnded = _isTaken ? TurnEnded() : null;
            return !_isTaken && (_isTaken = true);
        }
    }

    /// <summary>Takes the turn for a save.</summary>
    /// <param name="draft">What to save; <see langword="null"/> when that is nothing, and then the turn is not taken.</param>
    /// <param name="turnEnded">When another one's turn ends, and with what failure.</param>
    /// <returns>Whether the turn was free.</returns>
    public bool TryBeginSave(out SessionDraft? draft, out Task<Exception?>? turnEnded)
    {
        lock (session)
        {
            // One that failed in doubt goes first, and as it was.
            draft = _isTaken ? null : _saving ??= Draft;
            turnEnded = _isTaken ? TurnEnded() : null;
            _isTaken |= draft is not null;
            return turnEnded is null;
        }
    }

    /// <summary>What is being saved became something else on the way: a sign-in that lost its session begins a fresh one.</summary>
    public void Replace(SessionDraft draft)
    {
        lock (session)
        {
            _saving = draft;
            Draft = _meanwhile is null ? draft : Redo(draft.Clone());
        }
    }

    /// <summary>The store has what is being saved. From here on the request sees it as stored; the turn goes on.</summary>
    public void Applied()
    {
        lock (session)
        {
            Draft = _meanwhile is not null && Redo(new SessionDraft(session.Record)) is { IsEmpty: false } rest ? rest : null;
            (_saving, _meanwhile) = (null, null);
        }
    }

    /// <summary>Ends the turn of a save that has saved everything, or was refused.</summary>
    /// <param name="failure">Why it was refused; <see langword="null"/>: everything is saved.</param>
    /// <param name="left">What of it is still to be saved.</param>
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

    /// <summary>Ends the turn of a save that failed, so that all of it is still to be saved.</summary>
    public void FailSave(Exception failure)
    {
        lock (session)
        {
            _saving?.Doubt();
            if (_saving is { IsInDoubt: false })
            {
                // What came meanwhile is part of it from now on. In doubt the same is saved once more, and then that.
                (_saving, _meanwhile) = (null, null);
            }

            Leave(failure);
        }
    }

    /// <summary>Ends the turn of something that was not a save.</summary>
    public void EndTurn(Exception? failure)
    {
        lock (session)
        {
            Leave(failure);
        }
    }

    /// <summary>Drops what is not being saved at this moment, but for an end or a sign-out.</summary>
    /// <param name="keepsEndings">Whether those are kept.</param>
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
                // The store may have begun a session under this id, which nobody can open. The next one gets its own.
                session.ForgetFreshToken();
            }

            _meanwhile = null;
            Draft = keepsEndings ? Draft?.EndingsOnly(session.Pipeline.Options.ClearSessionScope) : null;
            _saving = null;
        }
    }

    // What is being saved goes on; of what came meanwhile the endings stay.
    private void DiscardMeanwhile(SessionDraft saving, bool keepsEndings)
    {
        _meanwhile?.RemoveAll(made => !(keepsEndings && made.Ends));
        if (_meanwhile is not { Count: > 0 })
        {
            _meanwhile = null;
        }

        Draft = _meanwhile is null ? saving : Redo(saving.Clone());
    }

    // By itself: what it captures would be allocated for each change.
    private void Repeat<TState, TResult>(TState state, Func<SessionDraft, TState, TResult> change, bool ends) =>
        (_meanwhile ??= []).Add((draft => change(draft, state), ends));

    private SessionDraft Redo(SessionDraft draft)
    {
        foreach (var (change, _) in _meanwhile ?? [])
        {
            change(draft);
        }

        return draft;
    }

    private Task<Exception?> TurnEnded() => (_turnEnded ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Leave(Exception? failure)
    {
        _isTaken = false;
        _turnEnded?.SetResult(failure);
        _turnEnded = null;
    }
}
