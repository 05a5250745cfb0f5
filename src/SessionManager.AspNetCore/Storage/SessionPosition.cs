namespace SessionManager.AspNetCore.Storage;

/// <summary>The position of a record in a list. Records are sorted by the time at which their sessions started, and
/// then by the bytes of their ids (big-endian, which is the order of their texts).</summary>
/// <param name="startedAt">When the session started, in whole milliseconds.</param>
/// <param name="id">The session.</param>
public sealed class SessionPosition(DateTimeOffset startedAt, Guid id)
    : IComparable<SessionPosition>, IEquatable<SessionPosition>
{
    /// <summary>Compares records by position. The session that started first comes first.</summary>
    public static IComparer<StoredSession> OldestFirst { get; } =
        Comparer<StoredSession>.Create(static (left, right) => Of(left).CompareTo(Of(right)));

    /// <summary>When the session started.</summary>
    public DateTimeOffset StartedAt { get; } = startedAt;

    /// <summary>The session.</summary>
    public Guid Id { get; } = id;

    /// <summary>Returns the position of a record.</summary>
    /// <param name="session">The record.</param>
    /// <returns>The position.</returns>
    public static SessionPosition Of(StoredSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return new SessionPosition(session.StartedAt, session.Id);
    }

    /// <inheritdoc/>
    public int CompareTo(SessionPosition? other) =>
        other is null ? 1
        : StartedAt != other.StartedAt ? StartedAt.CompareTo(other.StartedAt)
        : Id.CompareTo(other.Id);

    /// <inheritdoc/>
    public bool Equals(SessionPosition? other) => CompareTo(other) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SessionPosition);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(StartedAt, Id);

    /// <summary>Returns whether two positions are equal.</summary>
    /// <param name="left">The first position.</param>
    /// <param name="right">The second position.</param>
    /// <returns>Whether the comparison holds.</returns>
    public static bool operator ==(SessionPosition? left, SessionPosition? right) =>
        left is null ? right is null : left.Equals(right);

    /// <summary>Returns whether two positions differ.</summary>
    /// <param name="left">The first position.</param>
    /// <param name="right">The second position.</param>
    /// <returns>Whether the comparison holds.</returns>
    public static bool operator !=(SessionPosition? left, SessionPosition? right) => !(left == right);

    /// <summary>Returns whether the first position is before the second.</summary>
    /// <param name="left">The first position.</param>
    /// <param name="right">The second position.</param>
    /// <returns>Whether the comparison holds.</returns>
    public static bool operator <(SessionPosition? left, SessionPosition? right) =>
        left is null ? right is not null : left.CompareTo(right) < 0;

    /// <summary>Returns whether the first position is not after the second.</summary>
    /// <param name="left">The first position.</param>
    /// <param name="right">The second position.</param>
    /// <returns>Whether the comparison holds.</returns>
    public static bool operator <=(SessionPosition? left, SessionPosition? right) =>
        left is null || left.CompareTo(right) <= 0;

    /// <summary>Returns whether the first position is after the second.</summary>
    /// <param name="left">The first position.</param>
    /// <param name="right">The second position.</param>
    /// <returns>Whether the comparison holds.</returns>
    public static bool operator >(SessionPosition? left, SessionPosition? right) => right < left;

    /// <summary>Returns whether the first position is not before the second.</summary>
    /// <param name="left">The first position.</param>
    /// <param name="right">The second position.</param>
    /// <returns>Whether the comparison holds.</returns>
    public static bool operator >=(SessionPosition? left, SessionPosition? right) => right <= left;
}
