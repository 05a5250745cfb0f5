namespace SessionManager.AspNetCore.Storage;

/// <summary>One use of a session that changes nothing but the time of its last use.</summary>
public sealed class SessionTouch
{
    /// <summary>The id of the record.</summary>
    public required Guid Id { get; init; }

    /// <summary>The version that the touch leaves: random and never 0.</summary>
    public required long NewVersion { get; init; }

    /// <summary>When the session was used, in whole milliseconds. It is the time of the touch by the caller's clock
    /// too.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>Until when the record is to be kept. A touch may be decided on an older record than the stored one, so
    /// a store keeps the later one of this and the stored time.</summary>
    public required DateTimeOffset KeepUntil { get; init; }

    /// <summary>The user under whom the record was found when the touch was decided; the default is
    /// <see langword="null"/>: under nobody. The touch does not replace the stored user, who may be another one by
    /// now. A store whose index may lose entries writes the entry of this user again.</summary>
    public string? UserId { get; init; }

    /// <summary>When the session started, as the caller knows it. The touch does not replace the stored time.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>Until when index entries are to be kept; see <see cref="SessionWrite.IndexUntil"/>.</summary>
    public required DateTimeOffset IndexUntil { get; init; }

    /// <summary>How long the record is to be kept from the touch on, for a store that counts down.</summary>
    public TimeSpan TimeToLive => KeepUntil - LastSeenAt;

    /// <summary>The record after this touch, for a store that keeps records as objects.</summary>
    /// <param name="before">The stored record, which was seen earlier.</param>
    public StoredSession ApplyTo(StoredSession before)
    {
        ArgumentNullException.ThrowIfNull(before);
        return new StoredSession
        {
            Id = before.Id,
            Version = NewVersion,
            Header = before.Header,
            LastSeenAt = LastSeenAt,
            StartedAt = before.StartedAt,
            Values = before.Values,
            ValueBytes = before.ValueBytes,
        };
    }

    /// <summary>The id in its public form: this may end up in a log.</summary>
    public override string ToString() => Id.ToString();
}
