namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The sessions that this process remembers, by id. It takes 44 bytes a session, where a <see cref="Dictionary{TKey, TValue}"/> takes 52 to 104,
/// by how full it is. Not for several threads at once.
/// </summary>
/// <param name="longest">How long a session can live.</param>
internal sealed class KnownSessions(TimeSpan longest)
{
    /// <summary>The table they are in.</summary>
    public StableTable<Guid, KnownSession> Table { get; } = new();

    /// <summary>How many there are.</summary>
    public int Count => Table.Count;

    /// <summary>In what units, in milliseconds, <see cref="KnownSession.SeenAfter"/> counts: one, unless sessions can live for more
    /// than 49 days.</summary>
    public long Unit { get; } = 1 + (long)(longest.TotalMilliseconds / uint.MaxValue);

    /// <summary>The session at a place.</summary>
    public ref KnownSession this[int place] => ref Table[place];

    /// <summary>When a session was last known to be used, in Unix milliseconds.</summary>
    public long SeenOf(in KnownSession session) => session.Started + (session.SeenAfter * Unit);

    /// <summary>What decides until when the session at a place lives.</summary>
    public LiveSpan SpanOf(int place)
    {
        ref var session = ref this[place];
        return new LiveSpan(session.Started, SeenOf(session), session.User is not null);
    }

    /// <summary>Sets when a session began and was last used.</summary>
    public void SetTimes(int place, long started, long seen)
    {
        ref var session = ref this[place];
        (session.Started, session.SeenAfter) = (started, (uint)Math.Clamp((seen - started) / Unit, 0, uint.MaxValue));
    }

    /// <summary>The place of a session; -1 when it is not there.</summary>
    public int Find(Guid id) => Table.Find(id);

    /// <summary>Adds a session that is not there.</summary>
    /// <returns>Its place, until it is removed.</returns>
    public int Add(Guid id) => Table.Add(new KnownSession { Id = id });

    /// <summary>Removes the session at a place.</summary>
    public void Remove(int place) => Table.Remove(place);
}
