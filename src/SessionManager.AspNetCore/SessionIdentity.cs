namespace SessionManager.AspNetCore;

/// <summary>Who the session belongs to after a sign-in, a sign-out or a change of user.</summary>
/// <param name="UserId">The signed-in user, or <see langword="null"/>.</param>
/// <param name="OwnerId">The user it belongs or last belonged to; <see langword="null"/> leaves that as it is.</param>
/// <param name="AuthenticatedAt">When the user signed in; <see langword="null"/> when nobody is.</param>
/// <param name="StartedAt">Where the absolute timeout counts from now; <see langword="null"/> leaves it.</param>
/// <param name="MovesGeneration">Whether <see cref="SessionRecord.Generation"/> goes up by one: always, except when the same
/// user signed in again.</param>
public sealed record SessionIdentity(
    string? UserId, string? OwnerId, DateTimeOffset? AuthenticatedAt, DateTimeOffset? StartedAt, bool MovesGeneration)
{
    /// <summary>What the authentication scheme keeps of the user beside the id; it replaces what was there. The default is nothing.</summary>
    public ReadOnlyMemory<byte> Principal { get; init; }
}
