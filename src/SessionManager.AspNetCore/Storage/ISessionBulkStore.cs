namespace SessionManager.AspNetCore.Storage;

/// <summary>An optional feature of a store: it writes several records in one call of its medium. Without this feature,
/// a revocation of a user calls <see cref="ISessionRecordStore.WriteAsync"/> for each session.</summary>
public interface ISessionBulkStore
{
    /// <summary>
    /// Writes records, each exactly as <see cref="ISessionRecordStore.WriteAsync"/> does: whole or not at all, and on
    /// the condition of its own version. The writes are not one step together: some may be applied, and others refused.
    /// Two calls at the same time never wait for each other without an end, in whatever order their writes stand.
    /// </summary>
    /// <param name="writes">The writes, of records with different ids.</param>
    /// <param name="cancellationToken">Cancels waiting. The writes may be applied all the same, and later.</param>
    /// <returns>The results, in the order of the writes.</returns>
    /// <exception cref="SessionStoreException">The medium failed or did not answer in time. Each of the writes may have
    /// been applied, or may be applied later.</exception>
    ValueTask<IReadOnlyList<SessionWriteResult>> WriteAllAsync(
        IReadOnlyList<SessionWrite> writes, CancellationToken cancellationToken = default);
}
