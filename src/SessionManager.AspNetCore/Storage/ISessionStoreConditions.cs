namespace SessionManager.AspNetCore.Storage;

/// <summary>An optional feature of a store: it tells what weakens its promises although the store works, such as a
/// server that evicts sessions. The health check then reports <c>Degraded</c>. Without this feature, a store whose
/// probe succeeds is healthy.</summary>
public interface ISessionStoreConditions
{
    /// <summary>Asks the medium what weakens the promises of the store now. A condition that the medium refuses to tell
    /// is left out.</summary>
    /// <param name="cancellationToken">Cancels waiting.</param>
    /// <returns>One or more sentences for each condition, which say what to change, and name no address, key, user or
    /// value; empty when nothing weakens the promises.</returns>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time.</exception>
    ValueTask<IReadOnlyList<string>> FindConditionsAsync(CancellationToken cancellationToken = default);
}
