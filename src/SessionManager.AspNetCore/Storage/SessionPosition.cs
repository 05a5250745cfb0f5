namespace SessionManager.AspNetCore.Storage;

/// <summary>The position of a record in a list: by the time it started, and by the bytes of its id (big-endian, the
/// order of its text) among those of one time.</summary>
/// <param name="startedAt">When the session started, in whole milliseconds.</param>
/// <param name="id">The session.</param>
public sealed class SessionPosition(DateTimeOffset startedAt, Guid id) : IComparable<SessionPosition>, IEquatable<SessionPosition>
{
    /// <summary>Sorts records by position, the one that started first in front.</summary>
    public static IComparer<StoredSession> OldestFirst { get; } =
        Comparer<StoredSession>.Create(static (left, right) => Of(left).CompareTo(Of(right)));

    /// <summary>When the session started.</summary>
    public DateTimeOffset StartedAt { get; } = startedAt;

    /// <summary>The session.</summary>
    public Guid Id { get; } = id;

    /// <summary>The position of a record.</summary>
    /// <param name="session">The record.</param>
    public static SessionPosition Of(StoredSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return new SessionPosition(session.StartedAt, session.Id);
    }

    /// <inheritdoc/>
    public int CompareTo(SessionPosition? other) =>
        other is null ? 1 : StartedAt != other.StartedAt ? StartedAt.CompareTo(other.StartedAt) : Id.CompareTo(other.Id);

    /// <inheritdoc/>
    public bool Equals(SessionPosition? other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SessionPosition);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(StartedAt, Id);

    /// <summary>Whether both are the same position.</summary>
    public static bool operator ==(SessionPosition? left, SessionPosition? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether the two are different positions.</summary>
    public static bool operator !=(SessionPosition? left, SessionPosition? right) => !(left == right);

    /// <summary>Whether the first started before the second.</summary>
    public static bool operator <(SessionPosition? left, SessionPosition? right) => left is null ? right is not null : left.CompareTo(right) < 0;

    /// <summary>Whether the first did not start after the second.</summary>
    public static bool operator <=(SessionPosition? left, SessionPosition? right) => left is null || left.CompareTo(right) <= 0;

    /// <summary>Whether the first started after the second.</summary>
    public static bool operator >(SessionPosition? left, SessionPosition? right) => right < left;

    /// <summary>Whether the first did not start before the second.</summary>
    public static bool operator >=(SessionPosition? left, SessionPosition? right) => right <= left;
}
