using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Ends sessions, for whatever reason: in the store, in the notes of its user, in the log and as an event.</summary>
internal sealed class SessionEnding(ObservedStore store, SessionEvents events, ILogger<SessionEnding> logger)
{
    /// <summary>Ends a session.</summary>
    /// <returns>Whether it was this call that ended it.</returns>
    public async ValueTask<bool> EndAsync(
        SessionRecord record, SessionEndReason reason, HttpContext? context, string? onlyOfUser = null, CancellationToken cancellationToken = default)
    {
        if (!await EndUntoldAsync(record, reason, onlyOfUser, cancellationToken))
        {
            return false;
        }

        await TellAsync(record, reason, context);
        return true;
    }

    /// <summary>Ends a session without the event, which is to follow with <see cref="TellAsync"/>: the application's handlers of one request run
    /// one after another.</summary>
    /// <returns>Whether it was this call that ended it.</returns>
    public async ValueTask<bool> EndUntoldAsync(SessionRecord record, SessionEndReason reason, string? onlyOfUser, CancellationToken cancellationToken)
    {
        if (!await store.EndAsync(record.Id, reason, onlyOfUser, cancellationToken))
        {
            return false;
        }

        logger.SessionEnded(record.Id, reason);
        await DismissAsync(record.UserId, record, cancellationToken);
        return true;
    }

    /// <summary>Raises the event of a session's end.</summary>
    public ValueTask TellAsync(SessionRecord record, SessionEndReason reason, HttpContext? context) => events.EndedAsync(record, reason, context);

    /// <summary>Ends a session that was found to have ended already, by a limit or a revocation. Nothing is lost when the store fails:
    /// the next request finds the same.</summary>
    public async ValueTask NoticeAsync(SessionRecord record, SessionEndReason reason, HttpContext? context)
    {
        try
        {
            await EndAsync(record, reason, context);
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
