namespace SessionManager.AspNetCore.Storage;

/// <summary>
/// Keeps the epochs of users, for a store that may not find all sessions of a user. A revocation first replaces
/// the epoch, whatever is stored. A load of a signed-in session compares the epoch with the epoch in the session's
/// header. A revocation therefore reaches the sessions that the store does not find.
/// </summary>
internal interface IUserEpochs
{
    /// <summary>Loads the epoch of a user, byte for byte as it was saved.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>The epoch; <see langword="null"/> when the user's sessions were never revoked.</returns>
    ValueTask<byte[]?> LoadEpochAsync(string userId, CancellationToken cancellationToken = default);

    /// <summary>Saves the epoch of a user, whatever is stored.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="epoch">The epoch.</param>
    /// <param name="timeToLive">How long the store keeps the epoch.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    ValueTask SaveEpochAsync(
        string userId, byte[] epoch, TimeSpan timeToLive, CancellationToken cancellationToken = default);
}
