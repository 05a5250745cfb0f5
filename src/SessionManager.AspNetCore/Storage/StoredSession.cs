using System.Collections.ObjectModel;

namespace SessionManager.AspNetCore.Storage;

/// <summary>A stored record. The object does not change.</summary>
public sealed class StoredSession
{
    // Numbers: a load makes one of these objects, and these fields take half of what the types of the properties take.
    private readonly long _lastSeenAt;
    private readonly long _startedAt;
    private readonly int _valueBytes = -1;
    private readonly byte _status;

    /// <summary>The id of the record.</summary>
    public required Guid Id { get; init; }

    /// <summary>The version that the last write or touch has left, which is never 0. A record that is not
    /// <see cref="StoredSessionStatus.Whole"/> has the version 0, so a write that expects 0 replaces the record. The
    /// other properties of such a record have no meaning.</summary>
    public long Version { get; init; }

    /// <summary>Whether the record could be read. The default is <see cref="StoredSessionStatus.Whole"/>.</summary>
    public StoredSessionStatus Status
    {
        get => (StoredSessionStatus)_status;
        init => _status = (byte)value;
    }

    /// <summary>The header, byte for byte as it was written.</summary>
    public ReadOnlyMemory<byte> Header { get; init; }

    /// <summary>The time of the last use, in whole milliseconds.</summary>
    public DateTimeOffset LastSeenAt
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_lastSeenAt);
        init => _lastSeenAt = value.ToUnixTimeMilliseconds();
    }

    /// <summary>The time at which the session started, by the last write. The time decides the position of the record
    /// in a list.</summary>
    public DateTimeOffset StartedAt
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_startedAt);
        init => _startedAt = value.ToUnixTimeMilliseconds();
    }

    /// <summary>The values by key (ordinal), byte for byte as they were written. A store may decode the values when the
    /// caller reads them, on any thread. The default is no values.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Values { get; init; } =
        ReadOnlyDictionary<string, ReadOnlyMemory<byte>>.Empty;

    /// <summary>The number of bytes of all keys (as UTF-8) and values, if the store knows the number without counting.
    /// The default is <see langword="null"/>: the caller counts. A number above <see cref="int.MaxValue"/> counts
    /// as unknown.</summary>
    public long? ValueBytes
    {
        get => _valueBytes < 0 ? null : _valueBytes;
        init => _valueBytes = value is <= int.MaxValue ? (int)value : -1;
    }

    /// <summary>Returns the id in its public form, which may be logged.</summary>
    /// <returns>The id.</returns>
    public override string ToString() => Id.ToString();
}
