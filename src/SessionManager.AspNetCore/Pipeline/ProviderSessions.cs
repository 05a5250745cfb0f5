using Microsoft.AspNetCore.Http;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Ends the sessions for which an OpenID Connect provider vouched, when the provider says so.</summary>
internal sealed class ProviderSessions(SessionFinder finder, SessionEnding ending, SessionClock clock)
{
    /// <summary>Ends the sessions that a provider names.</summary>
    /// <returns>The number of sessions that this call ended. Expired and revoked sessions are not counted.</returns>
    public async Task<int> RevokeAsync(
        ProviderSession provider, HttpContext? context, CancellationToken cancellationToken)
    {
        var (ended, now) = (0, clock.Now);
        foreach (var group in SessionBatches.Of(await finder.FindByProviderAsync(provider, cancellationToken)))
        {
            var living = new List<SessionLookup>();
            foreach (var found in group)
            {
                var current = await ending.EndIfExpiredAsync(found, now, context, teller: null, cancellationToken);
                if (current.Status == SessionLookupStatus.Newer || current.Living is not null)
                {
                    living.Add(current);
                }
            }

            ended += await ending.RevokeAllAsync(provider, living, context, cancellationToken);
        }

        return ended;
    }
}
