using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Saves what a request has changed: ends, begins or changes the stored session, and says what cookie that needs.</summary>
internal static class SessionSaver
{
    /// <summary>Saves the draft. When it returns everything is saved; when the store fails, what is left to save is still pending; when
    /// it is refused, nothing is.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    /// <exception cref="SessionEndedException">The session ended, or changed its user, meanwhile.</exception>
    /// <exception cref="SessionLimitException">The user has too many sessions.</exception>
    public static ValueTask SaveAsync(RequestSession session, CancellationToken cancellationToken) =>
        session.Draft is { } draft ? SaveAsync(session, draft, cancellationToken) : ValueTask.CompletedTask;

    /// <summary>Moves 'last seen', if that is due and was not saved with a change. Nothing is lost when it fails: the session ends one
    /// interval earlier.</summary>
    public static ValueTask TouchAsync(RequestSession session) =>
        session.TakeTouch() is { } record ? TouchAsync(session, record) : ValueTask.CompletedTask;

    /// <summary>The record as it would be if the draft were saved now.</summary>
    public static SessionRecord Preview(RequestSession session, SessionDraft draft) =>
        draft.Stored is { } stored
            ? CommitRules.Apply(stored, Describe(session, draft, stored, secret: null), secretChanged: false)
            : CommitRules.Create(Describe(session, draft, null, new SessionSecretChange(default, default, Required: false)));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask SaveAsync(RequestSession session, SessionDraft draft, CancellationToken cancellationToken)
    {
        session.IsSaving = true;
        try
        {
            if (draft.Ends && session.Record is { } ended)
            {
                await session.Pipeline.Ending.EndAsync(ended, SessionEndReason.SignedOut, session.Context, cancellationToken: cancellationToken);
                session.Forget();
                session.Response.ExpireCookie();
            }

            if (session.Record is { } stored)
            {
                await UpdateAsync(session, draft, stored, cancellationToken);
            }
            else if (draft.BeginsSession)
            {
                await CreateAsync(session, draft, cancellationToken);
            }

            session.Draft = null;
        }
        catch (SessionEndedException)
        {
            session.Draft = null;
            throw;
        }
        catch (SessionLimitException)
        {
            // The sign-in is refused; a sign-out before it is not.
            session.Pipeline.Logger.SessionLimitReached(session.CurrentId());
            session.Draft = session.Draft?.EndingsOnly(session.Pipeline.Options.ClearSessionScope);
            throw;
        }
        catch (SessionStoreException exception)
        {
            var id = session.Draft is { Ends: true } && session.Record is { } living ? living.Id : session.CurrentId();
            session.Pipeline.Logger.StoreFailed("commit", id, exception.Message);
            session.Draft?.Doubt();
            throw;
        }
        catch (OperationCanceledException)
        {
            session.Draft?.Doubt();
            throw;
        }
        finally
        {
            session.IsSaving = false;
        }
    }

    private static async ValueTask TouchAsync(RequestSession session, SessionRecord record)
    {
        var pipeline = session.Pipeline;
        try
        {
            await pipeline.Store.TouchAsync(record.Id, new SessionTouch(record.SecretHash, pipeline.Now, Allowed: true));
        }
        catch (SessionStoreException exception)
        {
            pipeline.Logger.StoreFailed("touch", record.Id, exception.Message);
        }
    }

    private static async ValueTask CreateAsync(RequestSession session, SessionDraft draft, CancellationToken cancellationToken)
    {
        var pipeline = session.Pipeline;
        if (!pipeline.Cookie.IsEssential && session.Context.Features.Get<ITrackingConsentFeature>() is { CanTrack: false })
        {
            pipeline.Logger.ConsentMissing();
            return;
        }

        var token = draft.NewToken ??= SessionToken.NewFor(session.CurrentId());
        await AdmitAsync(session, draft, token.Id, cancellationToken);
        var commit = Describe(session, draft, null, new SessionSecretChange(token.HashSecret(), default, Required: true));
        var result = await pipeline.Store.CommitAsync(commit, cancellationToken);
        if (result.Outcome != SessionCommitOutcome.Committed)
        {
            throw Refused(session, commit.Id, result.Outcome);
        }

        var record = CommitRules.Create(commit);
        session.Adopt(record, token);
        session.Response.IssueCookie(token);
        pipeline.Logger.SessionCreated(commit.Id);
        await pipeline.Events.CreatedAsync(record, session.Context);
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
            secret = new SessionSecretChange(draft.NewToken.Value.HashSecret(), stored.SecretHash, Required: draft.SignsIn || draft.SignsOut);
        }

