using System.Collections.ObjectModel;

namespace SessionManager.AspNetCore.Storage;

/// <summary>A write of a record: its changes, and the version on which they are based.</summary>
public sealed class SessionWrite
{
    // Numbers: a write makes one of these objects, and these fields take half of what the types of the properties take.
    private readonly string? _userId;
    private readonly long _lastSeenAt;
    private readonly long _startedAt;
    private readonly long _now;
    private readonly long _keepUntil;
    private readonly long _indexUntil;

    /// <summary>The id of the record.</summary>
    public required Guid Id { get; init; }

    /// <summary>The version that must be stored; 0 when there must be no record, or only a record that the store can't
    /// read.</summary>
    public required long ExpectedVersion { get; init; }

    /// <summary>The version that the write leaves. It is a random number of any sign, and never 0. Only a repetition of
    /// the same write has the same version.</summary>
    public required long NewVersion { get; init; }

    /// <summary>The header, which replaces the stored header.</summary>
    public required ReadOnlyMemory<byte> Header { get; init; }

    /// <summary>Whether <see cref="Header"/> is the stored header, byte for byte. A store need not write it then. The
    /// default is <see langword="false"/>.</summary>
    public bool KeepsHeader { get; init; }

    /// <summary>The time of the last use, in whole milliseconds. A store keeps the later of this time and the stored
    /// time.</summary>
    public required DateTimeOffset LastSeenAt
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_lastSeenAt);
        init => _lastSeenAt = value.ToUnixTimeMilliseconds();
    }

    /// <summary>The user under whom the store finds the record, which replaces the stored user. The default is
    /// <see langword="null"/>: the store finds the record under no user.</summary>
    public string? UserId
    {
        get => IsTombstone ? null : _userId;
        init => _userId = value ?? _userId;
    }

    /// <summary>The time at which the session started, in whole milliseconds. It replaces the stored time.</summary>
    public required DateTimeOffset StartedAt
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_startedAt);
        init => _startedAt = value.ToUnixTimeMilliseconds();
    }

    /// <summary>Whether <see cref="UserId"/> or <see cref="StartedAt"/> may differ from the stored columns. Only then,
    /// a store with a separate index has to write the index. The default is <see langword="true"/>. A write that
    /// expects no record always has <see langword="true"/>.</summary>
    public bool MovesIndex { get; init; } = true;

    /// <summary>Whether the write ends the session for good. A store keeps a tombstone like any other record, so that
    /// no session begins under the id again, and loads, writes and touches it. A store need not find or list a
    /// tombstone. A tombstone has no values, because <see cref="DropsValues"/> is set. The default is
    /// <see langword="false"/>.</summary>
    public bool IsTombstone { get; init; }

    /// <summary>The user under whom the store found the record until now, with <see cref="IsTombstone"/>. A store with
    /// a separate index removes the entry of this user. The store does not store the user, because a tombstone keeps no
    /// data of the user. The default is <see langword="null"/>, which stands for no user.</summary>
    public string? FormerUserId
    {
        get => IsTombstone ? _userId : null;
        init => _userId = value ?? _userId;
    }

    /// <summary>The time of the write by the caller's clock, in whole milliseconds.</summary>
    public required DateTimeOffset Now
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_now);
        init => _now = value.ToUnixTimeMilliseconds();
    }

    /// <summary>The time until which the store keeps the record. It is never earlier than the time of an earlier
    /// write.</summary>
    public required DateTimeOffset KeepUntil
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_keepUntil);
        init => _keepUntil = value.ToUnixTimeMilliseconds();
    }

    /// <summary>The time until which the store keeps a separate index entry. By then, the session has ended, however
    /// much it is used. A store keeps an entry that several sessions share until the latest of their times. A store
    /// whose index is part of the record does not need this time.</summary>
    public required DateTimeOffset IndexUntil
    {
        get => DateTimeOffset.FromUnixTimeMilliseconds(_indexUntil);
        init => _indexUntil = value.ToUnixTimeMilliseconds();
    }

    /// <summary>How long the store keeps the record after <see cref="Now"/>, for a store that counts down.</summary>
    public TimeSpan TimeToLive => KeepUntil - Now;

    /// <summary>Whether all stored values are removed before <see cref="Values"/> are written. The default is
    /// <see langword="false"/>.</summary>
    public bool DropsValues { get; init; }

    /// <summary>The values to set; <see langword="null"/> removes a key, which need not be stored. An empty value is a
    /// value. All other values stay. The default is no change.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>?> Values { get; init; } =
        ReadOnlyDictionary<string, ReadOnlyMemory<byte>?>.Empty;

    /// <summary>Returns the record after this write, for a store that keeps records as objects.</summary>
    /// <param name="before">The stored record; <see langword="null"/> when there is none, or when the store can't read
    /// the record.</param>
    /// <returns>The record to store.</returns>
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

    /// <summary>Returns the id in its public form, which may be logged.</summary>
    /// <returns>The id.</returns>
    public override string ToString() => Id.ToString();
}
