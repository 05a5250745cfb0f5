using SessionManager.AspNetCore.Rules;
using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>Finds and ends the expired sessions whose tokens no request sends any more.</summary>
internal sealed class ExpiredSessions(
    ISessionRecordStore store,
    StoreFeatures features,
    SessionRepository sessions,
    SessionEnding ending,
    SessionEvents events,
    RunningRequests running,
    SessionLifetime lifetime,
    SessionClock clock)
{
    /// <summary>Whether the store knows when sessions expire.</summary>
    public bool AreKnown => features.Local is not null;

    /// <summary>Whether the application handles the end of sessions.</summary>
    public bool AreAskedFor => events.TellsOfEnds;

    public string StoreName => store.Name;

    /// <summary>Starts to track the running requests.</summary>
    public void BeginSweeps() => running.IsSwept = true;

    /// <summary>Lists the sessions that expired some time ago and that no request uses. If the browser comes back at
    /// the moment of the end, its request ends the session.</summary>
    public IEnumerable<Guid> List(TimeSpan ago)
    {
        HashSet<Guid>? used = null;
        foreach (var id in features.Local!.ListExpired(clock.Now - ago))
        {
            // A request that begins later can't find an expired session alive.
            used ??= running.Sessions();
            if (!used.Contains(id))
            {
                yield return id;
            }
        }
    }

    /// <summary>Ends a session if it has expired.</summary>
    public async Task EndAsync(Guid id, CancellationToken cancellationToken)
    {
        var found = await sessions.LoadAsync(id, cancellationToken);
        if (found.Record is { } record && lifetime.IsExpired(record, clock.Now))
        {
            await ending.EndAsync(
                record, SessionEndReason.Expired, context: null, cancellationToken: cancellationToken);
        }
    }
}
