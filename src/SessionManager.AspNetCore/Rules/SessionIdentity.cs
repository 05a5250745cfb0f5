namespace SessionManager.AspNetCore.Rules;

/// <summary>The identity of a session after a sign-in, a sign-out or an impersonation.</summary>
/// <param name="UserId">The signed-in user; <see langword="null"/> when no user is signed in.</param>
/// <param name="OwnerId">The user to whom the session belongs or last belonged; <see langword="null"/> when the owner
/// stays.</param>
/// <param name="AuthenticatedAt">The time of the sign-in; <see langword="null"/> when no user is signed in.</param>
/// <param name="StartedAt">The time from which the absolute timeout counts; <see langword="null"/> when that time
/// stays. It stays with the terms of the sign-in, but no session has terms when no user is signed in: a sign-out that
/// ends terms begins the time anew.</param>
/// <param name="MovesGeneration">Whether <see cref="SessionRecord.Generation"/> goes up by one. It does unless the same
/// user signs in again.</param>
internal sealed record SessionIdentity(
    string? UserId, string? OwnerId, DateTimeOffset? AuthenticatedAt, DateTimeOffset? StartedAt, bool MovesGeneration)
{
    /// <summary>The data of the sign-in beside the user id, which replace the stored data. The default is
    /// none.</summary>
    public ReadOnlyMemory<byte> Principal { get; init; }

    /// <summary>What the sign-in asks for the session. The default is nothing.</summary>
    public SignInTerms? Terms { get; init; }

    /// <summary>The position among the user's sessions under a limit. The default is <see langword="null"/>, which
    /// stands for the time of the sign-in.</summary>
    public long? Order { get; init; }
}
