using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Redis.Diagnostics;
using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Records as Redis hashes, one field a value. A load is one command. A write is one script, so it is atomic
/// on all nodes.</summary>
internal sealed class RedisRecordStore : ISessionRecordStore, ISessionStoreProbe, ISessionStoreConditions
{
    private readonly RedisConnection _connection;
    private readonly string _prefix;
    private readonly StoreCall _calls;
    private readonly RecordList _list;
    private readonly RecordIndex _index;
    private readonly ServerConditions _conditions;

    public RedisRecordStore(
        RedisConnection connection,
        ServerConditions conditions,
        IOptions<RedisStoreOptions> redis,
        IOptions<SessionManagerOptions> options)
    {
        (_connection, _conditions) = (connection, conditions);
        _prefix = redis.Value.KeyPrefix ?? options.Value.KeyPrefix;
        _calls = new StoreCall(options.Value.IOTimeout, Name);
        _list = new RecordList(_prefix);
        _index = new RecordIndex(_prefix, _list);
    }

    public string Name => "redis";

    public ValueTask<StoredSession?> LoadAsync(Guid id, CancellationToken cancellationToken = default) =>
        RunAsync(() => LoadAsync(id), id, cancellationToken);

    public ValueTask<SessionWriteResult> WriteAsync(SessionWrite write, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        return RunAsync(() => WriteAsync(write), write.Id, cancellationToken);
    }

    public ValueTask<bool> TouchAsync(SessionTouch touch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(touch);
        return RunAsync(() => TouchAsync(touch), touch.Id, cancellationToken);
    }

    public ValueTask<IReadOnlyList<StoredSession>> FindByUserAsync(
        string userId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(userId);
        return RunAsync(() => FindByUserAsync(userId), Guid.Empty, cancellationToken);

        async Task<IReadOnlyList<StoredSession>> FindByUserAsync(string userId) =>
            await _index.FindAsync(await _connection.GetDatabaseAsync(), userId);
    }

    public ValueTask<IReadOnlyList<StoredSession>> ListAsync(
        SessionPosition? after, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        return RunAsync(() => ListAsync(after, count), Guid.Empty, cancellationToken);

        async Task<IReadOnlyList<StoredSession>> ListAsync(SessionPosition? after, int count) =>
            await _list.ReadAsync(await _connection.GetDatabaseAsync(), after, count);
    }

    public async ValueTask ProbeAsync(CancellationToken cancellationToken = default)
    {
        if (!await RunAsync(ProbeAsync, Guid.Empty, cancellationToken))
        {
            throw new SessionStoreException($"The session store '{Name}' gave back something else than was written.");
        }

        async Task<bool> ProbeAsync()
        {
            var keys = ProbeKeys.Of(await _connection.GetMultiplexerAsync(), _prefix);
            var database = await _connection.GetDatabaseAsync();
            var answers = await Task.WhenAll(keys.Select(key => EvaluateAsync(
                database, ServerScripts.Probe, key, [Guid.NewGuid().ToString("N")])));
            return answers.All(static answer => answer is not null && (bool)answer);
        }
    }

    public ValueTask<IReadOnlyList<string>> FindConditionsAsync(CancellationToken cancellationToken = default)
    {
        return RunAsync(FindAsync, Guid.Empty, cancellationToken);

        async Task<IReadOnlyList<string>> FindAsync() =>
            [.. (await _conditions.FindAsync()).Select(static condition => condition.Text)];
    }

    /// <summary>The key of a record.</summary>
    internal static string KeyOf(string prefix, Guid id) => string.Concat(prefix, id.ToString("N"));

    private ValueTask<T> RunAsync<T>(Func<Task<T>> call, Guid id, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _calls.WaitAsync(call(), RedisRefusal.Explain<T>, id, cancellationToken);
    }

    private async Task<StoredSession?> LoadAsync(Guid id)
    {
        var database = await _connection.GetDatabaseAsync();
        try
        {
            var fields = await database.HashGetAllAsync(KeyOf(_prefix, id));
            return RecordReader.Read(id, fields).Session;
        }
        catch (RedisServerException exception) when (RedisRefusal.IsOtherType(exception))
        {
            return RecordReader.Read(id, fields: null).Session;
        }
    }

    private async Task<SessionWriteResult> WriteAsync(SessionWrite write)
    {
        var database = await _connection.GetDatabaseAsync();
        if (write is { MovesIndex: true, IsTombstone: false })
        {
            // The index entries are there before the record is, so a record can always be found.
            await _index.AddAsync(database, write);
        }

        RedisValue expected = write.ExpectedVersion == 0 ? RedisValue.EmptyString : write.ExpectedVersion;
        var (isSwapped, fields) = await SwapAsync(database, RecordWriter.ScriptFor(write), write, expected);
        if (!isSwapped && write.ExpectedVersion == 0 && RecordReader.Read(write.Id, fields).IsUnreadable)
        {
            // It is replaced, as it is: whatever version it shows is the one expected.
            expected = RecordReader.VersionOf(fields);
            (isSwapped, fields) = await SwapAsync(database, RecordScripts.Replace, write, expected);
        }

        if (!isSwapped)
        {
            return SessionWriteResult.Moved(RecordReader.Read(write.Id, fields).Session);
        }

        if (write.IsTombstone)
        {
            _index.Remove(database, write);
        }

        return SessionWriteResult.Swapped;
    }

    // Whether the script swapped, and else the fields that are stored; null when the key holds something else.
    private async Task<(bool IsSwapped, HashEntry[]? Fields)> SwapAsync(
        PrimaryDatabase database, string script, SessionWrite write, RedisValue expected)
    {
        var answer = await EvaluateAsync(
            database, script, KeyOf(_prefix, write.Id), RecordWriter.Write(write, expected));
        return answer is { Resp2Type: ResultType.Integer } ? (true, null) : (false, RecordReader.FieldsOf(answer));
    }

    private async Task<bool> TouchAsync(SessionTouch touch)
    {
        var database = await _connection.GetDatabaseAsync();
        var touching = EvaluateAsync(
            database, RecordScripts.Touch, KeyOf(_prefix, touch.Id), RecordWriter.Write(touch));
        if (touch.UserId is { } userId)
        {
            // Sent in the same pipeline, and not waited for. When it fails, the next touch makes up for it.
            RedisRefusal.Forget(_index.AddAgainAsync(database, touch, userId));
        }

        return await touching is { } moved && (bool)moved;
    }

    private static Task<RedisResult?> EvaluateAsync(
        PrimaryDatabase database, string script, string key, RedisValue[] arguments) =>
        database.EvaluateAsync(script, key, arguments).OrDefaultAsync();
}
