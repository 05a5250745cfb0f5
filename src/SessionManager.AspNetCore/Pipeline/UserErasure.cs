using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Rules;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Ends the sessions that belong or last belonged to a user whose account is deleted.</summary>
internal sealed class UserErasure(
    SessionFinder finder,
    UserRevocations revocations,
    SessionLifetime lifetime,
    SessionClock clock,
    SessionEnding ending,
    ILogger<UserErasure> logger)
{
    /// <summary>Ends the user's sessions. They include the sessions that the user has signed out of and that still have
    /// values, and expired sessions that are still stored.</summary>
    /// <returns>The number of sessions that this call ended.</returns>
    public async Task<int> EraseAsync(string user, HttpContext? context, CancellationToken cancellationToken)
    {
        // The revocation comes first. After it, no node applies the commit of a request in flight.
        await revocations.EraseAsync(user, cancellationToken);
        var erased = 0;
        foreach (var group in SessionBatches.Of(await finder.FindByUserAsync(user, cancellationToken)))
        {
            var endings = group.Select(found => EraseAsync(user, found, context, cancellationToken));
            var results = await Task.WhenAll(endings);
            erased += results.Count(result => result);
        }

        logger.UserErased(erased);
        return erased;
    }

    private async Task<bool> EraseAsync(
        string user, SessionLookup found, HttpContext? context, CancellationToken cancellationToken)
    {
        var condition = new SessionEndCondition { OwnerId = user };
        if (found.Record is not { } record)
        {
            return found.Status is SessionLookupStatus.Newer or SessionLookupStatus.Unreadable
                && await ending.RevokeUnreadAsync(found.Stored!.Id, condition, cancellationToken);
        }

        if (string.Equals(record.OwnerId, user, StringComparison.Ordinal))
        {
            return (lifetime.IsExpired(record, clock.Now)
                    && await EndAsync(record, SessionEndReason.Expired, condition: default))
                || await EndAsync(record, SessionEndReason.Revoked, condition);
        }

        // A session in which the user acts as another user keeps the user's own values.
        return await ending.RevokeAsync(user, found, context, teller: null, cancellationToken);

        ValueTask<bool> EndAsync(SessionRecord record, SessionEndReason reason, SessionEndCondition condition) =>
            ending.EndAsync(record, reason, context, teller: null, condition, cancellationToken);
    }
}
