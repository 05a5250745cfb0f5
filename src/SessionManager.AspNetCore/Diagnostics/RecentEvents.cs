namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>
/// Remembers the log events of the last minute by event and session, so that a browser that keeps sending a dead cookie
/// does not fill the log. The table has a fixed size. An attacker with invented tokens can only replace entries, whose
/// events are then logged once more. The table needs neither a lock nor a timer.
/// </summary>
internal sealed class RecentEvents
{
    private const int Size = 4096;
    private const uint Seconds = 60;

    // An entry is a fingerprint of the event and the session, and the second in which the event was logged.
    private readonly ulong[] _places = new ulong[Size];

    /// <summary>Returns whether an event has not been logged within the last minute. Only one of several concurrent
    /// callers gets <see langword="true"/>.</summary>
    /// <param name="eventId">The event.</param>
    /// <param name="sessionId">The session; the same id for all events without a session.</param>
    /// <param name="now">The time.</param>
    public bool IsFirst(int eventId, Guid sessionId, DateTimeOffset now)
    {
        // Each process has its own seed, so no client can choose an id that replaces a certain entry.
        ref var place = ref _places[(uint)HashCode.Combine(sessionId, eventId) % Size];
        var fingerprint = (uint)HashCode.Combine(eventId, sessionId) | 1;
        var second = (uint)now.ToUnixTimeSeconds();
        var written = ((ulong)fingerprint << 32) | second;
        while (true)
        {
            var found = Volatile.Read(ref place);

            // After a step back of the clock, the entry counts as very old.
            if ((uint)(found >> 32) == fingerprint && second - (uint)found < Seconds)
            {
                return false;
            }

            if (Interlocked.CompareExchange(ref place, written, found) == found)
            {
                return true;
            }
        }
    }
}
