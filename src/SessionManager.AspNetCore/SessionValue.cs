namespace SessionManager.AspNetCore;

/// <summary>A stored value: its bytes, and how to read them.</summary>
/// <param name="kind">How to read the bytes.</param>
/// <param name="data">The bytes. They must not change any more.</param>
public readonly struct SessionValue(SessionValueKind kind, ReadOnlyMemory<byte> data) : IEquatable<SessionValue>
{
    /// <summary>How to read the bytes.</summary>
    public SessionValueKind Kind { get; } = kind;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Data { get; } = data;

    /// <summary>Whether both are of one kind and have the same bytes.</summary>
    public bool Equals(SessionValue other) => Kind == other.Kind && Data.Span.SequenceEqual(other.Data.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SessionValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Data.Length);

    /// <summary>The kind and the length, never the value: this may end up in a log.</summary>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Kind} ({Data.Length} bytes)");

    /// <summary>Whether both are of one kind and have the same bytes.</summary>
    public static bool operator ==(SessionValue left, SessionValue right) => left.Equals(right);

    /// <summary>Whether they differ in kind or bytes.</summary>
    public static bool operator !=(SessionValue left, SessionValue right) => !left.Equals(right);
}