        await AdmitAsync(session, draft, stored.Id, cancellationToken);
        var commit = Describe(session, draft, stored, secret);
        var result = await session.Pipeline.Store.CommitAsync(commit, cancellationToken);
        switch (result.Outcome)
        {
            case SessionCommitOutcome.Committed:
                session.Adopt(commit, result.SecretChanged, result.SecretChanged ? draft.NewToken!.Value : session.Token);
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

    // Noted before it is saved, so that there is no moment in which a signed-in session is not.
    private static ValueTask AdmitAsync(RequestSession session, SessionDraft draft, Guid id, CancellationToken cancellationToken) =>
        draft.Identity is { UserId: { } userId, AuthenticatedAt: { } at }
            ? session.Pipeline.Admission.AdmitAsync(userId, id, at, session.Context, cancellationToken)
            : ValueTask.CompletedTask;

    private static ValueTask CommittedAsync(RequestSession session, SessionDraft draft, SessionRecord before, bool secretChanged)
    {
        if (secretChanged)
        {
            session.Response.IssueCookie(session.Token);
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
        if (before is not null && !string.Equals(before.UserId, record.UserId, StringComparison.Ordinal))
        {
            await pipeline.Ending.DismissAsync(before.UserId, before, CancellationToken.None);
        }

        if (draft.SignsIn)
        {
            pipeline.Logger.SignedIn(record.Id);
            await pipeline.Events.SignedInAsync(record, session.Context);
            return;
        }

        if (draft.SignsOut)
        {
            pipeline.Logger.SignedOut(record.Id);
        }

        if (secretChanged)
        {
            await pipeline.Events.TokenRotatedAsync(record, session.Context);
        }
    }

    /// <summary>A sign-in that lost the race against another (a double-clicked button) does not fail: it gets a session of its own.
    /// What the request saw goes with it only when it was nobody else's and the session it came from still lives.</summary>
    private static async ValueTask BeginInsteadAsync(
        RequestSession session, SessionDraft draft, SessionRecord stored, SessionCommitOutcome outcome, CancellationToken cancellationToken)
    {
        session.Pipeline.Logger.SignInBeganFreshSession(stored.Id);
        if (draft.SignsOut)
        {
            await SignOutAnywayAsync(session, stored, outcome, cancellationToken);
        }

        if (draft.UserId is { } userId
            && await session.Pipeline.Admission.FindAsync(userId, stored.Id, session.Pipeline.Now, cancellationToken) is null)
        {
            await session.Pipeline.Store.DismissAsync(userId, new SessionMember(stored.Id, draft.Identity!.AuthenticatedAt!.Value), cancellationToken);
        }

        var carries = outcome == SessionCommitOutcome.Moved && (stored.OwnerId is null || string.Equals(stored.OwnerId, draft.UserId, StringComparison.Ordinal));
        var fresh = draft.ForFreshSession(carries);
        session.Forget();
        session.Draft = fresh;
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
            if (stored.UserId is not { } userId || await pipeline.Admission.FindAsync(userId, stored.Id, now, cancellationToken) is not { } current)
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
                DropsValues = pipeline.Options.ClearSessionScope == ClearSessionScope.Everything,
            };
            outcome = (await pipeline.Store.CommitAsync(commit, cancellationToken)).Outcome;
        }

        pipeline.Logger.SignedOutAlready(stored.Id);
    }

    private static SessionCommit Describe(RequestSession session, SessionDraft draft, SessionRecord? stored, SessionSecretChange? secret) => new()
    {
        Id = stored?.Id ?? session.CurrentId(),
        Now = session.Pipeline.Now,
        Creates = stored is null,
        Generation = stored?.Generation ?? 0,
        Touches = session.Touches,
        Identity = draft.Identity,
        Secret = secret,
        Client = ClientNote.Of(session, draft, stored),
        DropsValues = draft.DropsValues,
        Values = draft.Values,
        Base = stored,
    };

    private static SessionEndedException Refused(RequestSession session, Guid id, SessionCommitOutcome outcome)
    {
        session.Pipeline.Logger.CommitRefused(id, outcome);
        return new SessionEndedException(outcome == SessionCommitOutcome.Moved
            ? "The session's user changed while the request was running, so its changes were not saved."
            : "The session ended while the request was running, so its changes were not saved.");
    }
}
