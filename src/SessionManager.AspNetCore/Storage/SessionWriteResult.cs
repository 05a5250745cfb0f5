using System.Runtime.InteropServices;

namespace SessionManager.AspNetCore.Storage;

/// <summary>The result of a <see cref="SessionWrite"/>.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly struct SessionWriteResult : IEquatable<SessionWriteResult>
{
    private SessionWriteResult(bool isSwapped, StoredSession? current) => (IsSwapped, Current) = (isSwapped, current);

    /// <summary>The result of a stored write. This call or an earlier call with the same write has stored it.</summary>
    public static SessionWriteResult Swapped { get; } = new(true, null);

    /// <summary>Whether the write is stored.</summary>
    public bool IsSwapped { get; }

    /// <summary>The stored record with all its values, when the write was refused; <see langword="null"/> when there is
    /// no record, or when the write is stored.</summary>
    public StoredSession? Current { get; }

    /// <summary>Creates the result of a write that was refused because the stored version is not the expected
    /// version.</summary>
    /// <param name="current">The stored record with all its values; <see langword="null"/> when there is no
    /// record.</param>
    /// <returns>The result.</returns>
    public static SessionWriteResult Moved(StoredSession? current) => new(false, current);

    /// <inheritdoc/>
    public bool Equals(SessionWriteResult other) =>
        IsSwapped == other.IsSwapped && ReferenceEquals(Current, other.Current);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SessionWriteResult other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IsSwapped, Current);

    /// <summary>Returns whether two results are equal.</summary>
    /// <param name="left">The first result.</param>
    /// <param name="right">The second result.</param>
    /// <returns>Whether the results are equal.</returns>
    public static bool operator ==(SessionWriteResult left, SessionWriteResult right) => left.Equals(right);

    /// <summary>Returns whether two results differ.</summary>
    /// <param name="left">The first result.</param>
    /// <param name="right">The second result.</param>
    /// <returns>Whether the results differ.</returns>
    public static bool operator !=(SessionWriteResult left, SessionWriteResult right) => !left.Equals(right);
}
