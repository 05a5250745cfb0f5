using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Storage;
using SessionManager.AspNetCore.Diagnostics;
using SessionManager.AspNetCore.Pipeline;
using SessionManager.AspNetCore.Redis.Scripts;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Sessions as Redis hashes, one field a value. Every operation on one is one script, so it is atomic on all nodes, and one round trip.</summary>
internal sealed class RedisSessionStore : ISessionRecords
{
    private readonly SessionLifetime _lifetime;
    private readonly string _prefix;
    private readonly RedisCall _calls;
    private readonly RedisIndex _index;
    private readonly RedisScript _change;
    private readonly Action<Guid> _damaged;

    public RedisSessionStore(
        RedisConnection connection,
        IOptions<RedisStoreOptions> redis,
        IOptions<SessionManagerOptions> options,
        SessionLifetime lifetime,
        ILogger<RedisSessionStore> logger)
    {
        _damaged = logger.ValueRejected;
        (_lifetime, _prefix) = (lifetime, redis.Value.KeyPrefix ?? options.Value.KeyPrefix);
        _calls = new RedisCall(connection, new StoreCall(options.Value.IOTimeout, Name));
        _index = new RedisIndex(lifetime, _prefix, _calls);
        _change = SessionScripts.Change(lifetime);
    }

    public string Name => "redis";

    // A plain read, and a touch of its own when that is due: in Redis a script costs seven times what it reads.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<SessionLookup> LoadAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default)
    {
        var fields = await _calls.RunAsync(static (database, key) => database.HashGetAllAsync(key), KeyOf(id), id, cancellationToken);
        return fields is null ? new SessionLookup(SessionLookupStatus.Unreadable) : RedisRecord.Read(id, fields, _damaged);
    }

    public async ValueTask<bool> TouchAsync(Guid id, RecordTouch touch, CancellationToken cancellationToken = default) =>
        touch.Allowed && await RunAsync(SessionScripts.Touch, id, ArgumentsOf(touch), cancellationToken) is { } result && (int)result == 1;

    public ValueTask<SessionCommitResult> CommitAsync(SessionCommit commit, CancellationToken cancellationToken = default) =>
        commit is { ChangesValuesAlone: true, Touches: true, DropsValues: false, ExpectedKey: null }
            ? ChangeAsync(commit, cancellationToken)
            : CommitWholeAsync(commit, cancellationToken);

    public ValueTask<bool> EndAsync(Guid id, SessionEndReason reason, string? onlyOfUser = null, CancellationToken cancellationToken = default) =>
        EndAsync(
            SessionScripts.End,
            id,
            [(int)reason, Milliseconds(_lifetime.TombstoneTimeToLive), onlyOfUser is null ? "" : "u", onlyOfUser ?? ""],
            cancellationToken);

    public ValueTask<bool> EndOwnedAsync(Guid id, SessionEndReason reason, string ownerId, CancellationToken cancellationToken = default) =>
        EndAsync(SessionScripts.End, id, [(int)reason, Milliseconds(_lifetime.TombstoneTimeToLive), "o", ownerId], cancellationToken);

    public ValueTask<bool> EndExpiredAsync(Guid id, DateTimeOffset now, CancellationToken cancellationToken = default)
    {
        RedisValue[] arguments =
        [
            (int)SessionEndReason.Expired,
            Milliseconds(_lifetime.TombstoneTimeToLive),
            now.ToUnixTimeMilliseconds(),
            Milliseconds(_lifetime.IdleTimeout),
            Milliseconds(_lifetime.AbsoluteTimeout),
        ];
        return EndAsync(SessionScripts.EndExpired, id, arguments, cancellationToken);
    }

    public ValueTask<IReadOnlyList<SessionMember>?> AdmitAsync(string userId, SessionMember member, int? limit, CancellationToken cancellationToken = default) =>
        _index.AdmitAsync(userId, member, limit, cancellationToken);

    public ValueTask DismissAsync(string userId, SessionMember member, CancellationToken cancellationToken = default) =>
        _index.DismissAsync(userId, member, cancellationToken);

