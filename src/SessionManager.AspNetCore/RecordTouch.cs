namespace SessionManager.AspNetCore;

/// <summary>What a store needs to know to move <see cref="SessionRecord.LastSeenAt"/> on behalf of a request.</summary>
/// <param name="SecretHash">SHA-256 of the secret the request brought. A load with another never touches.</param>
/// <param name="Now">The time of the request.</param>
/// <param name="Allowed">Whether the request may touch at all.</param>
public readonly record struct RecordTouch(ReadOnlyMemory<byte> SecretHash, DateTimeOffset Now, bool Allowed)
{
    /// <summary>Nothing of the hash: this may end up in a log.</summary>
    public override string ToString() => nameof(RecordTouch);
}
