using Microsoft.Extensions.Options;
using SessionManager.AspNetCore.Redis.Diagnostics;
using SessionManager.AspNetCore.Redis.Scripts;
using SessionManager.AspNetCore.Storage;
using StackExchange.Redis;

namespace SessionManager.AspNetCore.Redis.Stores;

/// <summary>Records as Redis hashes, one field a value. A load is one command. A write is one script, so it is atomic
/// on all nodes.</summary>
internal sealed class RedisRecordStore
    : ISessionRecordStore, ISessionStoreProbe, ISessionStoreListing, ISessionStoreConditions
{
    private readonly RedisConnection _connection;
    private readonly string _prefix;
    private readonly StoreCall _calls;
    private readonly RecordList _list;
    private readonly RecordIndex _index;
    private readonly LocalCopies _copies;
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
        ListsAllSessions = redis.Value.ListSessions;
        _list = new RecordList(_prefix, ListsAllSessions);
        _index = new RecordIndex(_prefix, _list, options.Value.TouchInterval);
        _copies = new LocalCopies(redis.Value.LocalCopies, redis.Value.LeastCopiedBytes);
    }

    public string Name => "redis";

    public bool ListsAllSessions { get; }

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
        if (_copies.Find(id) is { } copy)
        {
            return await LoadAsync(database, id, copy);
        }

        try
        {
            return Keep(id, await database.HashGetAllAsync(KeyOf(_prefix, id)));
        }
        catch (RedisServerException exception) when (RedisRefusal.IsOtherType(exception))
        {
            return RecordReader.Read(id, fields: null).Session;
        }
    }

    // Brings everything when something else is stored than the copy has, in the same round trip.
    private async Task<StoredSession?> LoadAsync(PrimaryDatabase database, Guid id, LocalCopy copy)
    {
        var answer = await EvaluateAsync(
            database, RecordScripts.LoadUnlessKnown, KeyOf(_prefix, id), [copy.Content]);
        if (answer is { Length: 3 }
            && (RedisValue[]?)answer is [var version, var seen, _]
            && RecordReader.NumberOf(((ReadOnlyMemory<byte>)version).Span) is { } known
            && RecordReader.TimeOf(RecordReader.NumberOf(((ReadOnlyMemory<byte>)seen).Span)) is { } lastSeenAt)
        {
            var current = copy.At(known, lastSeenAt);
            _copies.Keep(current);
            return current.Session;
        }

        return Keep(id, RecordReader.FieldsOf(answer));
    }

    private StoredSession? Keep(Guid id, HashEntry[]? fields)
    {
        var record = RecordReader.Read(id, fields);
        if (_copies.IsOn)
        {
            _copies.Keep(id, record, RecordReader.ContentOf(fields));
        }

        return record.Session;
    }

    private async Task<SessionWriteResult> WriteAsync(SessionWrite write)
    {
        var database = await _connection.GetDatabaseAsync();
        if (write is { MovesIndex: true, IsTombstone: false })
        {
            // The user's entry is there before the record is, so the user's sessions can always be found.
            await _index.AddAsync(database, write);
        }

        RedisValue expected = write.ExpectedVersion == 0 ? RedisValue.EmptyString : write.ExpectedVersion;
        var (seenBefore, fields) = await SwapAsync(database, RecordWriter.ScriptFor(write), write, expected);
        if (seenBefore is null && write.ExpectedVersion == 0 && RecordReader.Read(write.Id, fields).IsUnreadable)
        {
            // It is replaced, as it is: whatever version it shows is the one expected.
            expected = RecordReader.VersionOf(fields);
            (seenBefore, fields) = await SwapAsync(database, RecordScripts.Replace, write, expected);
        }

        if (seenBefore is not { } before)
        {
            return SessionWriteResult.Moved(Keep(write.Id, fields));
        }

        _copies.Keep(write);
        if (write.IsTombstone)
        {
            _index.Remove(database, write, before);
        }
        else if (!write.MovesIndex)
        {
            _index.Renew(database, write, before);
        }

        return SessionWriteResult.Swapped;
    }

    // When the session was last seen before, if the script has swapped. Otherwise the fields that are stored, which are
    // null when the key holds something else.
    private async Task<(long? SeenBefore, HashEntry[]? Fields)> SwapAsync(
        PrimaryDatabase database, string script, SessionWrite write, RedisValue expected)
    {
        var answer = await EvaluateAsync(
            database, script, KeyOf(_prefix, write.Id), RecordWriter.Write(write, expected));
        return answer is { Resp2Type: ResultType.Integer }
            ? ((long)answer, null)
            : (null, RecordReader.FieldsOf(answer));
    }

    private async Task<bool> TouchAsync(SessionTouch touch)
    {
        var database = await _connection.GetDatabaseAsync();
        var touching = EvaluateAsync(
            database,
            RecordScripts.Touch,
            KeyOf(_prefix, touch.Id),
            RecordWriter.Write(touch, _copies.Find(touch.Id)));
        // Sent in the same pipeline.
        _index.Renew(database, touch);
        if (await touching is not { IsNull: false } seenBefore)
        {
            return false;
        }

        _index.Move(database, touch, (long)seenBefore);
        return true;
    }

    private static Task<RedisResult?> EvaluateAsync(
        PrimaryDatabase database, string script, string key, RedisValue[] arguments) =>
        database.EvaluateAsync(script, key, arguments).OrDefaultAsync();
}
