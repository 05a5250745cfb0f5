using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Saves what a request has changed: ends, begins or changes the stored session, and says what cookie that needs.</summary>
internal static class SessionSaver
{
    /// <summary>Saves what is changed by now. When it returns everything is saved; when the store fails, what is left to save is still
    /// pending; when it is refused, nothing is. Another save of the request that runs is waited for, and what it left is saved.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    /// <exception cref="SessionEndedException">The session ended, or changed its user, meanwhile.</exception>
    /// <exception cref="SessionLimitException">The user has too many sessions.</exception>
    public static ValueTask SaveAsync(RequestSession session, CancellationToken cancellationToken) =>
        session.HasChanges ? SaveAsync(session, session.Changes, cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Moves 'last seen', if that was due at the load and was not saved with a change.</summary>
    public static ValueTask TouchBeforeResponseAsync(RequestSession session) =>
        session is { WasTouchDue: true, Touches: true, Record: { } record } ? TouchAsync(session, record, session.Pipeline.Now) : ValueTask.CompletedTask;

    /// <summary>Moves 'last seen', if that is due when the request ends.</summary>
    public static ValueTask TouchAtEndAsync(RequestSession session)
    {
        var now = session.Pipeline.Now;
        if (session.HasTouchedAtEnd || !session.IsTouchDue(now) || !SessionResponse.EndIsUse(session.Context))
        {
            return ValueTask.CompletedTask;
        }

        session.HasTouchedAtEnd = true;
        return TouchAsync(session, session.Record!, now);
    }

    /// <summary>Moves 'last seen' for a handler that says that it uses the session, if that is due.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    public static ValueTask TouchForHandlerAsync(RequestSession session, CancellationToken cancellationToken) =>
        session.Pipeline.Now is var now && session.IsTouchDue(now)
            ? TouchAsync(session, session.Record!, now, fails: true, cancellationToken)
            : ValueTask.CompletedTask;

    /// <summary>Shows the request what is stored by now, or that it has ended.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    public static async ValueTask ReloadAsync(RequestSession session, CancellationToken cancellationToken)
    {
        await EnterAsync(session.Changes, cancellationToken);
        Exception? failure = null;
        try
        {
            if (session.Record is { } record)
            {
                await session.Pipeline.Loader.ReloadAsync(session, record, cancellationToken);
            }
        }
        catch (Exception exception)
        {
            failure = CaughtFailure.Noted(session.Context, exception);
            throw;
        }
        finally
        {
            session.Changes.EndTurn(failure);
        }
    }

    /// <summary>Waits for the turn to do something in the store that is not a save of the draft.</summary>
    /// <exception cref="SessionStoreException">The one in front found the store hanging.</exception>
    public static async ValueTask EnterAsync(SessionChanges changes, CancellationToken cancellationToken)
    {
        while (!changes.TryEnter(out var turnEnded))
        {
            ThrowIfHanging(await turnEnded!.WaitAsync(cancellationToken));
        }
    }

    /// <summary>The record as it would be if the draft were saved now.</summary>
    public static SessionRecord Preview(RequestSession session, SessionDraft draft) =>
        draft.Stored is { } stored
            ? CommitRules.Apply(stored, Describe(session, draft, stored, secret: null), secretChanged: false)
            : CommitRules.Create(Describe(session, draft, null, new SessionSecretChange(default, default, Required: false)));

    /// <summary>Whether the cookie must not be sent, because the user has not consented to it, or does not any more.</summary>
    public static bool IsConsentMissing(RequestSession session) =>
        !session.Pipeline.Cookie.IsEssential && session.Context.Features.Get<ITrackingConsentFeature>() is { CanTrack: false };

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask SaveAsync(RequestSession session, SessionChanges changes, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!changes.TryBeginSave(out var draft, out var turnEnded))
            {
                ThrowIfShared(await turnEnded!.WaitAsync(cancellationToken));
                continue;
            }

            if (draft is null)
            {
                return;
            }

            try
            {
                await SaveAsync(session, draft, cancellationToken);
                changes.EndSave();
            }
            catch (Exception exception) when (CaughtFailure.Note(session.Context, exception))
            {
                throw;
            }
            catch (SessionEndedException exception)
            {
                changes.EndSave(exception);
                await session.RaiseEventsAsync();
                throw;
            }
            catch (SessionLimitException exception)
            {
                // The sign-in is refused; a sign-out before it is not.
                session.Pipeline.Logger.SessionLimitReached(session.CurrentId());
                changes.EndSave(exception, changes.Draft?.EndingsOnly(session.Pipeline.Options.ClearSessionScope));
                await session.RaiseEventsAsync();
                throw;
            }
            catch (Exception exception)
            {
                if (exception is SessionStoreException)
                {
                    var id = draft.Ends && session.Record is { } living ? living.Id : session.CurrentId();
                    session.Pipeline.Logger.StoreFailed("commit", id, exception.Message);
                }

                changes.FailSave(exception);
                await session.RaiseEventsAsync();
                throw;
            }

            // Not within the turn: a handler may save.
            await session.RaiseEventsAsync();
        }
    }

    private static ValueTask SaveAsync(RequestSession session, SessionDraft draft, CancellationToken cancellationToken) =>
        !draft.Ends && StoredOf(session, draft) is { } stored && !IsConsentMissing(session)
            ? UpdateAsync(session, draft, stored, cancellationToken)
            : SaveOtherAsync(session, draft, cancellationToken);

    private static async ValueTask SaveOtherAsync(RequestSession session, SessionDraft draft, CancellationToken cancellationToken)
    {
        if (IsConsentMissing(session))
        {
            session.Pipeline.Logger.ConsentMissing();
            if (draft.EndingsOnly(session.Pipeline.Options.ClearSessionScope) is not { } endings)
            {
                return;
            }

            session.Changes.Replace(draft = endings);
        }

        var stored = StoredOf(session, draft);
        if (draft.Ends && stored is { } ended)
        {
            await session.Pipeline.Ending.EndAsync(ended, SessionEndReason.SignedOut, session.Context, session, cancellationToken: cancellationToken);
            session.Forget();
            session.Response.ExpireCookie();
            session.Response.ClearSite();
            stored = null;
        }

        if (stored is not null)
        {
            await UpdateAsync(session, draft, stored, cancellationToken);
        }
        else if (draft.IsLost)
        {
            await SaveLostAsync(session, draft, cancellationToken);
        }
        else if (draft is { BeginsSession: true, SignsIn: false } && CrossSite.ForbidsSession(session))
        {
            session.Pipeline.Logger.CrossSiteSessionRefused();
        }
        else if (draft.BeginsSession)
        {
            await CreateAsync(session, draft, cancellationToken);
        }
    }

    // The one that was recognised is the request's once it is saved there. What was changed on one that was lost since is not saved to another.
    private static SessionRecord? StoredOf(RequestSession session, SessionDraft draft) =>
        draft.IsLost ? null : session.Record ?? draft.Recognised;

    private static ValueTask SaveLostAsync(RequestSession session, SessionDraft draft, CancellationToken cancellationToken)
    {
        if (draft.SignsIn)
        {
            session.Pipeline.Logger.SignInBeganFreshSession(session.Token.Id);
            return BeginFreshAsync(session, draft, carries: false, cancellationToken);
        }

        if (!draft.SignsOut)
        {
            throw Refused(session, session.Token.Id, SessionCommitOutcome.Gone);
        }

        session.Response.ClearSite();
        return ValueTask.CompletedTask;
    }

    // Nothing is lost when it fails: the session ends one interval earlier.
    private static async ValueTask TouchAsync(
        RequestSession session, SessionRecord record, DateTimeOffset now, bool fails = false, CancellationToken cancellationToken = default)
    {
        var pipeline = session.Pipeline;
        try
        {
            await pipeline.Store.TouchAsync(record.Id, new RecordTouch(record.SecretHash, now, Allowed: true), cancellationToken);
        }
        catch (SessionStoreException exception)
        {
            pipeline.Logger.StoreFailed("touch", record.Id, exception.Message);
            if (fails)
            {
                CaughtFailure.Note(session.Context, exception);
                throw;
            }
        }

        session.Saw(now);
    }

    // Those who waited had changed the session too, before or after: what was refused was theirs as well.
    private static void ThrowIfShared(Exception? failure)
    {
        if (failure is SessionEndedException or SessionLimitException)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        ThrowIfHanging(failure);
    }

    private static void ThrowIfHanging(Exception? failure)
    {
        if (failure is SessionStoreException { IsTimeout: true })
        {
            throw new SessionStoreException("The session store did not answer an earlier call of this request in time.") { IsTimeout = true };
        }
    }

    private static async ValueTask CreateAsync(RequestSession session, SessionDraft draft, CancellationToken cancellationToken)
    {
        var pipeline = session.Pipeline;
        var token = draft.NewToken ??= SessionToken.NewFor(session.CurrentId());
        await AdmitAsync(session, draft, token.Id, cancellationToken);
        var commit = Describe(session, draft, null, new SessionSecretChange(token.HashSecret(), default, Required: true));
        var result = await pipeline.Store.CommitAsync(commit, cancellationToken);
        if (result.Outcome != SessionCommitOutcome.Committed)
        {
            throw Refused(session, commit.Id, result.Outcome);
        }

        var record = CommitRules.Create(commit);
        session.AdoptSaved(record, token);
        session.Response.IssueCookie(token);
        pipeline.Logger.SessionCreated(commit.Id);
        session.Tell(() => pipeline.Events.CreatedAsync(record, session.Context));
        await AnnounceAsync(session, draft, before: null, secretChanged: false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask UpdateAsync(RequestSession session, SessionDraft draft, SessionRecord stored, CancellationToken cancellationToken)
    {
        if (draft.IsEmpty)
        {
            return;
        }

        SessionSecretChange? secret = null;
        if (draft.Rotates)
        {
            // Only the secret it was decided on is replaced: whoever holds a dead one gets no living one by a slow request.
            draft.NewToken ??= SessionToken.NewFor(stored.Id);
            secret = new SessionSecretChange(draft.NewToken.Value.HashSecret(), stored.SecretHash, Required: draft.SignsIn || draft.SignsOut || draft.EndsImpersonation)
            {
                // And only where there is no next one yet: that is another click's.
                Kind = draft.SharesSession ? SessionSecretChangeKind.Issue : SessionSecretChangeKind.Replace,
            };
        }

        await AdmitAsync(session, draft, stored.Id, cancellationToken);
        var commit = Describe(session, draft, stored, secret);
        var result = await session.Pipeline.Store.CommitAsync(commit, cancellationToken);
        switch (result.Outcome)
        {
            case SessionCommitOutcome.Committed:
                Adopt(session, draft, commit, stored, result.SecretChanged);
                await CommittedAsync(session, draft, stored, result.SecretChanged);
                break;
            case var outcome when draft.SignsIn:
                await BeginInsteadAsync(session, draft, stored, outcome, cancellationToken);
                break;
            case var outcome when draft.SignsOut:
                await SignOutAnywayAsync(session, stored, outcome, cancellationToken);
                session.Forget();
                break;
            case var outcome:
                throw Refused(session, stored.Id, outcome);
        }
    }

    private static void Adopt(RequestSession session, SessionDraft draft, SessionCommit commit, SessionRecord stored, bool secretChanged)
    {
        var token = secretChanged ? draft.NewToken!.Value : session.Token;
        if (draft.Recognised is null)
        {
            session.AdoptSaved(commit, secretChanged, token);
        }
        else
        {
            session.AdoptSaved(CommitRules.Apply(stored, commit, secretChanged), token);
        }
    }

    // Noted before it is saved, so that there is no moment in which a signed-in session is not.
    private static ValueTask AdmitAsync(RequestSession session, SessionDraft draft, Guid id, CancellationToken cancellationToken) =>
        draft is { EndsImpersonation: true, Identity: { UserId: { } actor, AuthenticatedAt: { } since } }
            // That place was taken all the time.
            ? NoteAsync(session, actor, new SessionMember(id, since), cancellationToken)
            : draft.Identity is { UserId: { } userId, AuthenticatedAt: { } at }
            ? session.Pipeline.Admission.AdmitAsync(userId, id, at, session, cancellationToken)
            : ValueTask.CompletedTask;

    private static async ValueTask NoteAsync(RequestSession session, string userId, SessionMember member, CancellationToken cancellationToken) =>
        await session.Pipeline.Store.AdmitAsync(userId, member, limit: null, cancellationToken);

    private static ValueTask CommittedAsync(RequestSession session, SessionDraft draft, SessionRecord before, bool secretChanged)
    {
        if (secretChanged)
        {
            if (!IsConsentMissing(session))
            {
                session.Response.IssueCookie(session.Token);
            }

            session.Pipeline.Logger.TokenRotated(before.Id);
        }
        else if (draft.Rotates)
        {
            session.Pipeline.Logger.RotationLost(before.Id);
        }

        return draft.Identity is null && !secretChanged ? ValueTask.CompletedTask : AnnounceAsync(session, draft, before, secretChanged);
    }

    private static async ValueTask AnnounceAsync(RequestSession session, SessionDraft draft, SessionRecord? before, bool secretChanged)
    {
        var pipeline = session.Pipeline;
        var record = session.Record!;
        if (before is not null && !string.Equals(SessionNotes.OfUser(before), SessionNotes.OfUser(record), StringComparison.Ordinal))
        {
            await pipeline.Ending.DismissAsync(before, CancellationToken.None, except: record);
            if (before.UserId is not null)
            {
                // Also where another user signed in instead.
                session.Response.ClearSite();
            }
        }

        if (before is { IsActing: true } && !record.IsActing)
        {
            pipeline.Logger.ImpersonationEnded(record.Id);
        }

        if (draft.SignsIn)
        {
            pipeline.Logger.SignedIn(record.Id);
            if (draft.SharesSession)
            {
                pipeline.Logger.SignInWentOn(record.Id);
            }

            session.Tell(() => pipeline.Events.SignedInAsync(record, session.Context));
            return;
        }

        if (draft.SignsOut)
        {
            pipeline.Logger.SignedOut(record.Id);
        }

        if (secretChanged)
        {
            session.Tell(() => pipeline.Events.TokenRotatedAsync(record, session.Context));
        }
    }

    /// <summary>A sign-in that lost the race against another does not fail. If that was the same user's (a double-clicked button), it goes on in the
    /// session of that one; else it gets a session of its own. What the request saw goes with it only when it was nobody else's and the session
    /// it came from still lives.</summary>
    private static async ValueTask BeginInsteadAsync(
        RequestSession session, SessionDraft draft, SessionRecord stored, SessionCommitOutcome outcome, CancellationToken cancellationToken)
    {
        if (outcome == SessionCommitOutcome.Moved && await FindSharedAsync(session, draft, stored, cancellationToken) is { } shared)
        {
            draft = draft.GoingOnIn(shared);
            session.Forget();
            session.Changes.Replace(draft);
            await UpdateAsync(session, draft, shared, cancellationToken);
            return;
        }

        session.Pipeline.Logger.SignInBeganFreshSession(stored.Id);
        if (draft.SignsOut)
        {
            await SignOutAnywayAsync(session, stored, outcome, cancellationToken);
        }

        if (draft.UserId is { } userId
            && await session.Pipeline.Admission.FindAsync(userId, stored.Id, session.Pipeline.Now, session, cancellationToken) is null)
        {
            await session.Pipeline.Store.DismissAsync(userId, new SessionMember(stored.Id, draft.Identity!.AuthenticatedAt!.Value), cancellationToken);
        }

        var carries = outcome == SessionCommitOutcome.Moved && (stored.OwnerId is null || string.Equals(stored.OwnerId, draft.UserId, StringComparison.Ordinal));
        await BeginFreshAsync(session, draft, carries, cancellationToken);
    }

    // Once: one that was refused there gets a session of its own.
    private static async ValueTask<SessionRecord?> FindSharedAsync(
        RequestSession session, SessionDraft draft, SessionRecord stored, CancellationToken cancellationToken)
    {
        var now = session.Pipeline.Now;
        return draft is { Recognised: null, SignsOut: false, UserId: { } userId }
            && await session.Pipeline.Admission.FindAsync(userId, stored.Id, now, session, cancellationToken) is { } current
            && current.WasReplacedBySignIn(stored.SecretHash, now)
            && SignInDetails.Read(draft.Principal) is { } details
            && session.Pipeline.Schemes.AreOfOne(SignInDetails.Read(current.Principal), details)
                ? current
                : null;
    }

    private static async ValueTask BeginFreshAsync(RequestSession session, SessionDraft draft, bool carries, CancellationToken cancellationToken)
    {
        var fresh = draft.ForFreshSession(carries);
        session.Forget();
        session.Changes.Replace(fresh);
        await CreateAsync(session, fresh, cancellationToken);
    }

    /// <summary>A sign-out is never refused: it finds the user signed out already, or signs them out now. This request's token is
    /// dead, so the secret that the session gets is given to nobody, and values changed with it are not saved.</summary>
    private static async ValueTask SignOutAnywayAsync(
        RequestSession session, SessionRecord stored, SessionCommitOutcome outcome, CancellationToken cancellationToken)
    {
        var pipeline = session.Pipeline;
        while (outcome == SessionCommitOutcome.Moved)
        {
            var now = pipeline.Now;
            // Who acts as another one is signed out too, also where that has ended meanwhile.
            if (stored.UserId is not { } userId
                || await pipeline.Admission.FindAsync(stored.ActorId ?? userId, stored.Id, now, session, cancellationToken) is not { } current)
            {
                break;
            }

            var commit = new SessionCommit
            {
                Id = stored.Id,
                Now = now,
                Generation = current.Generation,
                Identity = new SessionIdentity(null, userId, null, null, MovesGeneration: true),
                Secret = new SessionSecretChange(SessionToken.NewFor(stored.Id).HashSecret(), default, Required: false),
                DropsValues = pipeline.Options.ClearSessionScope == ClearSessionScope.Everything || current.IsActing || stored.IsActing,
            };
            outcome = (await pipeline.Store.CommitAsync(commit, cancellationToken)).Outcome;
        }

        if (outcome == SessionCommitOutcome.Gone)
        {
            // Ended already; unless a newer version of this library has rewritten it, which alone could change its user. This one can end it.
            await pipeline.Ending.EndAsync(stored, SessionEndReason.SignedOut, session.Context, session, cancellationToken: cancellationToken);
        }

        session.Response.ClearSite();
        pipeline.Logger.SignedOutAlready(stored.Id);
    }

    private static SessionCommit Describe(RequestSession session, SessionDraft draft, SessionRecord? stored, SessionSecretChange? secret) => new()
    {
        Id = stored?.Id ?? session.CurrentId(),
        Now = session.Pipeline.Now,
        Creates = stored is null,
        Generation = stored?.Generation ?? 0,
        Touches = draft.SignsIn || session.Touches,
        Identity = draft.Identity,
        Secret = secret,
        Client = ClientNote.Of(session, draft, stored),
        DropsValues = draft.DropsValues,
        Values = draft.Values,
        Base = stored,
    };

    /// <summary>A commit was refused.</summary>
    public static SessionEndedException Refused(RequestSession session, Guid id, SessionCommitOutcome outcome)
    {
        session.Pipeline.Logger.CommitRefused(id, outcome);
        return new SessionEndedException(outcome == SessionCommitOutcome.Moved
            ? "The session's user changed while the request was running, so its changes were not saved."
            : "The session ended while the request was running, so its changes were not saved.");
    }
}
