namespace SessionManager.AspNetCore.Storage;

/// <summary>A use of a session that changes only the time of its last use.</summary>
public sealed class SessionTouch
{
    /// <summary>The id of the record.</summary>
    public required Guid Id { get; init; }

    /// <summary>The version that the touch leaves: a random number of any sign, and never 0.</summary>
    public required long NewVersion { get; init; }

    /// <summary>The time of the use, in whole milliseconds by the caller's clock. It is also the time of the
    /// touch.</summary>
    public required DateTimeOffset LastSeenAt { get; init; }

    /// <summary>The time until which the store keeps the record. The touch may be based on an older record than the
    /// stored record, so a store keeps the later of this time and the stored time.</summary>
    public required DateTimeOffset KeepUntil { get; init; }

    /// <summary>The user under whom the caller found the record; the default is <see langword="null"/>, which stands
    /// for no user. The touch does not replace the stored user, who may have changed meanwhile. A store whose index may
    /// lose entries writes the entry of this user again.</summary>
    public string? UserId { get; init; }

    /// <summary>The time at which the session started, as the caller knows it. The touch does not replace the stored
    /// time.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The time until which the store keeps index entries; see
    /// <see cref="SessionWrite.IndexUntil"/>.</summary>
    public required DateTimeOffset IndexUntil { get; init; }

    /// <summary>How long the store keeps the record after the touch, for a store that counts down.</summary>
    public TimeSpan TimeToLive => KeepUntil - LastSeenAt;

    /// <summary>Returns the record after this touch, for a store that keeps records as objects.</summary>
    /// <param name="before">The stored record, whose last use was earlier.</param>
    /// <returns>The record to store.</returns>
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

    /// <summary>Returns the id in its public form, which may be logged.</summary>
    /// <returns>The id.</returns>
    public override string ToString() => Id.ToString();
}
