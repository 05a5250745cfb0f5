namespace SessionManager.AspNetCore.Storage;

/// <summary>An optional feature of a store: it checks for the health check that its medium works. Without this feature,
/// the health check loads a record that does not exist, which only shows that the store can read.</summary>
public interface ISessionStoreProbe
{
    /// <summary>
    /// Writes an entry to the medium of the sessions, reads the entry and removes it. The entry stays for at most a
    /// minute, and is never among the sessions that the store finds or lists.
    /// </summary>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>A task that completes when the probe has succeeded.</returns>
    /// <exception cref="SessionStoreException">The medium failed, did not answer in time, or returned another
    /// entry.</exception>
    ValueTask ProbeAsync(CancellationToken cancellationToken = default);
}
