using SessionManager.AspNetCore.Stores;

namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>How many sessions live, as the store knows it; or else as far as this process has seen them in what the store answered while
/// somebody wanted to know.</summary>
internal sealed class LiveSessions(ISessionRecords store, SessionLifetime lifetime)
{
    private readonly LiveCount? _seen = store.CountLive(DateTimeOffset.UnixEpoch) is null ? new LiveCount(lifetime) : null;

    public (int Anonymous, int SignedIn) Count(DateTimeOffset now) => _seen?.Count(now) ?? store.CountLive(now).GetValueOrDefault();

    public void Saw(SessionRecord record) => _seen?.Saw(record);

    public void Saw(Guid id, DateTimeOffset seen) => _seen?.Saw(id, seen);

    public void Saw(SessionCommit commit) => _seen?.Saw(commit);

    public void Forget(Guid id) => _seen?.Forget(id);
}
