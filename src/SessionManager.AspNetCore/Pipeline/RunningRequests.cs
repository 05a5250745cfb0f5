using System.Collections.Concurrent;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The requests that run at this moment, so that a sweep leaves their sessions alone: one that found its session alive may save however long it
/// runs. They are noted only where a sweep may end a session, which is where the application handles the event.
/// </summary>
internal sealed class RunningRequests(SessionEvents events)
{
    private readonly ConcurrentDictionary<RequestSession, byte> _requests = new();

    /// <summary>Whether there is a sweep.</summary>
    public bool AreNoted { get; set; }

    public void Enter(RequestSession session)
    {
        if (AreNoted && events.TellsOfEnds)
        {
            _requests.TryAdd(session, 0);
        }
    }

    public void Leave(RequestSession session)
    {
        if (AreNoted)
        {
            _requests.TryRemove(session, out _);
        }
    }

    /// <summary>The sessions that running requests use.</summary>
    public HashSet<Guid> Sessions() => [.. _requests.Keys.Select(request => request.Record?.Id).OfType<Guid>()];
}
