using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>A copy of a record.</summary>
/// <param name="Session">The record as it was last seen.</param>
/// <param name="Content">The version that the last write of this content left. No other content was ever stored under
/// that version.</param>
/// <param name="Bytes">The bytes that the copy takes, about.</param>
internal sealed record LocalCopy(StoredSession Session, long Content, long Bytes)
{
    /// <summary>The copy of the same content after touches.</summary>
    public LocalCopy At(long version, DateTimeOffset lastSeenAt) => this with
    {
        Session = new StoredSession
        {
            Id = Session.Id,
            Version = version,
            Header = Session.Header,
            LastSeenAt = lastSeenAt,
            StartedAt = Session.StartedAt,
            Values = Session.Values,
            ValueBytes = Session.ValueBytes,
        },
    };
}
