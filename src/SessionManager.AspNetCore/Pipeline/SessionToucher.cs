using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Moves the time of the last use, for requests that use the session without changes.</summary>
internal sealed class SessionToucher(SessionRepository sessions, SessionClock clock, OutageLog outages)
{
    /// <summary>Touches the session if a touch was due at the load, and no change has been saved since.</summary>
    public ValueTask TouchBeforeResponseAsync(RequestSession session) =>
        session is { WasTouchDue: true, Touches: true, Record: { } record }
            ? TouchAsync(session, record, clock.Now)
            : ValueTask.CompletedTask;

    /// <summary>Touches the session at the end of the request if a touch is due.</summary>
    public ValueTask TouchAtEndAsync(RequestSession session)
    {
        var now = clock.Now;
        if (session.Use.HasTouchedAtEnd || !session.Use.IsDue(session, now) || !SessionUse.IsAtEnd(session.Context))
        {
            return ValueTask.CompletedTask;
        }

        session.Use.HasTouchedAtEnd = true;
        return TouchAsync(session, session.Record!, now);
    }

    /// <summary>Touches the session for a handler that asks for it, if a touch is due.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    public ValueTask TouchForHandlerAsync(RequestSession session, CancellationToken cancellationToken) =>
        clock.Now is var now && session.Use.IsDue(session, now)
            ? TouchAsync(session, session.Record!, now, fails: true, cancellationToken)
            : ValueTask.CompletedTask;

    // A failed touch only ends the session one interval earlier.
    private async ValueTask TouchAsync(
        RequestSession session,
        SessionRecord record,
        DateTimeOffset now,
        bool fails = false,
        CancellationToken cancellationToken = default)
    {
        try
        {
            await sessions.TouchAsync(record, session.BroughtHash(record), now, cancellationToken);
        }
        catch (SessionStoreException exception)
        {
            outages.RequestFailed("touch", record.Id, exception);
            if (fails)
            {
                CaughtFailure.Note(session.Context, exception);
                throw;
            }
        }

        session.MarkSeen(now);
    }
}
