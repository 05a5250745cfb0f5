using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Finds the sessions of a user for the application, outside of any session.</summary>
internal sealed class UserSessions(
    SessionFinder finder, SessionEnding ending, SessionClock clock, IHttpContextAccessor accessor)
{
    /// <summary>Finds the sessions that a user is signed in to, or in which another user acts as the user. Expired
    /// sessions are ended. The result includes records of a newer version: they can't be shown, but the store finds
    /// them under the user, so they can be revoked.</summary>
    public async Task<List<SessionLookup>> FindAsync(string user, CancellationToken cancellationToken)
    {
        var now = clock.Now;
        var found = new List<SessionLookup>();
        foreach (var session in await finder.FindByUserAsync(user, cancellationToken))
        {
            var current = session.Record is { } record && SessionUsers.AreOf(record, user)
                ? await ending.EndIfExpiredAsync(session, now, accessor.HttpContext, teller: null, cancellationToken)
                : session;
            if (current.Status == SessionLookupStatus.Newer
                || (current.Record is { } living && SessionUsers.AreOf(living, user)))
            {
                found.Add(current);
            }
        }

        return found;
    }
}
