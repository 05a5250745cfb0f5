using System.Collections.Concurrent;

namespace SessionManager.AspNetCore.Pipeline;

/// <summary>
/// The running requests, whose sessions a sweep does not end. A request that found its session alive may save the
/// session, however long the request runs. Requests are tracked only while a sweep may end sessions, that is, while the
/// application handles the event.
/// </summary>
internal sealed class RunningRequests(SessionEvents events)
{
    private readonly ConcurrentDictionary<RequestSession, byte> _requests = new();

    /// <summary>Whether there is a sweep.</summary>
    public bool IsSwept { get; set; }

    /// <summary>Whether requests are tracked, because a sweep may end sessions.</summary>
    public bool AreNoted => IsSwept && events.TellsOfEnds;

    public void Enter(RequestSession session) => _requests.TryAdd(session, 0);

    public void Leave(RequestSession session) => _requests.TryRemove(session, out _);

    /// <summary>Returns the sessions of the running requests.</summary>
    public HashSet<Guid> Sessions() => [.. _requests.Keys.Select(request => request.Record?.Id).OfType<Guid>()];
}
