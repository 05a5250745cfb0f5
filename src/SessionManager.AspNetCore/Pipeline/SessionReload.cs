using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Loads a request's session again.</summary>
internal sealed class SessionReload(
    SessionRepository sessions,
    SessionLifetime lifetime,
    SessionClock clock,
    LostSessions lostSessions,
    OutageLog outages)
{
    /// <summary>Replaces the record that a request sees by the stored record.</summary>
    /// <exception cref="SessionStoreException">The store can't be reached.</exception>
    public async ValueTask ReloadAsync(
        RequestSession session, SessionRecord before, CancellationToken cancellationToken)
    {
        var now = clock.Now;
        SessionLookup lookup;
        try
        {
            lookup = await sessions.LoadAsync(before.Id, cancellationToken);
        }
        catch (SessionStoreException exception)
        {
            outages.RequestFailed("load", before.Id, exception);
            throw;
        }

        if (lookup.Record is not { } record)
        {
            session.Lose(lookup.EndReason ?? SessionEndReason.Invalid);
        }
        else if (lookup.EndReason is { } ended)
        {
            await LoseAsync(session, record, ended);
        }
        else if (lifetime.IsPastAbsoluteTimeout(record, now))
        {
            // The idle timeout does not count, because this request uses the session.
            await LoseAsync(session, record, SessionEndReason.Expired);
        }
        else if (record.Generation != before.Generation)
        {
            session.Lose(SessionEndReason.Replaced);
        }
        else
        {
            session.Refresh(record);
        }
    }

    private ValueTask LoseAsync(RequestSession session, SessionRecord record, SessionEndReason reason)
    {
        session.Lose(reason);
        return lostSessions.EndAsync(session, record, reason);
    }
}