    public ValueTask<IReadOnlyList<SessionMember>> FindMembersAsync(string userId, CancellationToken cancellationToken = default) =>
        _index.FindAsync(userId, cancellationToken);

    // The notes are complete.
    public ValueTask RevokeUnlistedAsync(string userId, Guid? exceptId, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public ValueTask<IReadOnlyList<SessionMember>> FindOwnedAsync(string ownerId, DateTimeOffset now, CancellationToken cancellationToken = default) =>
        _index.FindOwnedAsync(ownerId, cancellationToken);

    // The notes are complete.
    public ValueTask EraseUnlistedAsync(string ownerId, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public IAsyncEnumerable<SessionRecord> ListAsync(DateTimeOffset now, SessionMember? after = null, CancellationToken cancellationToken = default) =>
        _index.ListAsync(now, after, cancellationToken);

    public async ValueTask ProbeAsync(CancellationToken cancellationToken = default)
    {
        var id = SessionToken.NewId();
        var result = await _calls.RunAsync(SessionScripts.Probe, string.Concat(_prefix, "probe:", id.ToString("N")), id, [id.ToString("N")], cancellationToken);
        if (result is null || (int)result != 1)
        {
            throw new SessionStoreException($"The session store '{Name}' gave back something else than was written.");
        }
    }

    internal static RedisValue Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<SessionCommitResult> ChangeAsync(SessionCommit commit, CancellationToken cancellationToken)
    {
        var outcome = await RunAsync(_change, commit.Id, RedisRecord.WriteChange(commit), cancellationToken);
        return new SessionCommitResult(outcome is null ? SessionCommitOutcome.Gone : (SessionCommitOutcome)(int)outcome);
    }

    private async ValueTask<SessionCommitResult> CommitWholeAsync(SessionCommit commit, CancellationToken cancellationToken)
    {
        if (commit.Identity?.OwnerId is { } ownerId)
        {
            // Before the session, and not beside it: when this process dies between the two, the session can still be found.
            await _index.NoteOwnerAsync(ownerId, new SessionMember(commit.Id, commit.Identity.StartedAt ?? commit.Now), cancellationToken);
        }

        // Sent together: one round trip.
        var noting = commit.Creates || commit.Identity?.StartedAt is not null
            ? _index.NoteAsync(commit.Id, commit.Identity?.StartedAt ?? commit.Now, cancellationToken).AsTask()
            : Task.CompletedTask;
        var committing = RunAsync(SessionScripts.Commit, commit.Id, RedisRecord.Write(commit, _lifetime), cancellationToken).AsTask();
        await Task.WhenAll(noting, committing);
        var result = await committing;
        return result is null
            ? new SessionCommitResult(SessionCommitOutcome.Gone)
            : new SessionCommitResult(
                (SessionCommitOutcome)(int)result[0],
                (int)result[1] == 1,
                result.Length > 2 ? RedisRecord.ReadValue((RedisValue)result[2]) : null);
    }

    private async ValueTask<bool> EndAsync(RedisScript script, Guid id, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        if (await RunAsync(script, id, arguments, cancellationToken) is not { } answer || (RedisResult[]?)answer is not [var ended, .. var owner])
        {
            return false;
        }

        if (owner is [{ IsNull: false } whose])
        {
            try
            {
                await _index.ForgetOwnerAsync((string)whose!, id, cancellationToken);
            }
            catch (SessionStoreException)
            {
                // The session has ended. Whoever reads the note finds that out, and the server removes it in the end.
            }
        }

        return (int)ended == 1;
    }

    private RedisValue[] ArgumentsOf(RecordTouch touch) =>
    [
        touch.Now.ToUnixTimeMilliseconds(),
        Milliseconds(_lifetime.TouchInterval),
        Milliseconds(_lifetime.AbsoluteTimeout),
        Milliseconds(_lifetime.RecordTimeToLive),
    ];

    private ValueTask<RedisResult?> RunAsync(RedisScript script, Guid id, RedisValue[] arguments, CancellationToken cancellationToken) =>
        _calls.RunAsync(script, KeyOf(id), id, arguments, cancellationToken);

    private string KeyOf(Guid id) => string.Concat(_prefix, id.ToString("N"));
}
