using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>Counts the living sessions. A store that knows its sessions counts them. For any other store, the count
/// covers the sessions that this process saw in the store's answers while the count was observed.</summary>
internal sealed class LiveSessions(StoreFeatures features, SessionLifetime lifetime)
{
    private readonly LocalSessionIndex? _seen = features.Local is null ? new LocalSessionIndex(lifetime) : null;

    /// <summary>Counts the sessions that live at this time.</summary>
    public (int Anonymous, int SignedIn) Count(DateTimeOffset now) => _seen?.Count(now) ?? features.Local!.Count(now);

    /// <summary>Marks a session as seen in the state that the store returned.</summary>
    public void MarkSeen(Guid id, in SessionLookup found)
    {
        if (found.Record is not { } record)
        {
            _seen?.Forget(id);
            return;
        }

        var (started, seen) = (record.StartedAt.ToUnixTimeMilliseconds(), record.LastSeenAt.ToUnixTimeMilliseconds());
        _seen?.Remember(id, new SessionSpan(started, seen, record.UserId is not null), record.Terms);
    }

    /// <summary>Marks a session as touched.</summary>
    public void MarkSeen(Guid id, DateTimeOffset seen) => _seen?.Touch(id, seen.ToUnixTimeMilliseconds());
}
