using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Ends sessions, for whatever reason: in the store, in the notes of its user, in the log and as an event.</summary>
internal sealed class SessionEnding(ObservedStore store, SessionClock clock, SessionEvents events, ILogger<SessionEnding> logger)
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
        // A session that was used since it was judged expired lives on.
        if (!await (reason == SessionEndReason.Expired
            ? store.EndExpiredAsync(record.Id, clock.Now, cancellationToken)
            : store.EndAsync(record.Id, reason, onlyOfUser, cancellationToken)))
        {
            return false;
        }

        await AnnounceAsync(record, reason, context, teller, cancellationToken);
        return true;
    }

    /// <summary>Ends an expired session in the store, and says nothing of it yet: its request does not know its session so far, and a logger may
    /// ask for that.</summary>
    /// <returns>Whether it has ended, also when the store failed: the next request finds the same. And with what fault.</returns>
    public async ValueTask<(bool Ended, SessionStoreException? Fault)> EndExpiredAsync(SessionRecord record)
    {
        try
        {
            return (await store.EndExpiredAsync(record.Id, clock.Now), null);
        }
        catch (SessionStoreException exception)
        {
            return (true, exception);
        }
    }

    /// <summary>Says that a request's session was found expired and ended.</summary>
    public ValueTask AnnounceExpiredAsync(SessionRecord record, SessionStoreException? fault, RequestSession session)
    {
        if (fault is null)
        {
            return AnnounceAsync(record, SessionEndReason.Expired, session.Context, session, CancellationToken.None);
        }

        logger.StoreFailed("end", record.Id, fault.Message);
        return ValueTask.CompletedTask;
    }

    /// <summary>Revokes a session if it belongs or last belonged to a user, signed in or not.</summary>
    /// <returns>Whether it was this call that ended it.</returns>
    public async ValueTask<bool> RevokeOwnedAsync(SessionRecord record, string ownerId, HttpContext? context, CancellationToken cancellationToken)
    {
        if (!await store.EndOwnedAsync(record.Id, SessionEndReason.Revoked, ownerId, cancellationToken))
        {
            return false;
        }

        await AnnounceAsync(record, SessionEndReason.Revoked, context, teller: null, cancellationToken);
        return true;
    }

    /// <summary>Ends what was found under a user and can't be read: a record of a newer version, or a damaged one. What it says can't be told,
    /// so no event is raised.</summary>
    /// <returns>Whether there was a session, and it was this call that ended it.</returns>
    public async ValueTask<bool> RevokeUnreadAsync(Guid id, string ownerId, CancellationToken cancellationToken)
    {
        var ended = await store.EndOwnedAsync(id, SessionEndReason.Revoked, ownerId, cancellationToken);
        if (ended)
        {
            logger.SessionEnded(id, SessionEndReason.Revoked);
        }

        return ended;
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

    /// <summary>Takes back the notes of whose a session is. Left behind, they are found out by whoever reads them.</summary>
    /// <param name="record">The session as it was.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <param name="except">The session as it is by now, whose notes stay.</param>
    public async ValueTask DismissAsync(SessionRecord record, CancellationToken cancellationToken, SessionRecord? except = null)
    {
        var now = clock.Now;
        foreach (var (userId, member) in SessionNotes.Of(record, now))
        {
            if (except is null || !SessionNotes.Of(except, now).Any(note => string.Equals(note.UserId, userId, StringComparison.Ordinal)))
            {
                await DismissAsync(userId, member, cancellationToken);
            }
        }
    }

    private async ValueTask AnnounceAsync(
        SessionRecord record, SessionEndReason reason, HttpContext? context, RequestSession? teller, CancellationToken cancellationToken)
    {
        logger.SessionEnded(record.Id, reason);
        await DismissAsync(record, cancellationToken);
        if (teller is null)
        {
            await events.EndedAsync(record, reason, context);
        }
        else
        {
            teller.Tell(() => events.EndedAsync(record, reason, context));
        }
    }

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
