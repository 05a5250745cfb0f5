using System.Globalization;
using System.Text;

namespace SessionManager.AspNetCore.Rules;

/// <summary>A stored value: one byte for the kind, followed by the data.</summary>
/// <param name="stored">The kind and the data. The caller does not change these bytes any more.</param>
internal readonly struct SessionValue(ReadOnlyMemory<byte> stored) : IEquatable<SessionValue>
{
    /// <summary>The kind and the data.</summary>
    public ReadOnlyMemory<byte> Stored { get; } = stored;

    /// <summary>The kind, which says how to read the data.</summary>
    public SessionValueKind Kind => (SessionValueKind)Stored.Span[0];

    /// <summary>The data.</summary>
    public ReadOnlyMemory<byte> Data => Stored[1..];

    /// <summary>Creates a value from a copy of the data.</summary>
    public static SessionValue Of(SessionValueKind kind, ReadOnlySpan<byte> data)
    {
        var stored = new byte[1 + data.Length];
        stored[0] = (byte)kind;
        data.CopyTo(stored.AsSpan(1));
        return new SessionValue(stored);
    }

    /// <summary>Whether stored bytes have a known kind. A value of another kind is damaged, and counts as
    /// absent.</summary>
    public static bool IsReadable(ReadOnlyMemory<byte> stored) =>
        !stored.IsEmpty && stored.Span[0] <= (byte)SessionValueKind.Json;

    /// <summary>Returns the number of bytes of a key and its value, without the kind.</summary>
    public static long SizeOf(string key, ReadOnlyMemory<byte> stored) =>
        Encoding.UTF8.GetByteCount(key) + Math.Max(0, stored.Length - 1);

    /// <summary>Whether both are of one kind and have the same bytes.</summary>
    public bool Equals(SessionValue other) => Stored.Span.SequenceEqual(other.Stored.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is SessionValue other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Stored.Length;

    /// <summary>Returns the kind and the length without the data, which may be logged.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Kind} ({Data.Length} bytes)");

    /// <summary>Whether both are of one kind and have the same bytes.</summary>
    public static bool operator ==(SessionValue left, SessionValue right) => left.Equals(right);

    /// <summary>Whether the values differ in their kind or data.</summary>
    public static bool operator !=(SessionValue left, SessionValue right) => !left.Equals(right);
}
