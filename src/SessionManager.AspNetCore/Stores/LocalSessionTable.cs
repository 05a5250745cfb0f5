namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The sessions that this process remembers, by id. A session takes 44 bytes, where a
/// <see cref="Dictionary{TKey, TValue}"/> takes 52 to 104, by how full it is. Not for several threads at once.
/// </summary>
/// <param name="longest">How long a session can live.</param>
internal sealed class LocalSessionTable(TimeSpan longest)
{
    /// <summary>The table that the sessions are in.</summary>
    public StableTable<Guid, LocalSession> Table { get; } = new();

    /// <summary>How many sessions there are.</summary>
    public int Count => Table.Count;

    /// <summary>The unit of <see cref="LocalSession.SeenAfter"/>, in milliseconds: one, unless sessions can live for
    /// more than 49 days.</summary>
    public long Unit { get; } = 1 + (long)(longest.TotalMilliseconds / uint.MaxValue);

    /// <summary>The session at a place.</summary>
    public ref LocalSession this[int place] => ref Table[place];

    /// <summary>When a session was last known to be used, in Unix milliseconds.</summary>
    public long SeenOf(in LocalSession session) => session.Started + (session.SeenAfter * Unit);

    /// <summary>What decides until when the session at a place lives.</summary>
    public SessionSpan SpanOf(int place)
    {
        ref var session = ref this[place];
        return new SessionSpan(
            session.Started, SeenOf(session), session.IsSignedIn, session.Idle, session.Absolute);
    }

    /// <summary>Sets when a session started and was last used.</summary>
    public void SetTimes(int place, long started, long seen)
    {
        ref var session = ref this[place];
        (session.Started, session.SeenAfter) = (started, (uint)Math.Clamp((seen - started) / Unit, 0, uint.MaxValue));
    }

    /// <summary>The place of a session; -1 when the session is not there.</summary>
    public int Find(Guid id) => Table.Find(id);

    /// <summary>Whether a session is there as it was loaded or saved.</summary>
    /// <param name="id">The session.</param>
    /// <param name="span">What was loaded or saved.</param>
    /// <param name="touchInterval">How much later a use must be to count, in milliseconds.</param>
    /// <param name="place">The place of the session; -1 when the session is not there.</param>
    public bool Knows(Guid id, in SessionSpan span, long touchInterval, out int place)
    {
        place = Table.Find(id);
        if (place < 0)
        {
            return false;
        }

        ref var known = ref Table[place];
        return known.Started == span.Started
            && known.IsSignedIn == span.IsSignedIn
            && known.Idle == span.Idle
            && known.Absolute == span.Absolute
            && span.Seen - known.Started - (known.SeenAfter * Unit) < touchInterval;
    }

    /// <summary>Adds a session that is not there.</summary>
    /// <returns>The place of the session, until it is removed.</returns>
    public int Add(Guid id) => Table.Add(new LocalSession { Id = id });

    /// <summary>Removes the session at a place.</summary>
    public void Remove(int place) => Table.Remove(place);
}
