using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Handles sessions that a request lost: a session that has ended, or whose token was replaced.</summary>
internal sealed class LostSessions(SessionEvents events, SessionEnding ending)
{
    /// <summary>Ends a lost session in the store, and raises its event once no load waits: a handler of the event may
    /// ask for the session that is being loaded.</summary>
    public ValueTask NoticeAsync(RequestSession session, SessionRecord lost, SessionEndReason reason, bool recognised)
    {
        if (reason != SessionEndReason.Replaced)
        {
            return EndAsync(session, lost, reason);
        }

        Func<ValueTask> tell = () => events.StaleTokenAsync(
            lost, session.Context, () => EndAsync(session, lost, SessionEndReason.Revoked));
        if (recognised)
        {
            // The event waits, because the second click of a sign-in raises none.
            session.Recognise(lost, tell);
        }
        else
        {
            session.Tell(tell);
        }

        SessionResponse.Hook(session);
        return ValueTask.CompletedTask;
    }

    /// <summary>Ends a session in the store on behalf of the request that lost it.</summary>
    public async ValueTask EndAsync(RequestSession session, SessionRecord lost, SessionEndReason reason)
    {
        await ending.NoticeAsync(lost, reason, session);
        SessionResponse.Hook(session);
    }
}
