using System.Collections.ObjectModel;

namespace SessionManager.AspNetCore.Storage;

/// <summary>A record as a store has it. It does not change.</summary>
public sealed class StoredSession
{
    /// <summary>The id the record is stored under.</summary>
    public required Guid Id { get; init; }

    /// <summary>The version that the last write or touch has left; never 0. A record that is not
    /// <see cref="StoredSessionStatus.Whole"/> has the version 0, and a write that expects 0 replaces it. Nothing else
    /// is to be known of such a record.</summary>
    public long Version { get; init; }

    /// <summary>Whether the record could be read. The default is <see cref="StoredSessionStatus.Whole"/>.</summary>
    public StoredSessionStatus Status { get; init; }

    /// <summary>The header, byte for byte as it was written. Only the caller knows what it says.</summary>
    public ReadOnlyMemory<byte> Header { get; init; }

    /// <summary>When the session was last seen, in whole milliseconds.</summary>
    public DateTimeOffset LastSeenAt { get; init; }

    /// <summary>When the session started, as the last write said. It is the position of the record in a list.</summary>
    public DateTimeOffset StartedAt { get; init; }

    /// <summary>The values by key (ordinal), byte for byte as they were written. A store may read them from bytes that
    /// it holds when they are asked for, by any thread. The default is none.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Values { get; init; } =
        ReadOnlyDictionary<string, ReadOnlyMemory<byte>>.Empty;

    /// <summary>The bytes of all keys (as UTF-8) and values together, where the store knows the number without
    /// counting. The default is <see langword="null"/>: whoever needs the number counts.</summary>
    public long? ValueBytes { get; init; }

    /// <summary>The id in its public form: this may end up in a log.</summary>
    public override string ToString() => Id.ToString();
}
