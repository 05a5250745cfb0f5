using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Authentication;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// Decides how a save that lost a race continues. A sign-in continues in the session of another sign-in of the same
/// user (a double click), or begins another session. A sign-out continues until the user is signed out. Every other
/// save is refused.
/// </summary>
internal sealed class SaveRecovery(
    IOptions<SessionManagerOptions> options,
    SessionRepository sessions,
    SessionLimiter limiter,
    SessionEnding ending,
    SessionSchemes schemes,
    SessionClock clock,
    SaveReport report,
    ILogger<SaveRecovery> logger)
{
    /// <summary>Decides how the save of a draft continues whose session has ended before the save.</summary>
    /// <returns>The draft to save instead; <see langword="null"/> when nothing is left to save.</returns>
    /// <exception cref="SessionEndedException">The save is refused.</exception>
    public SessionDraft? AfterEnd(RequestSession session, SessionDraft draft)
    {
        if (draft.SignsIn)
        {
            logger.SignInBeganFreshSession(session.Token.Id);
            return draft.ForFreshSession(carriesValues: false);
        }

        if (!draft.SignsOut)
        {
            throw report.Refused(session.Token.Id, SessionCommitOutcome.Gone);
        }

        session.Response.ClearSite();
        return null;
    }

    /// <summary>Decides how the save of a refused draft continues.</summary>
    /// <param name="session">The request's session.</param>
    /// <param name="draft">The draft.</param>
    /// <param name="stored">The session as the draft knew it.</param>
    /// <param name="outcome">The reason of the refusal.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>The draft to save instead; <see langword="null"/> when nothing is left to save.</returns>
    /// <exception cref="SessionEndedException">The save is refused.</exception>
    public async ValueTask<SessionDraft?> AfterRaceAsync(
        RequestSession session,
        SessionDraft draft,
        SessionRecord stored,
        SessionCommitOutcome outcome,
        CancellationToken cancellationToken)
    {
        if (draft.SignsIn)
        {
            return await SignInElsewhereAsync(session, draft, stored, outcome, cancellationToken);
        }

        if (!draft.SignsOut)
        {
            throw report.Refused(stored.Id, outcome);
        }

        if (draft.IsRejection)
        {
            // The sign-in has been replaced or has ended. If it has not, the next request rejects it again.
            session.Forget();
            return null;
        }

        await SignOutAnywayAsync(session, stored, outcome, cancellationToken);
        session.Forget();
        return null;
    }

    /// <summary>Signs the user out of a session, or ends it, at the request of a token that the user has just
    /// replaced.</summary>
    public async ValueTask EndReplacedAsync(
        RequestSession session, SessionRecord replaced, bool destroys, CancellationToken cancellationToken)
    {
        if (destroys)
        {
            await ending.EndAsync(
                replaced, SessionEndReason.SignedOut, session.Context, session, cancellationToken: cancellationToken);
            session.Response.ClearSite();
        }
        else
        {
            await SignOutAnywayAsync(session, replaced, SessionCommitOutcome.Moved, cancellationToken);
        }
    }

    // The values go to the new session only if they belong to no other user and their session still lives.
    private async ValueTask<SessionDraft> SignInElsewhereAsync(
        RequestSession session,
        SessionDraft draft,
        SessionRecord stored,
        SessionCommitOutcome outcome,
        CancellationToken cancellationToken)
    {
        if (outcome == SessionCommitOutcome.Moved
            && await FindSharedAsync(session, draft, stored, cancellationToken) is { } shared)
        {
            return draft.GoingOnIn(shared);
        }

        logger.SignInBeganFreshSession(stored.Id);
        if (draft.SignsOut)
        {
            await SignOutAnywayAsync(session, stored, outcome, cancellationToken);
        }

        var isOwn = stored.OwnerId is null || string.Equals(stored.OwnerId, draft.UserId, StringComparison.Ordinal);
        return draft.ForFreshSession(carriesValues: isOwn && outcome == SessionCommitOutcome.Moved);
    }

    // This happens once. A sign-in that is refused again begins another session.
    private async ValueTask<SessionRecord?> FindSharedAsync(
        RequestSession session, SessionDraft draft, SessionRecord stored, CancellationToken cancellationToken) =>
        draft is { Recognised: null, SignsOut: false, UserId: { } userId }
        && await limiter.FindAsync(userId, stored.Id, session, cancellationToken) is { } current
        && current.WasReplacedBySignIn(stored.SecretHash, clock.Now)
        && SignInDetails.Read(draft.Principal) is { } details
        && schemes.AreOfOne(SignInDetails.Read(current.Principal), details)
            ? current
            : null;

    /// <summary>Signs the user out of a session whose token was replaced. The new secret of the session is not sent,
    /// and values that were changed together with the sign-out are not saved.</summary>
    private async ValueTask SignOutAnywayAsync(
        RequestSession session, SessionRecord stored, SessionCommitOutcome outcome, CancellationToken cancellationToken)
    {
        while (outcome == SessionCommitOutcome.Moved)
        {
            // The acting user of an impersonation is signed out too, even if the impersonation has ended meanwhile.
            if (stored.UserId is not { } userId
                || await limiter.FindAsync(stored.ActorId ?? userId, stored.Id, session, cancellationToken)
                    is not { } current)
            {
                break;
            }

            var commit = new SessionCommit
            {
                Id = stored.Id,
                Now = clock.Now,
                Base = current,
                Identity = new SessionIdentity(null, userId, null, null, MovesGeneration: true),
                Secret = new SessionSecretChange(SessionToken.NewFor(stored.Id).HashSecret(), default, Required: false),
                DropsValues = options.Value.ClearSessionScope == ClearSessionScope.Everything
                    || current.IsActing
                    || stored.IsActing,
            };
            outcome = (await sessions.CommitAsync(commit, cancellationToken)).Outcome;
        }

        if (outcome == SessionCommitOutcome.Gone)
        {
            // The session has ended, or a newer version of this library has rewritten it. This version can end such a
            // record.
            await ending.EndAsync(
                stored, SessionEndReason.SignedOut, session.Context, session, cancellationToken: cancellationToken);
        }

        session.Response.ClearSite();
        logger.SignedOutAlready(stored.Id);
    }
}
