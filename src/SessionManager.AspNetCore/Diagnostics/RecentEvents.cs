namespace SessionManager.AspNetCore.Diagnostics;

/// <summary>
/// Which log events were written of which session within the last minute, so that a browser that goes on bringing a dead cookie does not fill
/// the log. A table of a fixed size: whoever sends tokens of their own choice makes places anew and none more, and what they push out is only
/// written once more. Without a lock and without a timer.
/// </summary>
internal sealed class RecentEvents
{
    private const int Size = 4096;
    private const uint Seconds = 60;

    // Each place: a fingerprint of event and session, and the second in which it was written.
    private readonly ulong[] _places = new ulong[Size];

    /// <summary>Whether an event is to be written at its level: it was not within the last minute. Asked by several at once, one is told so.</summary>
    /// <param name="eventId">The event.</param>
    /// <param name="sessionId">The session; of an event of none, the same for all.</param>
    /// <param name="now">The time.</param>
    public bool IsFirst(int eventId, Guid sessionId, DateTimeOffset now)
    {
        // Seeded anew in each process, so nobody can choose an id that takes another's place.
        ref var place = ref _places[(uint)HashCode.Combine(sessionId, eventId) % Size];
        var fingerprint = (uint)HashCode.Combine(eventId, sessionId) | 1;
        var second = (uint)now.ToUnixTimeSeconds();
        var written = ((ulong)fingerprint << 32) | second;
        while (true)
        {
            var found = Volatile.Read(ref place);

            // A clock that stepped back makes it an age of a century.
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
