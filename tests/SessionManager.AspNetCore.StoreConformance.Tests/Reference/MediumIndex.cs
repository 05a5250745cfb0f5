namespace SessionManager.AspNetCore.StoreConformance.Tests.Reference;

/// <summary>What the medium has of a user: an entry of its own, beside the records.</summary>
public sealed record MediumIndex
{
    public required IReadOnlyList<Guid> Ids { get; init; }

    public required DateTimeOffset KeepUntil { get; init; }

    /// <summary>When the entry was written, by the caller's clock.</summary>
    public required DateTimeOffset WrittenAt { get; init; }
}
