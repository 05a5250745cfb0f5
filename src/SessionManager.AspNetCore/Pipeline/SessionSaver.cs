using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Saves the changes of a request. A save ends, begins or changes the stored session, and sets the
/// cookie.</summary>
internal sealed class SessionSaver(
    IOptions<SessionManagerOptions> options,
    SessionPointers pointers,
    SessionLimiter limiter,
    SessionEnding ending,
    SaveRecovery recovery,
    SaveReport report,
    DraftCommits commits,
    SessionCookie cookie,
    SessionCallbacks callbacks,
    OutageLog outages,
    ILogger<SessionSaver> logger)
{
    /// <summary>Saves all changes. If the store fails, the remaining changes stay pending. If the save is refused, no
    /// changes stay pending. A running save of the same request is waited for, and then the remaining changes are
    /// saved.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    /// <exception cref="SessionEndedException">The session ended, or changed its user, meanwhile.</exception>
    /// <exception cref="SessionLimitException">The user has too many sessions.</exception>
    public ValueTask SaveAsync(RequestSession session, CancellationToken cancellationToken) =>
        session.HasChanges ? SaveAsync(session, session.Changes, cancellationToken) : ValueTask.CompletedTask;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SaveAsync(
        RequestSession session, SessionChanges changes, CancellationToken cancellationToken)
    {
        do
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
            catch (Exception exception)
            {
                CaughtFailure.Note(session.Context, exception);
                EndFailedSave(session, changes, draft, exception);
                await session.RaiseEventsAsync();
                throw;
            }

            // The events are raised after the turn, because a handler may save.
            await session.RaiseEventsAsync();
        }
        while (session.HasChanges);
    }

    private void EndFailedSave(RequestSession session, SessionChanges changes, SessionDraft draft, Exception exception)
    {
        switch (exception)
        {
            case SessionEndedException:
                changes.EndSave(exception);
                break;
            case SessionLimitException:
                // Only the sign-in is refused. A sign-out before the sign-in is saved.
                logger.SessionLimitReached(session.CurrentId());
                changes.EndSave(exception, changes.Draft?.EndingsOnly(options.Value.ClearSessionScope));
                break;
            default:
                if (exception is SessionStoreException)
                {
                    var id = draft.Ends && session.Record is { } living ? living.Id : session.CurrentId();
                    outages.RequestFailed("commit", id, exception);
                }

                changes.FailSave(exception);
                break;
        }
    }

    private ValueTask SaveAsync(RequestSession session, SessionDraft draft, CancellationToken cancellationToken) =>
        draft is { Ends: false, Replaced: null }
        && StoredOf(session, draft) is { } stored
        && !cookie.IsConsentMissing(session.Context)
            ? UpdateAsync(session, draft, stored, cancellationToken)
            : SaveOtherAsync(session, draft, cancellationToken);

    private async ValueTask SaveOtherAsync(
        RequestSession session, SessionDraft draft, CancellationToken cancellationToken)
    {
        if (cookie.IsConsentMissing(session.Context))
        {
            logger.ConsentMissing();
            if (draft.EndingsOnly(options.Value.ClearSessionScope) is not { } endings)
            {
                return;
            }

            session.Changes.Replace(draft = endings);
        }

        if (draft.Replaced is { } replaced)
        {
            await recovery.EndReplacedAsync(session, replaced, draft.DestroysReplaced, cancellationToken);
        }

        var stored = StoredOf(session, draft);
        if (draft.Ends && stored is { } ended)
        {
            await ending.EndAsync(
                ended, SessionEndReason.SignedOut, session.Context, session, cancellationToken: cancellationToken);
            SaveReport.Destroyed(session);
            stored = null;
        }

        if (stored is not null)
        {
            await UpdateAsync(session, draft, stored, cancellationToken);
        }
        else if (draft.IsLost)
        {
            await GoOnAsync(session, recovery.AfterEnd(session, draft), cancellationToken);
        }
        else if (draft is { BeginsSession: true, SignsIn: false } && CrossSite.ForbidsSession(session, callbacks))
        {
            logger.CrossSiteSessionRefused(cookie.SameSiteOf(session.Context));
        }
        else if (draft.BeginsSession)
        {
            await CreateAsync(session, draft, cancellationToken);
        }
    }

    private async ValueTask CreateAsync(RequestSession session, SessionDraft draft, CancellationToken cancellationToken)
    {
        var token = draft.NewToken ??= SessionToken.NewFor(session.CurrentId());
        var secret = new SessionSecretChange(token.HashSecret(), default, Required: true);
        var admission = await limiter.AdmitAsync(session, draft, stored: null, secret, cancellationToken);
        var brought = admission.Claimed is null ? secret : null;
        var commit = commits.Describe(session, draft, admission.Claimed, brought, admission);
        var result = await CommitAsync(commit, admission, cancellationToken);
        if (result.Outcome != SessionCommitOutcome.Committed)
        {
            throw admission.Claimed is null
                ? report.Refused(commit.Id, result.Outcome)
                : SessionErrors.TooManySessions(options.Value.MaxSessionsPerUser);
        }

        var record = result.AfterOf(commit);
        await limiter.EnforceAsync(session, record, admission, cancellationToken);
        session.AdoptSaved(record, token);
        report.Created(session, draft, record);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask UpdateAsync(
        RequestSession session, SessionDraft draft, SessionRecord stored, CancellationToken cancellationToken)
    {
        if (draft.IsEmpty)
        {
            return;
        }

        var secret = draft.Rotates ? draft.ChangeSecretOf(stored) : null;
        var admission = secret is null
            ? default
            : await limiter.AdmitAsync(session, draft, stored, secret, cancellationToken);
        var commit = commits.Describe(session, draft, admission.Claimed ?? stored, secret, admission);
        var result = await CommitAsync(commit, admission, cancellationToken);
        if (result.Outcome == SessionCommitOutcome.Committed)
        {
            if (admission.EndsOldest)
            {
                await limiter.EnforceAsync(session, result.AfterOf(commit), admission, cancellationToken);
            }

            session.AdoptSaved(commit, result, result.SecretChanged ? draft.NewToken!.Value : session.Token);
            if (draft.Identity is not null || secret is not null)
            {
                report.Changed(session, draft, stored, result.SecretChanged);
            }

            return;
        }

        if (admission.Claimed is { } claimed && result.Before?.Claim != claimed.Claim)
        {
            throw SessionErrors.TooManySessions(options.Value.MaxSessionsPerUser);
        }

        await GoOnAsync(
            session,
            await recovery.AfterRaceAsync(session, draft, stored, result.Outcome, cancellationToken),
            cancellationToken);
    }

    // Returns the stored session that a draft is saved in. Changes to a lost session are not saved in another session.
    private static SessionRecord? StoredOf(RequestSession session, SessionDraft draft) =>
        draft.IsLost ? null : session.Record ?? draft.Recognised;

    // Continues after a refusal: with another draft, or with no draft when nothing is left to save.
    private ValueTask GoOnAsync(RequestSession session, SessionDraft? next, CancellationToken cancellationToken)
    {
        if (next is null)
        {
            return ValueTask.CompletedTask;
        }

        session.Forget();
        session.Changes.Replace(next);
        return next.Recognised is { } shared
            ? UpdateAsync(session, next, shared, cancellationToken)
            : CreateAsync(session, next, cancellationToken);
    }

    private ValueTask<SessionCommitResult> CommitAsync(
        SessionCommit commit, in SignInAdmission admission, CancellationToken cancellationToken) =>
        admission.Refusal != SessionCommitOutcome.Committed
            ? new ValueTask<SessionCommitResult>(new SessionCommitResult(admission.Refusal))
            : admission.Applied is { } applied
            ? new ValueTask<SessionCommitResult>(SessionCommitResult.AppliedBefore(applied))
            : pointers.CommitAsync(commit, cancellationToken);

    // A waiting save includes changes of the refused draft, so it is refused too.
    private static void ThrowIfShared(Exception? failure)
    {
        if (failure is SessionEndedException or SessionLimitException)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        SessionErrors.ThrowIfHanging(failure);
    }
}
