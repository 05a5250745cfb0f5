using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Ends sessions, for whatever reason: in the store, in the notes of its user, in the log and as an event.</summary>
internal sealed class SessionEnding(ObservedStore store, SessionEvents events, ILogger<SessionEnding> logger)
{
    /// <summary>Ends a session.</summary>
    /// <param name="record">The session, as it was.</param>
    /// <param name="reason">Why.</param>
    /// <param name="context">The request, if there is one.</param>
    /// <param name="teller">The request's session that tells the application later, because it is being loaded or saved at this moment;
    /// <see langword="null"/>: it is told at once.</param>
    /// <param name="onlyOfUser">When given, the session is ended only if this user is signed in to it.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>Whether it was this call that ended it.</returns>
    public async ValueTask<bool> EndAsync(
        SessionRecord record,
        SessionEndReason reason,
        HttpContext? context,
        RequestSession? teller = null,
        string? onlyOfUser = null,
        CancellationToken cancellationToken = default)
    {
        if (!await store.EndAsync(record.Id, reason, onlyOfUser, cancellationToken))
        {
            return false;
        }

        logger.SessionEnded(record.Id, reason);
        await DismissAsync(record.UserId, record, cancellationToken);
        if (teller is null)
        {
            await events.EndedAsync(record, reason, context);
        }
        else
        {
            teller.Tell(() => events.EndedAsync(record, reason, context));
        }

        return true;
    }

    /// <summary>Ends a session that was found to have ended already, by a limit or a revocation. Nothing is lost when the store fails:
    /// the next request finds the same.</summary>
    public async ValueTask NoticeAsync(SessionRecord record, SessionEndReason reason, RequestSession session)
    {
        try
        {
            await EndAsync(record, reason, session.Context, session);
        }
        catch (SessionStoreException exception)
        {
            logger.StoreFailed("end", record.Id, exception.Message);
        }
    }

    /// <summary>Takes back the note that a session is a user's. Left behind, it is found out by whoever reads it.</summary>
    public async ValueTask DismissAsync(string? userId, SessionRecord record, CancellationToken cancellationToken)
    {
        if (userId is null)
        {
            return;
        }

        try
        {
            await store.DismissAsync(userId, new SessionMember(record.Id, record.AuthenticatedAt ?? record.StartedAt), cancellationToken);
        }
        catch (SessionStoreException exception)
        {
            logger.StoreFailed("dismiss", record.Id, exception.Message);
        }
    }
}
