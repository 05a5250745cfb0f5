namespace SessionManager.AspNetCore.Storage;

/// <summary>What a store can do beside <see cref="ISessionRecordStore"/>: prove that its medium works, for a health
/// check. Without it, the health check loads a record that does not exist, which proves that the store reads, and no
/// more.</summary>
public interface ISessionStoreProbe
{
    /// <summary>
    /// Writes something where sessions are kept, reads it and removes it. It leaves nothing behind, or nothing for
    /// longer than a minute, and is never among the sessions that are found or listed.
    /// </summary>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <exception cref="SessionStoreException">The medium failed, did not answer in time, or gave back something
    /// else.</exception>
    ValueTask ProbeAsync(CancellationToken cancellationToken = default);
}
