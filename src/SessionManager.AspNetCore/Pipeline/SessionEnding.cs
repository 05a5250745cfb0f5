using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Ends sessions, for whatever reason: in the store, in the notes of its user, in the log and as an event.</summary>
internal sealed class SessionEnding(ObservedStore store, SessionClock clock, SessionEvents events, ILogger<SessionEnding> logger)
{
    /// <summary>Ends a session.</summary>
    /// <returns>Whether it was this call that ended it.</returns>
    public async ValueTask<bool> EndAsync(
        SessionRecord record, SessionEndReason reason, HttpContext? context, string? onlyOfUser = null, CancellationToken cancellationToken = default)
    {
        // A session that was used since it was judged expired lives on.
        if (!await (reason == SessionEndReason.Expired
            ? store.EndExpiredAsync(record.Id, clock.Now, cancellationToken)
            : store.EndAsync(record.Id, reason, onlyOfUser, cancellationToken)))
        {
            return false;
        }

        logger.SessionEnded(record.Id, reason);
        await DismissAsync(record.UserId, record, cancellationToken);
        await events.EndedAsync(record, reason, context);
        return true;
    }

    /// <summary>Revokes a session whose record is of a newer version of this library. What the record says can't be read, so no event is
    /// raised.</summary>
    /// <param name="member">The session.</param>
    /// <param name="userId">The user it was found under, if it was.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>Whether it was this call that ended it.</returns>
    public async ValueTask<bool> RevokeNewerAsync(SessionMember member, string? userId, CancellationToken cancellationToken)
    {
        var ended = await store.EndAsync(member.Id, SessionEndReason.Revoked, onlyOfUser: userId, cancellationToken);
        if (ended)
        {
            logger.SessionEnded(member.Id, SessionEndReason.Revoked);
        }

        await DismissAsync(userId, member, cancellationToken);
        return ended;
    }

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
    public ValueTask DismissAsync(string? userId, SessionRecord record, CancellationToken cancellationToken) =>
        DismissAsync(userId, new SessionMember(record.Id, record.AuthenticatedAt ?? record.StartedAt), cancellationToken);

    private async ValueTask DismissAsync(string? userId, SessionMember member, CancellationToken cancellationToken)
    {
        if (userId is null)
        {
            return;
        }

        try
        {
            await store.DismissAsync(userId, member, cancellationToken);
        }
        catch (SessionStoreException exception)
        {
            logger.StoreFailed("dismiss", member.Id, exception.Message);
        }
    }
}
