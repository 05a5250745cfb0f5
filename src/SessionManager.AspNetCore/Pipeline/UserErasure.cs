using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Records;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Ends all that belongs or last belonged to a user, for an account that is deleted.</summary>
internal sealed class UserErasure(
    ObservedStore store, SessionLifetime lifetime, SessionClock clock, SessionEnding ending, SessionAdmission admission, ILogger<UserErasure> logger)
{
    /// <summary>Ends the user's sessions: those signed in to, those signed out of with values kept, and expired ones that are still stored.</summary>
    /// <returns>How many this call ended.</returns>
    public async Task<int> EraseAsync(string user, HttpContext? context, CancellationToken cancellationToken)
    {
        // First of all: from now on no commit of a request in flight is applied, on any node.
        await store.EraseUnlistedAsync(user, cancellationToken);
        var erased = 0;
        foreach (var group in SessionBatches.Of(await FindAsync(user, cancellationToken)))
        {
            var results = await Task.WhenAll(group.Select(id => EraseAsync(user, id, context, cancellationToken)));
            erased += results.Count(result => result);
        }

        logger.UserErased(erased);
        return erased;
    }

    // What is noted under the user too: a session that signed in before the store noted owners has no other note.
    private async Task<IEnumerable<Guid>> FindAsync(string user, CancellationToken cancellationToken)
    {
        var owned = await store.FindOwnedAsync(user, clock.Now, cancellationToken);
        var members = await store.FindMembersAsync(user, cancellationToken);
        var acting = await store.FindMembersAsync(SessionNotes.OfActorsAs(user), cancellationToken);
        return owned.Concat(members).Concat(acting).Select(member => member.Id).Distinct();
    }

    private async Task<bool> EraseAsync(string user, Guid id, HttpContext? context, CancellationToken cancellationToken)
    {
        var now = clock.Now;
        var found = await store.LoadAsync(id, new RecordTouch(default, now, Allowed: false), cancellationToken);
        if (found.Record is not { } record)
        {
            return found.Status is SessionLookupStatus.Newer or SessionLookupStatus.Unreadable
                && await ending.RevokeUnreadAsync(id, user, cancellationToken);
        }

        if (string.Equals(record.OwnerId, user, StringComparison.Ordinal))
        {
            return (lifetime.IsExpired(record, now)
                    && await ending.EndAsync(record, SessionEndReason.Expired, context, cancellationToken: cancellationToken))
                || await ending.RevokeOwnedAsync(record, user, context, cancellationToken);
        }

        // Also where the user acts as another one: what was set aside is the user's.
        return SessionNotes.AreOf(record, user) && await admission.RevokeAsync(user, record, context, teller: null, cancellationToken);
    }
}
