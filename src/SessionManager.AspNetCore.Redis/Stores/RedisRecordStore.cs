using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Records as Redis hashes, one field a value. A load is one command. A write is one script, so it is atomic on all nodes.</summary>
internal sealed class RedisRecordStore : ISessionRecordStore, ISessionStoreProbe
{
    private readonly string _prefix;
    private readonly RedisCall _calls;
    private readonly RecordIndex _index;

    public RedisRecordStore(RedisConnection connection, IOptions<RedisStoreOptions> redis, IOptions<SessionManagerOptions> options)
    {
        _prefix = redis.Value.KeyPrefix ?? options.Value.KeyPrefix;
        _calls = new RedisCall(connection, new StoreCall(options.Value.IOTimeout, Name));
        _index = new RecordIndex(_prefix, _calls);
    }

    public string Name => "redis";

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) =>
        RecordReader.Read(id, await _calls.RunAsync(
            static (database, key) => database.HashGetAllAsync(key, CommandFlags.DemandMaster), KeyOf(_prefix, id), id, cancellationToken));

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        var result = write.ExpectedVersion == 0 || (write.MovesIndex && !write.IsTombstone)
            ? await _calls.RunStepsAsync(WriteInStepsAsync, write, write.Id, cancellationToken)
            : ResultOf(write, await _calls.RunAsync(
                RecordScripts.Swap, KeyOf(_prefix, write.Id), write.Id, RecordWriter.Write(write), cancellationToken));
        if (write.IsTombstone && result.IsSwapped)
        {
            _index.Remove(write);
        }

        return result;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(touch);
        var touching = _calls.RunAsync(
            RecordScripts.Touch, KeyOf(_prefix, touch.Id), touch.Id, RecordWriter.Write(touch), cancellationToken);
        if (touch.UserId is { } userId)
        {
            // Sent in the same pipeline, and not waited for. When it fails, the next touch makes up for it.
            _index.AddAgain(touch, userId);
        }

        return await touching is { } moved && (int)moved == 1;
    }

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(string userId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(userId);
        return _calls.RunStepsAsync(_index.FindAsync, UserTag.Of(userId), Guid.Empty, cancellationToken);
    }

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return _calls.RunStepsAsync(
            static (state, token) => state.Index.ListAsync(state.After, state.Count, token),
            (Index: _index, After: after, Count: count),
            Guid.Empty,
            cancellationToken);
    }

    public async ValueTask ProbeAsync(CancellationToken cancellationToken = default)
    {
        var id = Guid.NewGuid();
        var text = id.ToString("N");
        var result = await _calls.RunAsync(RecordScripts.Probe, string.Concat(_prefix, "probe:", text), id, [text], cancellationToken);
        if (result is null || (int)result != 1)
        {
            throw new SessionStoreException($"The session store '{Name}' gave back something else than was written.");
        }
    }

    /// <summary>The key of a record.</summary>
    internal static string KeyOf(string prefix, Guid id) => string.Concat(prefix, id.ToString("N"));

    // The index entries are there before the record is, so a record can always be found.
    private async Task<SessionWriteResult> WriteInStepsAsync(SessionWrite write, CancellationToken cancellationToken)
    {
        if (write.MovesIndex && !write.IsTombstone)
        {
            await _index.AddAsync(write);
            cancellationToken.ThrowIfCancellationRequested();
        }

        var key = KeyOf(_prefix, write.Id);
        var arguments = RecordWriter.Write(write);
        var answer = await _calls.SendAsync(RecordScripts.Swap, key, arguments);
        if (write.ExpectedVersion != 0 || ResultOf(write, answer) is not { Current.Status: not StoredSessionStatus.Whole })
        {
            return ResultOf(write, answer);
        }

        // A record that can't be read is replaced, as it is: whatever version it shows is the one expected.
        cancellationToken.ThrowIfCancellationRequested();
        if (RecordReader.FieldsOf(answer) is { } fields)
        {
            arguments[0] = RecordReader.VersionOf(fields);
        }
        else
        {
            await _calls.SendAsync(RecordScripts.Discard, key, ["hash"]);
        }

        return ResultOf(write, await _calls.SendAsync(RecordScripts.Swap, key, arguments));
    }

    private static SessionWriteResult ResultOf(SessionWrite write, RedisResult? answer) =>
        answer is { Resp2Type: ResultType.Integer }
            ? SessionWriteResult.Swapped
            : SessionWriteResult.Moved(RecordReader.Read(write.Id, RecordReader.FieldsOf(answer)));
}
