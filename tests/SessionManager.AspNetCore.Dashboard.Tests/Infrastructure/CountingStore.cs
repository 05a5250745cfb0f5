using SessionManager.AspNetCore.Storage;

namespace SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

/// <summary>Counts what is asked of a store, and fails when it is told to.</summary>
internal sealed class CountingStore(ISessionRecordStore inner) : ISessionRecordStore, ILocalSessions
{
    private int _calls;
    private int _records;

    public string Name => inner.Name;

    public bool IsDown { get; set; }

    /// <summary>The calls since the last reset.</summary>
    public int Calls => _calls;

    /// <summary>The records that were read since the last reset.</summary>
    public int Records => _records;

    public void Reset() => (_calls, _records) = (0, 0);

    public async ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) =>
        Read(1, await Counted().LoadAsync(id, cancellationToken));

    public ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken = default) =>
        Counted().WriteAsync(write, cancellationToken);

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default) =>
        Counted().TouchAsync(touch, cancellationToken);

    public async ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(string userId, CancellationToken cancellationToken = default)
    {
        var found = await Counted().FindByUserAsync(userId, cancellationToken);
        return Read(found.Count, found);
    }

    public async ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default)
    {
        var page = await Counted().ListAsync(after, count, cancellationToken);
        return Read(page.Count, page);
    }

    (int Anonymous, int SignedIn) ILocalSessions.Count(DateTimeOffset now) => ((ILocalSessions)inner).Count(now);

    IEnumerable<Guid> ILocalSessions.ListExpired(DateTimeOffset now) => ((ILocalSessions)inner).ListExpired(now);

    private T Read<T>(int records, T result)
    {
        Interlocked.Add(ref _records, records);
        return result;
    }

    private ISessionRecordStore Counted()
    {
        Count();
        return inner;
    }

    private void Count()
    {
        Interlocked.Increment(ref _calls);
        if (IsDown)
        {
            throw new SessionStoreException("The session store 'memory' failed: IOException: the disk is on fire.");
        }
    }
}
