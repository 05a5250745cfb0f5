using System.Collections.ObjectModel;

namespace SessionManager.AspNetCore.Storage;

/// <summary>One write of a record: what changes of it, and the version it was decided on.</summary>
public sealed class SessionWrite
{
    /// <summary>The id of the record.</summary>
    public required Guid Id { get; init; }

    /// <summary>The version that must be stored; 0: there must be no record, or one that the store can't
    /// read.</summary>
    public required long ExpectedVersion { get; init; }

    /// <summary>The version that the write leaves: 64 random bits, never 0, and the same only when the very same write
    /// is sent again.</summary>
    public required long NewVersion { get; init; }

    /// <summary>The header, which replaces the stored one.</summary>
    public required ReadOnlyMemory<byte> Header { get; init; }

    /// <summary>When the session was last seen, in whole milliseconds. A store keeps the later one of this and the
    /// stored time.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>The user under whom the record is found; the default is <see langword="null"/>: under nobody. It
    /// replaces the stored user.</summary>
    public string? UserId { get; init; }

    /// <summary>When the session started, in whole milliseconds. It replaces the stored time.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Whether <see cref="UserId"/> or <see cref="StartedAt"/> may differ from what is
    /// stored: a store with an index of its own has to write the index only then. The default is
    /// <see langword="true"/>, and a write that expects no record never says otherwise.</summary>
    public bool MovesIndex { get; init; } = true;

    /// <summary>Whether the session has ended for good with this write. A tombstone is a record like others: it is
    /// kept, so that nothing begins under its id again, and it is loaded, written and touched. It need not be found or
    /// listed any more. Its values are dropped because <see cref="DropsValues"/> says so. The default is
    /// <see langword="false"/>.</summary>
    public bool IsTombstone { get; init; }

    /// <summary>The time of the write by the caller's clock, in whole milliseconds.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Until when the record is to be kept. It is never earlier than what a former write has said.</summary>
    public required DateTimeOffset KeepUntil { get; init; }

    /// <summary>Until when a store keeps the index entry that it has beside the record: until the session has ended,
    /// however much it is used. An entry that several sessions share is kept until the latest of their times. A store
    /// whose index is part of the record does not need this time.</summary>
    public required DateTimeOffset IndexUntil { get; init; }

    /// <summary>How long the record is to be kept from <see cref="Now"/> on, for a store that counts down.</summary>
    public TimeSpan TimeToLive => KeepUntil - Now;

    /// <summary>Whether all stored values are dropped before <see cref="Values"/> are written. The default is
    /// <see langword="false"/>.</summary>
    public bool DropsValues { get; init; }

    /// <summary>The values set, and with <see langword="null"/> the keys removed, which need not be stored. An empty
    /// value is a value. All other values stay. The default is none.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> Values { get; init; } =
        ReadOnlyDictionary<string, ReadOnlyMemory<byte>?>.Empty;

    /// <summary>The record after this write, for a store that keeps records as objects.</summary>
    /// <param name="before">The stored record; <see langword="null"/> when there is none. A record that could not be
    /// read counts as none.</param>
    public StoredSession ApplyTo(StoredSession? before)
    {
        var values = DropsValues || before is null
            ? new Dictionary<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal)
            : new Dictionary<string, ReadOnlyMemory<byte>>(before.Values, StringComparer.Ordinal);
        foreach (var (key, value) in Values)
        {
            if (value is { } set)
            {
                values[key] = set;
            }
            else
            {
                values.Remove(key);
            }
        }

        return new StoredSession
        {
            Id = Id,
            Version = NewVersion,
            Header = Header,
            LastSeenAt = before?.LastSeenAt > LastSeenAt ? before.LastSeenAt : LastSeenAt,
            StartedAt = StartedAt,
            Values = values,
        };
    }

    /// <summary>The id in its public form: this may end up in a log.</summary>
    public override string ToString() => Id.ToString();
}
