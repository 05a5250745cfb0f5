using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.StoreConformance.Tests.Reference;

/// <summary>What the medium has under an id.</summary>
public sealed record MediumRecord
{
    public required StoredSession Session { get; init; }

    public required string? UserId { get; init; }

    public required DateTimeOffset KeepUntil { get; init; }

    /// <summary>When the record was written or touched, by the caller's clock.</summary>
    public required DateTimeOffset WrittenAt { get; init; }

    /// <summary>Whether the bytes of the record can be read.</summary>
    public StoredSessionStatus Status { get; init; }
}
