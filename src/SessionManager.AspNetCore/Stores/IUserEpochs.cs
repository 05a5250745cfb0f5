namespace SessionManager.AspNetCore.Stores;

/// <summary>
/// The epochs of users, in a store whose list of a user's sessions may miss some. A revocation writes a new epoch, blindly and first. A load of a
/// signed-in session compares the epoch with that of the session's header, so a revocation reaches sessions that no list has.
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
    /// <param name="timeToLive">How long the epoch is to be kept.</param>
    /// <param name="cancellationToken">Cancels waiting.</param>
    ValueTask SaveEpochAsync(
        string userId, byte[] epoch, TimeSpan timeToLive, CancellationToken cancellationToken = default);
}
