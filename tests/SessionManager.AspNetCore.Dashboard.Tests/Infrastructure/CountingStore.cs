namespace SessionManager.AspNetCore.Dashboard.Tests.Infrastructure;

/// <summary>Counts what is asked of a store, and fails when it is told to.</summary>
internal sealed class CountingStore(ISessionRecords inner) : ISessionRecords
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

    public ValueTask<SessionLookup> LoadAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default)
    {
        Count();
        Interlocked.Increment(ref _records);
        return inner.LoadAsync(id, touch, cancellationToken);
    }

    public ValueTask<bool> TouchAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default) => Counted().TouchAsync(id, touch, cancellationToken);

    public ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default) => Counted().CommitAsync(commit, cancellationToken);

    public ValueTask<bool> EndAsync(Guid id, SessionEndReason reason, string? onlyOfUser = null, CancellationToken cancellationToken = default) =>
        Counted().EndAsync(id, reason, onlyOfUser, cancellationToken);

    public ValueTask<bool> EndExpiredAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        Counted().EndExpiredAsync(id, now, cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>?> AdmitAsync(string userId, SessionMember member, int? limit, CancellationToken cancellationToken = default) =>
        Counted().AdmitAsync(userId, member, limit, cancellationToken);

    public ValueTask DismissAsync(string userId, SessionMember member, CancellationToken cancellationToken = default) =>
        Counted().DismissAsync(userId, member, cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>> FindMembersAsync(string userId, CancellationToken cancellationToken = default) =>
        Counted().FindMembersAsync(userId, cancellationToken);

    public ValueTask RevokeUnlistedAsync(string userId, Guid? exceptId, CancellationToken cancellationToken = default) =>
        Counted().RevokeUnlistedAsync(userId, exceptId, cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>> FindOwnedAsync(string ownerId, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        Counted().FindOwnedAsync(ownerId, now, cancellationToken);

    public ValueTask<bool> EndOwnedAsync(Guid id, SessionEndReason reason, string ownerId, CancellationToken cancellationToken = default) =>
        Counted().EndOwnedAsync(id, reason, ownerId, cancellationToken);

    public ValueTask EraseUnlistedAsync(string ownerId, CancellationToken cancellationToken = default) =>
        Counted().EraseUnlistedAsync(ownerId, cancellationToken);

    public async IAsyncEnumerable<SessionRecord> ListAsync(
        DateTimeOffset now, SessionMember? after = null, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Count();
        await foreach (var record in inner.ListAsync(now, after, cancellationToken))
        {
            Interlocked.Increment(ref _records);
            yield return record;
        }
    }

    public (int Anonymous, int SignedIn)? CountLive(DateTimeOffset now) => inner.CountLive(now);

    private ISessionRecords Counted()
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
