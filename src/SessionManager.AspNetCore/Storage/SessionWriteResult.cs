using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Storage;

/// <summary>What became of a <see cref="SessionWrite"/>.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly struct SessionWriteResult : IEquatable<SessionWriteResult>
{
    private SessionWriteResult(bool isSwapped, StoredSession? current) => (IsSwapped, Current) = (isSwapped, current);

    /// <summary>The write is stored, by this call or by an earlier one of the very same write.</summary>
    public static SessionWriteResult Swapped { get; } = new(true, null);

    /// <summary>Whether the write is stored.</summary>
    public bool IsSwapped { get; }

    /// <summary>What is stored instead, with all its values; <see langword="null"/> when there is no record, or the write is stored.</summary>
    public StoredSession? Current { get; }

    /// <summary>The stored version was another one, and nothing was changed.</summary>
    /// <param name="current">What is stored, with all its values; <see langword="null"/> when there is no record.</param>
    public static SessionWriteResult Moved(StoredSession? current) => new(false, current);

    /// <inheritdoc/>
    public bool Equals(SessionWriteResult other) => IsSwapped == other.IsSwapped && ReferenceEquals(Current, other.Current);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SessionWriteResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IsSwapped, Current);

    /// <summary>Whether both say the same.</summary>
    public static bool operator ==(SessionWriteResult left, SessionWriteResult right) => left.Equals(right);

    /// <summary>Whether the two say different things.</summary>
    public static bool operator !=(SessionWriteResult left, SessionWriteResult right) => !left.Equals(right);
}
