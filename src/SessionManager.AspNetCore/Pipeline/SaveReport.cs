using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Reports a save by the cookie, the log and the application's events.</summary>
internal sealed class SaveReport(SessionEvents events, SessionCookie cookie, ILogger<SaveReport> logger)
{
    /// <summary>Reports that the request has destroyed the session.</summary>
    public static void Destroyed(RequestSession session)
    {
        session.Forget();
        session.Response.ExpireCookie();
        session.Response.ClearSite();
    }

    /// <summary>Reports that the request has begun a session.</summary>
    public void Created(RequestSession session, SessionDraft draft, SessionRecord record)
    {
        session.Response.IssueCookie(session.Token);
        logger.SessionCreated(record.Id);
        session.Tell(() => events.CreatedAsync(record, session.Context));
        TellOfUser(session, draft, record, secretChanged: false);
    }

    /// <summary>Reports another user or another secret of a session.</summary>
    /// <param name="session">The session of the request.</param>
    /// <param name="draft">The saved draft.</param>
    /// <param name="before">The session before the save.</param>
    /// <param name="secretChanged">Whether the new secret has taken effect.</param>
    public void Changed(RequestSession session, SessionDraft draft, SessionRecord before, bool secretChanged)
    {
        var record = session.Record!;
        if (secretChanged)
        {
            logger.TokenRotated(before.Id);
            if (!cookie.IsConsentMissing(session.Context))
            {
                session.Response.IssueCookie(session.Token);
            }
        }
        else if (draft.Rotates)
        {
            logger.RotationLost(before.Id);
        }

        if (before.UserId is not null && !IsOfSameUser(before, record))
        {
            // The old user has signed out even if another user signed in instead.
            session.Response.ClearSite();
        }

        if (before.IsActing && !record.IsActing)
        {
            logger.ImpersonationEnded(record.Id);
        }

        if (draft.Identity is not null || secretChanged)
        {
            TellOfUser(session, draft, record, secretChanged);
        }
    }

    /// <summary>Reports a refused commit.</summary>
    public SessionEndedException Refused(Guid id, SessionCommitOutcome outcome)
    {
        logger.CommitRefused(id, outcome);
        return SessionErrors.Refused(outcome);
    }

    private static bool IsOfSameUser(SessionRecord before, SessionRecord after) =>
        before.IsActing == after.IsActing && string.Equals(before.UserId, after.UserId, StringComparison.Ordinal);

    private void TellOfUser(RequestSession session, SessionDraft draft, SessionRecord record, bool secretChanged)
    {
        if (draft.SignsIn)
        {
            logger.SignedIn(record.Id);
            if (draft.SharesSession)
            {
                logger.SignInWentOn(record.Id);
            }

            session.Tell(() => events.SignedInAsync(record, session.Context));
            return;
        }

        if (draft.SignsOut)
        {
            logger.SignedOut(record.Id);
        }

        if (secretChanged)
        {
            session.Tell(() => events.TokenRotatedAsync(record, session.Context));
        }
    }
}
